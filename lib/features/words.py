"""The words of a text in a few numbers: a sentence encoder, trained on other texts, misses words of this feed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise

import numpy as np

from lib.features.design import ROWS_PER_COMPONENT
from lib.posts import clean_text
from lib.storage import Arrays, pack, unpack

_WORD = re.compile(r"[^\W_]{2,}")


class Words:
    """Leading components of the TF-IDF of words and pairs of words, learnt from the training texts.

    A word or pair counts if it occurs in ``LEAST_TEXTS`` training texts or more and is among the ``MOST_TERMS`` most
    frequent ones.

    References
    ----------
    Deerwester, Dumais, Furnas, Landauer & Harshman (1990), Indexing by latent semantic analysis, JASIS 41:391,
    doi:10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9.
    """

    COMPONENTS, LEAST_TEXTS, MOST_TERMS, DTYPE = 100, 3, 20_000, np.float32

    def fit(self, texts: Iterable[str]) -> Words:
        """Learn terms and components from raw texts; empty texts are left out."""
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        learnt = [text for text in map(clean_text, texts) if text]
        counted = TfidfVectorizer(
            analyzer=terms_of, sublinear_tf=True, min_df=self.LEAST_TEXTS, max_features=self.MOST_TERMS
        )
        self.terms_, self.idf_, self.axes_ = [], np.empty(0), np.empty((0, 0), np.float32)
        try:
            weights = counted.fit_transform(learnt)
        except ValueError:  # no word occurs in enough texts
            return self
        self.terms_, self.idf_ = counted.get_feature_names_out().tolist(), counted.idf_
        size = min(self.COMPONENTS, len(self.terms_) - 1, len(learnt) // ROWS_PER_COMPONENT)
        if size > 0:
            self.axes_ = TruncatedSVD(size, random_state=0).fit(weights).components_.astype(np.float32)
        return self

    def transform(self, texts: Iterable[str]) -> np.ndarray:
        """Components (n, d) of n raw texts, of the dtype ``DTYPE``; the row of an empty text is NaN.

        If nothing was learnt, there is one column and all of it is NaN.
        """
        cleaned = np.array(list(map(clean_text, texts)), object)
        out = np.full((len(cleaned), len(self.axes_) or 1), np.nan, self.DTYPE)
        has = cleaned != ""
        if len(self.axes_) and has.any():
            out[has] = [self._components(text) for text in cleaned[has]]
        return out

    def arrays(self) -> Arrays:
        """The fitted words as arrays, in the format of :mod:`lib.storage.arrays`."""
        return {"terms": pack(self.terms_), "idf": self.idf_, "axes": self.axes_}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Words:
        """The words whose :meth:`arrays` these are.

        Raises
        ------
        ValueError
            If the arrays don't fit together.
        """
        words = cls()
        words.terms_, words.idf_, words.axes_ = unpack(arrays["terms"]), arrays["idf"], arrays["axes"]
        wide = len(words.terms_) if len(words.axes_) else 0
        if words.idf_.shape != (len(words.terms_),) or words.axes_.shape != (len(words.axes_), wide):
            raise ValueError(f"{len(words.terms_)} terms, weights {words.idf_.shape} and axes {words.axes_.shape}")
        return words

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {term: column for column, term in enumerate(self.terms_)}

    def _components(self, text: str) -> np.ndarray:
        """Components (d,) of a cleaned text, without scikit-learn, whose import takes longer than a forecast."""
        counted = Counter(self._columns[term] for term in terms_of(text) if term in self._columns)
        columns = sorted(counted)
        weights = self.idf_[columns] * (1 + np.log([counted[column] for column in columns]))
        return self.axes_[:, columns] @ (weights / (np.linalg.norm(weights) or 1))


def terms_of(text: str) -> list[str]:
    """The words of a cleaned text in small letters, two letters or digits or more each, and pairs of neighbours."""
    words = _WORD.findall(text.lower())
    return words + [" ".join(pair) for pair in pairwise(words)]
