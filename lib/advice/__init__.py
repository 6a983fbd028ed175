"""Advice: how each rate changes with a property of the post, in numbers.

Read in this order: ``regressions`` (each activity on all levers by topic, adjusted for controls) with ``slopes`` (the
shrinkage of topics' slopes), ``effects`` (the effects that follow from the regressions) with ``sensitivity`` (what it
takes to explain one away), ``worth`` (several activities in one value), ``averages`` and ``scorer`` (the draft scorer),
``estimates`` (all these steps in one function, ``estimate``). Then ``open`` (the estimates of a study), ``double_ml``
(the effects by another method), ``choice`` (which effects become tips) and ``draft`` (the advice on one draft,
``advise_draft``). The words for all of this are in ``lib.report``.

Randomised tests of posts are read by ``experiments``. ``within_tests`` estimates the effects of levers from them, and
``pairs`` learns which of two texts gets the higher rate.

Examples
--------
>>> import pandas as pd
>>> row = {"lever": "question", "activity": "comment", "scope": "all", "base": 0.001, "effect": 0.5, "q": 0.001}
>>> row |= {"low": 0.2, "high": 0.8, "robustness": 0.1, "times": 2.0}
>>> [(tip.lever, tip.scope, tip.undo) for tip in choose_tips(pd.DataFrame([row]), "comment")]
[('question', 'all', False)]
"""

from __future__ import annotations

from lib.advice.choice import MIN_EFFECT, Tip, choose_tips, in_scope, quiet_levers
from lib.advice.draft import DEFAULT_VALUE, DraftAdvice, advise_draft
from lib.advice.effects import ALL, ELSEWHERE, FALSE_DISCOVERY_RATE, MIN_POSTS_A_SIDE, posts_of
from lib.advice.estimates import Estimates, estimate
from lib.advice.experiments import Tests, check_assignment, read_tests
from lib.advice.open import bench_coverage, double_ml_effects, effect_sample, save_advice, study_estimates, study_scorer
from lib.advice.pairs import CALLED, PairModel, cross_fitted_pairs, fit_pair_model, score_pairs
from lib.advice.regressions import MIN_CLUSTERS, Sample
from lib.advice.scorer import Scorer, load_scorer, to_json
from lib.advice.within_tests import arm_properties, within_test_effects
from lib.advice.worth import Worth, net_worth

__all__ = [
    "ALL",
    "CALLED",
    "DEFAULT_VALUE",
    "ELSEWHERE",
    "FALSE_DISCOVERY_RATE",
    "MIN_CLUSTERS",
    "MIN_EFFECT",
    "MIN_POSTS_A_SIDE",
    "DraftAdvice",
    "Estimates",
    "PairModel",
    "Sample",
    "Scorer",
    "Tests",
    "Tip",
    "Worth",
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
    "in_scope",
    "load_scorer",
    "net_worth",
    "posts_of",
    "quiet_levers",
    "read_tests",
    "save_advice",
    "score_pairs",
    "study_estimates",
    "study_scorer",
    "to_json",
    "within_test_effects",
]
