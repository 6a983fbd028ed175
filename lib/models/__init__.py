"""Models: what is fitted to features, what it forecasts, and how good the forecast is.

Read in this order: ``forecast`` (the output of a model), ``scoring`` (how good a forecast is), ``crossfit`` (forecasts
of posts that a model did not see), ``registry`` (the list of models; ``fit_model`` and ``forecast_posts``). Then the
models: ``linear``, ``grouped`` (a rate for each group), ``boosted``, ``neural`` (with its layers in ``dense``),
``blend``, with ``fallback`` (what replaces a fit that failed), ``structure`` (activities that can't happen),
``copula`` (several activities of a post at once), and ``reference``, the reference answer with the assignment's
measure. Networks of our own, trained on photos and words themselves: ``own`` (the list of them; ``fit_own``),
``training`` (the training loop), ``networks`` (what is trained) and ``pieces`` (words as hashed numbers). Last
``saved`` (a model as a file), ``drafts`` (forecasts of posts without counts), ``page`` (the forecast that a page can
compute), and ``regressor`` (the regression for scikit-learn).

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

from typing import TYPE_CHECKING, Any

from lib.models.blend import rho_at
from lib.models.copula import Copula, fit_copula
from lib.models.crossfit import Fold, cross_fit, make_folds
from lib.models.drafts import count_range, forecast_drafts
from lib.models.forecast import Forecast, HeldOut, Interval
from lib.models.linear import Linear, Rate
from lib.models.own import OWN, OWN_FULL, TUNED, OwnModel, fit_own
from lib.models.page import PageForecast, page_forecast
from lib.models.reference import CONVERSION_WEIGHTS, DEFAULT_VALUE, AutoML, ReferenceAnswer, weighted_conversion
from lib.models.registry import (
    BASELINE,
    BLEND,
    BLEND_CONTEXT,
    BOTH,
    GROUP,
    MEAN,
    MODELS,
    NETWORK,
    PAGE,
    TREES,
    TRUTH,
    VECTORS,
    Fitted,
    ModelSpec,
    fit_model,
    forecast_posts,
    models_for,
)
from lib.models.saved import MODEL_FILE, SavedModel, feature_ranges, first_fault, load_model, model_digest, write_model
from lib.models.scoring import (
    Calibration,
    auc,
    calibrate,
    coverage,
    gap_closed,
    lift,
    log_loss,
    log_score,
    normalised_entropy,
    paired_interval,
    pit,
    rank_products,
    squared_error,
)
from lib.models.training import Trained

if TYPE_CHECKING:
    from lib.models.regressor import BetaBinomialRegressor

__all__ = [
    "BASELINE",
    "BLEND",
    "BLEND_CONTEXT",
    "BOTH",
    "CONVERSION_WEIGHTS",
    "DEFAULT_VALUE",
    "GROUP",
    "MEAN",
    "MODELS",
    "MODEL_FILE",
    "NETWORK",
    "OWN",
    "OWN_FULL",
    "PAGE",
    "TREES",
    "TRUTH",
    "TUNED",
    "VECTORS",
    "AutoML",
    "BetaBinomialRegressor",
    "Calibration",
    "Copula",
    "Fitted",
    "Fold",
    "Forecast",
    "HeldOut",
    "Interval",
    "Linear",
    "ModelSpec",
    "OwnModel",
    "PageForecast",
    "Rate",
    "ReferenceAnswer",
    "SavedModel",
    "Trained",
    "auc",
    "calibrate",
    "count_range",
    "coverage",
    "cross_fit",
    "feature_ranges",
    "first_fault",
    "fit_copula",
    "fit_model",
    "fit_own",
    "forecast_drafts",
    "forecast_posts",
    "gap_closed",
    "lift",
    "load_model",
    "log_loss",
    "log_score",
    "make_folds",
    "model_digest",
    "models_for",
    "normalised_entropy",
    "page_forecast",
    "paired_interval",
    "pit",
    "rank_products",
    "rho_at",
    "squared_error",
    "weighted_conversion",
    "write_model",
]


def __getattr__(name: str) -> Any:
    if name != "BetaBinomialRegressor":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lib.models.regressor import BetaBinomialRegressor  # with scikit-learn, which takes a second to import

    return globals().setdefault(name, BetaBinomialRegressor)
