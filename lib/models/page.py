"""The page's forecast: a linear model as the few numbers that a page needs, and the page's arithmetic in Python.

``assets/draft-forecast.js`` does the same arithmetic on the same fields; a test checks that the two agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.special import expit

from lib.features import (
    CONDITIONS,
    PAGE_PHOTO,
    PAGE_TEXT,
    STRIP,
    PageWords,
    conditions_met,
    page_blocks,
    present,
    terms_of,
)
from lib.models.blend import rho_at
from lib.models.forecast import Forecast
from lib.models.linear import Linear
from lib.models.structure import Structure
from lib.posts import ACTIVITY, clean_text

UNIT = 1e-8  # the numbers of a term are whole multiples of this
WORD = r"[\p{L}\p{N}]{2,}"  # in JavaScript, what lib.features.words takes for a word

_NAMES = {"text": PAGE_TEXT, "photo": PAGE_PHOTO}


@dataclass(frozen=True)
class PageColumn:
    """A feature of a draft.

    The value v adds ``weights`` (a,) times (sign(v) ln(1 + |v|) - ``centre``) / ``scale``, which is taken as ``low`` if
    it is lower and as ``high`` if it is higher.
    """

    name: str
    centre: float
    scale: Annotated[float, Field(gt=0)]
    low: float
    high: float
    weights: list[float]


@dataclass(frozen=True)
class PageForecast:
    """Expected rates of a draft, as a linear model of what a page can measure. All fields can be written as JSON.

    The logit of a rate is the sum of ``base``, of what the columns add, and of what the terms of the text add. The
    terms are words of the cleaned text in small letters, found by ``word``, and pairs of neighbours. A term that occurs
    c times has the value (1 + ln c) times the first of its numbers. The values are divided by the root of the sum of
    their squares over all known terms. Each adds its product with the other numbers of its term.

    Attributes
    ----------
    activities
        The a activities.
    base
        (a,) logits.
    columns
        What a draft adds that has a "text", a "photo".
    absent
        (a,) logits that a draft without a text adds in place of those of columns, and a draft without a photo.
    word
        The pattern of a word, for JavaScript.
    unit
        What the numbers of a term are multiples of.
    terms
        The numbers of each term: its inverse document frequency, and a weights.
    dispersion
        (a, 2): how rho depends on the mean, as in :class:`lib.models.blend.Blend`.
    never
        The conditions of :data:`lib.features.CONDITIONS` under which activities can't happen, and these activities.
    strip
        A photo is a banner if its aspect is larger.
    """

    activities: list[str]
    base: list[float]
    columns: dict[Literal["text", "photo"], list[PageColumn]]
    absent: dict[Literal["text", "photo"], list[float]]
    word: str
    unit: float
    terms: dict[str, list[int]]
    dispersion: list[tuple[float, float]]
    never: dict[Literal[CONDITIONS], list[str]]
    strip: float

    def forecast(self, texts: Sequence[str], readable: Mapping[str, pd.DataFrame]) -> Forecast:
        """The forecast of n drafts. The mean of what can't happen is 0.

        Parameters
        ----------
        texts
            n raw texts.
        readable
            Their features from :func:`lib.features.readable_features`.
        """
        blocks = page_blocks(readable)
        logits = np.array(self.base) + [self._of_words(text) for text in texts]
        for source, columns in self.columns.items():
            values = blocks[f"page_{source}"]
            there = present(values)
            for column in columns:
                standard = (values[there, _NAMES[source].index(column.name)] - column.centre) / column.scale
                logits[there] += np.outer(np.clip(standard, column.low, column.high), column.weights)
            logits[~there] += self.absent[source]
        mean, rho = expit(logits), rho_at(logits, np.array(self.dispersion).T)
        for condition, met in zip(CONDITIONS, conditions_met(blocks, len(texts)).T, strict=True):
            never = [activity in self.never.get(condition, ()) for activity in self.activities]
            mean[np.ix_(met, never)] = 0.0
        return Forecast(mean, rho)

    def fits(self) -> bool:
        """Whether each of the fields has a number for each activity, and each column is a feature."""
        a = len(self.activities)
        columns = [(source, column) for source in self.columns for column in self.columns[source]]
        rows = [self.base, self.dispersion, *self.absent.values(), *(column.weights for _, column in columns)]
        return (
            all(len(row) == a for row in rows)
            and all(len(row) == a + 1 for row in self.terms.values())
            and all(column.name in _NAMES[source] for source, column in columns)
            and self.absent.keys() == self.columns.keys()
        )

    def _of_words(self, text: str) -> np.ndarray:
        """What the terms of a raw text add, (a,)."""
        counted = Counter(term for term in terms_of(clean_text(text)) if term in self.terms)
        if not counted:
            return np.zeros(len(self.activities))
        numbers = self.unit * np.array([self.terms[term] for term in counted])
        values = (1 + np.log(list(counted.values()))) * numbers[:, 0]
        return values @ numbers[:, 1:] / np.sqrt(values @ values)


def page_forecast(model: Linear, structure: Structure, words: PageWords, activities: list[str]) -> PageForecast:
    """The numbers of a linear model of the blocks :data:`lib.features.PAGE_BLOCKS`.

    The components of the words, their scale and their coefficients become one weight per term and activity.

    Parameters
    ----------
    model, structure
        Fitted, with a activities.
    words
        What the model's block "page_words" was made by.
    """
    base, coef = model.coef_[0].copy(), iter(model.coef_[1:])
    columns, absent = {"text": [], "photo": []}, {source: np.zeros(len(base)) for source in _NAMES}
    weights = np.zeros((len(words.terms_), len(base)))
    for name, block in model.design_.blocks_.items():
        source = "photo" if name == "page_photo" else "text"
        of = np.array([next(coef) for _ in range(block.width)])
        if name == "page_words":
            of = (block.axes @ of if block.axes.shape[1] else of) / block.scale[:, None]
            weights, mean = words.axes_.astype(float).T @ of, block.mean @ of
            base -= mean
            absent[source] += mean
        else:
            rows = zip(_NAMES[source], block.mean, block.scale, block.low, block.high, of, strict=True)
            columns[source] = [
                PageColumn(column, float(centre), float(scale), float(low), float(high), each.tolist())
                for column, centre, scale, low, high, each in rows
                if np.isfinite(scale)
            ]
        if block.has_absent:
            absent[source] += next(coef)
    numbers = np.rint(np.column_stack([words.idf_, weights]) / UNIT).astype(np.int64).tolist()
    never = {
        condition: {activity for activity, mean in zip(activities, means, strict=True) if mean > 0}
        for condition, means in zip(CONDITIONS, structure.mean, strict=True)
    }
    if columns["photo"]:  # a feed may not show it, because a photo that can't be read was there for its readers
        never["no photo"] |= {activity for activity in activities if ACTIVITY[activity].needs == "photo"}
    return PageForecast(
        activities=activities,
        base=base.tolist(),
        columns=columns,
        absent={source: logits.tolist() for source, logits in absent.items()},
        word=WORD,
        unit=UNIT,
        terms=dict(zip(words.terms_, numbers, strict=True)),
        dispersion=list(zip(*model.dispersion_.tolist(), strict=True)),
        never={condition: sorted(found) for condition, found in never.items() if found},
        strip=STRIP,
    )
