"""The slow steps of a book, computed side by side before its chapters read their results."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import uuid4

import joblib

from lib.advice import double_ml_effects, study_estimates
from lib.models import BOTH, MODELS
from lib.report.numbers import label_of
from lib.study import Study, ablations, conversions, errors, importance, match, own_models, worth

_SLOWEST = ("trees", "network", "both")  # of the models, in this order


class Step(NamedTuple):
    """A slow step in words: a function of a study and of other arguments."""

    words: str
    compute: Callable[..., Any]
    arguments: tuple = ()


def prepare(study: Study, say: Callable[[str], object]) -> None:
    """Compute the slow steps of a study: first what all of them need, then the others in parallel processes.

    A process has one thread. A step that fails is named and left to its chapter, which fails at its place.

    Parameters
    ----------
    say
        Called with a line as each step ends.
    """
    start = time.monotonic()
    _ = study.controls, study.blocks
    say(_line("features and vectors", start))
    with joblib.parallel_config("loky", n_jobs=min(joblib.cpu_count(), 8), inner_max_num_threads=1):
        run = joblib.Parallel(batch_size=1, pre_dispatch="n_jobs", return_as="generator_unordered")
        bare, call = replace(study), uuid4().hex  # without what it has loaded
        for line in run(joblib.delayed(_run)(step, bare, call) for step in steps(study)):
            say(line)


def steps(study: Study) -> list[Step]:
    """The slow steps, those that others need and those that take longest first."""
    alone = [name for name in study.forecasts if not MODELS[name].others]
    alone.sort(key=lambda name: _SLOWEST.index(name) if name in _SLOWEST else len(_SLOWEST))
    found = [Step(f"forecast: {MODELS[name].label}", _forecast, (name,)) for name in alone]
    found += [Step(f"our own: {label_of(name)}", own_models.trained, (name,)) for name in own_models.steps(study)]
    found.append(Step("effects", study_estimates))
    if conversions.REFERENCE in conversions.trained(study):
        for weights in conversions.WEIGHTS:
            found.append(Step(f"reference answer: {weights}", conversions.predicted, (conversions.REFERENCE, weights)))
    for kind in ("text", "photo"):
        if kind in study.forecasts:
            found.append(Step(f"learning curve: {kind}", ablations.by_posts, (kind,)))
            found.append(Step(f"components: {kind}", ablations.by_components, (kind,)))
    lettered = [name for name in ("photo", BOTH) if name in study.forecasts and study.simulated]
    found += [Step(f"words on photos: {label_of(name)}", ablations.with_lettering, (name,)) for name in lettered]
    return [
        *found,
        Step("effects by another method", double_ml_effects),
        Step("importance of blocks", importance.by_block),
        Step("importance of features", importance.by_feature),
        Step("match of text and photo", match.gain),
        Step("new topics", errors.new_topics),
        Step("order of posts", worth.order_table),
        Step("cost of a post", worth.costs),
    ]


def _forecast(study: Study, name: str) -> None:
    study.forecast(name)


_opened: dict[str, Study] = {}


def _run(step: Step, study: Study, call: str) -> str:
    """Compute a step. A process keeps the study of a call of :func:`prepare`, so that it reads the posts once."""
    if call not in _opened:
        _opened.clear()
        _opened[call] = study
    start = time.monotonic()
    with redirect_stderr(io.StringIO()):  # progress bars of several processes would overwrite one another
        try:
            step.compute(_opened[call], *step.arguments)
        except Exception as error:
            return f"  {step.words}: {error}"
    return _line(step.words, start)


def _line(words: str, start: float) -> str:
    return f"  {words:<42} {time.monotonic() - start:>7.1f} s"
