"""The advice of a study."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np

from lib.advice import effects, regressions, scorer
from lib.features import lever_columns
from lib.posts import find_duplicates
from lib.storage import LIB, cached, code_digest, digest
from lib.study.study import Study
from lib.study.topics import open_subject

COVERAGE = Path(__file__).with_name("advice_coverage.json")


@functools.cache
def posts(study: Study) -> regressions.Posts:
    """What the effects are estimated from: every post of the study, with what it is about."""

    def group() -> np.ndarray:
        return find_duplicates(study.posts["text"].tolist(), study.posts["photo"].tolist()).groups()

    subject = open_subject(study)
    groups = cached("duplicate-groups", digest(study.key, code_digest("lib.posts.duplicates")), group)
    return regressions.Posts(lever_columns(study.readable), subject, study.counts, study.views, groups, study.activities)


@functools.cache
def estimates(study: Study) -> dict[str, Any]:
    """Everything that is estimated, by name.

    ``sides``, ``effects``, ``by_topic``, ``unadjusted``: see :mod:`lib.advice.effects`.
    ``scorer``: :func:`lib.advice.scorer.scorer`.
    """

    def compute() -> dict[str, Any]:
        of = posts(study)
        sides, foretold = effects.comparable(of), regressions.predicted(of)
        topics = effects.by_topic(of, foretold, sides)
        fits = regressions.regressions(of, foretold, effects.differing(of, topics))
        found = effects.effects(of, fits, sides)
        return {
            "sides": sides,
            "effects": found,
            "by_topic": topics,
            "unadjusted": effects.unadjusted(of),
            "scorer": scorer.scorer(of, fits, found),
        }

    return cached("advice", digest(study.blocks_key, code_digest("lib.report.effects")), compute)


@functools.cache
def coverage() -> dict[str, Any]:
    """Figures of ``bench/advice.py``: the intervals of many feeds against their truth, and how they were made."""
    return json.loads(COVERAGE.read_text(encoding="utf-8"))


def save(study: Study) -> Path:
    """Keep the scorer and the effects in the file that ``python -m lib advise`` reads."""
    return scorer.save(_scorer(study))


def _scorer(study: Study) -> dict[str, Any]:
    columns = ["lever", "activity", "effect", "low", "high", "q", "state"]
    found = estimates(study)["effects"][columns]
    rows = json.loads(found.to_json(orient="records"))
    return {"source": study.source, "simulated": study.simulated, **estimates(study)["scorer"], "effects": rows}
