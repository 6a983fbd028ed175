"""Advice: how each rate changes with a property of the post, in numbers.

Read in this order: ``regressions`` (each activity on all levers, adjusted for controls), ``effects`` (the effects that
follow from the regressions), ``averages`` and ``scorer`` (the draft scorer), ``estimates`` (all these steps in one
function, ``estimate``). Then ``open`` (the estimates of a study), ``double_ml`` (the effects by another method),
``choice`` (which effects become tips) and ``draft`` (the advice on one draft, ``advise_draft``). The words for all of
this are in ``lib.report``.

Randomised tests of posts are read by ``experiments``. ``within_tests`` estimates the effects of levers from them, and
``pairs`` learns which of two texts gets the higher rate.

Examples
--------
>>> import pandas as pd
>>> row = {"lever": "question", "activity": "comment", "effect": 0.5, "low": 0.2, "high": 0.8, "q": 0.001}
>>> [(tip.lever, tip.undo) for tip in choose_tips(pd.DataFrame([row]), "comment")]
[('question', False)]
"""

from __future__ import annotations

from lib.advice.choice import Tip, choose_tips, quiet_levers
from lib.advice.draft import DraftAdvice, advise_draft, read_photo
from lib.advice.effects import FALSE_DISCOVERY_RATE, MIN_POSTS_A_SIDE
from lib.advice.estimates import Estimates, estimate
from lib.advice.experiments import Tests, check_assignment, read_tests
from lib.advice.open import bench_coverage, double_ml_effects, effect_sample, save_advice, study_estimates, study_scorer
from lib.advice.pairs import CALLED, PairModel, cross_fitted_pairs, fit_pair_model, score_pairs
from lib.advice.regressions import Sample
from lib.advice.scorer import Scorer, load_scorer, to_json
from lib.advice.within_tests import arm_properties, within_test_effects

__all__ = [
    "CALLED",
    "FALSE_DISCOVERY_RATE",
    "MIN_POSTS_A_SIDE",
    "DraftAdvice",
    "Estimates",
    "PairModel",
    "Sample",
    "Scorer",
    "Tests",
    "Tip",
    "advise_draft",
    "arm_properties",
    "bench_coverage",
    "check_assignment",
    "choose_tips",
    "cross_fitted_pairs",
    "double_ml_effects",
    "effect_sample",
    "estimate",
    "fit_pair_model",
    "load_scorer",
    "quiet_levers",
    "read_photo",
    "read_tests",
    "save_advice",
    "score_pairs",
    "study_estimates",
    "study_scorer",
    "to_json",
    "within_test_effects",
]
