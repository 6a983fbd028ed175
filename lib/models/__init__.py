"""Models: what is fitted to features, what it forecasts, and how good the forecast is.

Read in this order: ``forecast`` (the output of a model), ``scoring`` (how good a forecast is), ``registry`` (the list
of models; ``fit_model`` and ``forecast_posts``). Then the models: ``linear``, ``boosted``, ``neural``, ``blend``, and
``reference``, the reference answer with the assignment's measure. Last ``saved`` (a model as a file) and ``drafts``
(forecasts of posts without counts). Apart from these, ``regressor`` is the beta-binomial regression for scikit-learn.

Examples
--------
>>> import numpy as np
>>> counts, views = np.array([[3], [40], [12]]), np.array([100, 1000, 400])
>>> model = Rate().fit(counts, views)
>>> log_score(counts, views, model.predict(3)).shape
(3, 1)
>>> MODELS["text"].blocks
('text_features', 'text_vector', 'text_words')
"""

from __future__ import annotations

from lib.models.drafts import forecast_drafts
from lib.models.forecast import Forecast, HeldOut, Interval, Validation
from lib.models.linear import Linear, Rate
from lib.models.reference import CONVERSION_WEIGHTS, AutoML, ReferenceAnswer, weighted_conversion
from lib.models.registry import (
    BASELINE,
    BLEND,
    BOTH,
    MODELS,
    NETWORK,
    TREES,
    TRUTH,
    VECTORS,
    ModelSpec,
    fit_model,
    forecast_posts,
)
from lib.models.regressor import BetaBinomialRegressor
from lib.models.saved import MODEL_FILE, SavedModel, feature_ranges, first_fault, load_model, model_digest, write_model
from lib.models.scoring import coverage, gap_closed, log_score, paired_interval, pit, squared_error

__all__ = [
    "BASELINE",
    "BLEND",
    "BOTH",
    "CONVERSION_WEIGHTS",
    "MODELS",
    "MODEL_FILE",
    "NETWORK",
    "TREES",
    "TRUTH",
    "VECTORS",
    "AutoML",
    "BetaBinomialRegressor",
    "Forecast",
    "HeldOut",
    "Interval",
    "Linear",
    "ModelSpec",
    "Rate",
    "ReferenceAnswer",
    "SavedModel",
    "Validation",
    "coverage",
    "feature_ranges",
    "first_fault",
    "fit_model",
    "forecast_drafts",
    "forecast_posts",
    "gap_closed",
    "load_model",
    "log_score",
    "model_digest",
    "paired_interval",
    "pit",
    "squared_error",
    "weighted_conversion",
    "write_model",
]
