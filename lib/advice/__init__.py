"""Advice: how each rate changes with a property of the post, in numbers.

Read in this order: ``regressions`` (each activity on all levers by topic, adjusted for controls) with ``slopes`` (the
shrinkage of topics' slopes), ``effects`` (the effects that follow from the regressions) with ``changes`` (a log ratio
as a relative change with its interval) and ``sensitivity`` (what it takes to explain one away), ``worth`` (several
activities in one value), ``averages`` and ``scorer`` (the draft scorer), ``estimates`` (all these steps in one
function, ``estimate``). Then ``open`` (the estimates of a study), ``double_ml`` (the effects by another method),
``choice`` (which effects become tips), ``draft`` (the advice on one draft, ``advise_draft``) and ``winner`` (which of
two drafts gets the higher rate). The words for all of
this are in ``lib.report``.

``planning`` leads from advice to an experiment: the number of posts, a schedule, and the effect in its outcome.

Randomised tests of posts are read by ``experiments``. ``within_tests`` estimates the effects of levers from them,
``against`` holds the advice against them, ``bias`` is what it found, and ``pairs`` learns which of two texts gets the
higher rate. ``findings`` has the figures of all this.

Examples
--------
>>> import pandas as pd
>>> row = {"lever": "question", "activity": "comment", "scope": "all", "base": 0.001, "effect": 0.5, "q": 0.001}
>>> row |= {"low": 0.2, "high": 0.8, "robustness": 0.1, "times": 2.0}
>>> [(tip.lever, tip.scope, tip.undo) for tip in choose_tips(pd.DataFrame([row]), "comment")]
[('question', 'all', False)]
"""

from __future__ import annotations

from lib.advice.against import METHODS, compare_with_tests, comparison_figures
from lib.advice.bias import NO_BIAS, Bias, estimate_bias, experiment_figures, known_bias
from lib.advice.changes import Z_95
from lib.advice.choice import MIN_EFFECT, Tip, choose_tips, in_scope, quiet_levers
from lib.advice.draft import DraftAdvice, advise_draft
from lib.advice.effects import ALL, ELSEWHERE, FALSE_DISCOVERY_RATE, MIN_POSTS_A_SIDE, posts_of, without_bias
from lib.advice.estimates import Estimates, estimate
from lib.advice.experiments import Tests, check_assignment, has_tests, read_tests
from lib.advice.findings import DRAWS, figures_of_tests
from lib.advice.open import bench_coverage, double_ml_effects, effect_sample, save_advice, study_estimates, study_scorer
from lib.advice.pairs import PairModel, cross_fitted_pairs, fit_pair_model, score_pairs
from lib.advice.planning import (
    LEAST_POSTS_A_SIDE,
    LEVEL,
    POWER,
    SIMULATIONS,
    WITH,
    Comparison,
    Plan,
    Population,
    expected_effect,
    find_population,
    find_topic,
    make_plan,
    posts_needed,
    read_outcome,
    schedule_name,
)
from lib.advice.regressions import MIN_CLUSTERS, Sample
from lib.advice.scorer import ANY_TOPIC, Scorer, ScorerEffect, load_scorer, to_json
from lib.advice.winner import CALLED, WINNER, call, win_probability
from lib.advice.within_tests import arm_properties, within_test_effects
from lib.advice.worth import Worth, net_worth

__all__ = [
    "ALL",
    "ANY_TOPIC",
    "CALLED",
    "DRAWS",
    "ELSEWHERE",
    "FALSE_DISCOVERY_RATE",
    "LEAST_POSTS_A_SIDE",
    "LEVEL",
    "METHODS",
    "MIN_CLUSTERS",
    "MIN_EFFECT",
    "MIN_POSTS_A_SIDE",
    "NO_BIAS",
    "POWER",
    "SIMULATIONS",
    "WINNER",
    "WITH",
    "Z_95",
    "Bias",
    "Comparison",
    "DraftAdvice",
    "Estimates",
    "PairModel",
    "Plan",
    "Population",
    "Sample",
    "Scorer",
    "ScorerEffect",
    "Tests",
    "Tip",
    "Worth",
    "advise_draft",
    "arm_properties",
    "bench_coverage",
    "call",
    "check_assignment",
    "choose_tips",
    "compare_with_tests",
    "comparison_figures",
    "cross_fitted_pairs",
    "double_ml_effects",
    "effect_sample",
    "estimate",
    "estimate_bias",
    "expected_effect",
    "experiment_figures",
    "figures_of_tests",
    "find_population",
    "find_topic",
    "fit_pair_model",
    "has_tests",
    "in_scope",
    "known_bias",
    "load_scorer",
    "make_plan",
    "net_worth",
    "posts_needed",
    "posts_of",
    "quiet_levers",
    "read_outcome",
    "read_tests",
    "save_advice",
    "schedule_name",
    "score_pairs",
    "study_estimates",
    "study_scorer",
    "to_json",
    "win_probability",
    "within_test_effects",
    "without_bias",
]
