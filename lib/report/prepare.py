"""The slow steps of a book, computed side by side before its chapters read their results."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from contextlib import redirect_stderr, suppress
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import uuid4

import joblib

from lib.advice import double_ml_effects, study_estimates
from lib.models import BOTH, MODELS
from lib.posts import RANDOM
from lib.report.numbers import label_of
from lib.storage import cached
from lib.study import (
    Study,
    ablations,
    conversions,
    errors,
    groups,
    importance,
    match,
    own_models,
    page_inputs,
    scores,
    splits,
    worth,
)

_KINDS = ("Boosted", "Neural", "Linear", "Rate")  # of models, the slowest first
_QUICK = ("Blend", "Grouped")  # kinds of models that need others and add no time


class Step(NamedTuple):
    """A slow step in words: a function of a study, with test posts chosen ``by`` a way, and of other arguments."""

    words: str
    compute: Callable[..., Any]
    arguments: tuple = ()
    by: str = RANDOM


def prepare(study: Study, say: Callable[[str], object]) -> None:
    """Compute the slow steps of a study: first what all of them need, then round by round in parallel processes.

    A process has one thread. A step that fails is named and left to its chapter, which fails at its place. Where all
    was computed before and nothing has changed since, nothing is done.

    Parameters
    ----------
    say
        Called with a line as each step ends.
    """
    with suppress(_Unfinished):
        cached("prepared", page_inputs(study), lambda: _prepare(study, say), study.folder)


class _Unfinished(Exception):
    """A step failed."""


def _prepare(study: Study, say: Callable[[str], object]) -> None:
    start, failed = time.monotonic(), False
    _ = study.controls, study.blocks
    say(_line("features and vectors", start))
    with joblib.parallel_config("loky", n_jobs=min(joblib.cpu_count(), 8), inner_max_num_threads=1):
        run = joblib.Parallel(batch_size=1, pre_dispatch="n_jobs", return_as="generator_unordered")
        bare, call = replace(study), uuid4().hex  # without what it has loaded
        for steps in rounds(study):
            for line, done in run(joblib.delayed(_run)(step, bare, call) for step in steps):
                say(line)
                failed |= not done
    if failed:
        raise _Unfinished


def rounds(study: Study) -> list[list[Step]]:
    """The slow steps, each after those that it needs. The longest come first.

    The forecasts that know groups or dates need others, and the choice of the best forecast needs them all.
    """
    alone, context = [], []
    for of in splits.ways(study) or [study]:
        chosen = "" if of.by == RANDOM else f", by {of.by}"
        for name in (name for name in of.forecasts if MODELS[name].kind not in _QUICK):
            step = Step(f"forecast{chosen}: {MODELS[name].label}", _forecast, (name,), of.by)
            (context if scores.knows_context(name) else alone).append(step)
    for steps in (alone, context):
        steps.sort(key=lambda step: _KINDS.index(MODELS[step.arguments[0]].kind))
    first, last = [*alone, *_of_any_forecast(study)], _of_the_best(study)
    return [first, context, last] if context else [first + last]


def _of_any_forecast(study: Study) -> list[Step]:
    found = [Step(f"our own: {label_of(name)}", own_models.trained, (name,)) for name in own_models.steps(study)]
    found.append(Step("effects", study_estimates))
    if conversions.REFERENCE in conversions.trained(study):
        for weights in conversions.WEIGHTS:
            found.append(Step(f"reference answer: {weights}", conversions.predicted, (conversions.REFERENCE, weights)))
    for kind in _kinds(study):
        found.append(Step(f"learning curve: {kind}", ablations.by_posts, (kind,)))
        found.append(Step(f"components: {kind}", ablations.by_components, (kind,)))
    lettered = [name for name in ("photo", BOTH) if name in study.forecasts and study.simulated]
    found += [Step(f"words on photos: {label_of(name)}", ablations.with_lettering, (name,)) for name in lettered]
    found += [Step("words read on photos", ablations.with_words_read)] * ablations.reads_photos(study)
    return [*found, Step("effects by another method", double_ml_effects)]


def _of_the_best(study: Study) -> list[Step]:
    return [
        Step("new topics", errors.new_topics),
        Step("partial dependence", importance.curves),
        *(Step(f"other encoders: {kind}", ablations.by_encoder, (kind,)) for kind in _kinds(study)),
        Step("importance of blocks", importance.by_block),
        Step("match of text and photo", match.gain),
        Step("order of posts", worth.order_table),
        Step("map of texts and photos", groups.map_of_both),
        Step("importance of levers", importance.by_lever),
        Step("cost of a post", worth.costs),
    ]


def _kinds(study: Study) -> list[str]:
    return [kind for kind in ("text", "photo") if kind in study.forecasts]


def _forecast(study: Study, name: str) -> None:
    study.forecast(name)


_opened: dict[tuple[str, str], Study] = {}


def _run(step: Step, study: Study, call: str) -> tuple[str, bool]:
    """Compute a step: a line about it, and whether it is done.

    A process keeps the studies of a call of :func:`prepare`, so that it reads no post twice.
    """
    if (call, RANDOM) not in _opened:
        _opened.clear()
        _opened[call, RANDOM] = study
    of = _opened.setdefault((call, step.by), replace(study, by=step.by))
    start = time.monotonic()
    with redirect_stderr(io.StringIO()):  # progress bars of several processes would overwrite one another
        try:
            step.compute(of, *step.arguments)
        except Exception as error:
            return f"  {step.words}: {error}", False
    return _line(step.words, start), True


def _line(words: str, start: float) -> str:
    return f"  {words:<42} {time.monotonic() - start:>7.1f} s"
