"""One feed and what was learnt from it: posts, split, blocks of features, forecasts; each computed once and kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from lib.embedding import Encoder, photo_encoder, text_encoder
from lib.features import (
    BLOCKS,
    Controls,
    Words,
    block_makers,
    find_controls,
    make_blocks,
    photo_features,
    text_features,
)
from lib.models import MODELS, TRUTH, Forecast, HeldOut, fit_model, forecast_posts
from lib.posts import ACTIVITIES, PostsError, Split, counts, modellable, posts_with_one, split_posts
from lib.storage import cache_folder, cached, code_digest, default_posts, digest
from lib.study.source import PostsFile, PostsTable, SimulatedFeed, Source

if TYPE_CHECKING:
    from lib.models.registry import Model
    from lib.simulation import Truth

FEED_ROWS = 4000

T = TypeVar("T")


def open_study(
    posts: str | os.PathLike | pd.DataFrame | None = None,
    rows: int | None = None,
    encoders: Mapping[str, Encoder] | None = None,
    folder: Path | None = None,
) -> Study:
    """The study of a feed.

    Parameters
    ----------
    posts
        Real posts: a CSV, or a table as :func:`lib.posts.read_posts` gives it. Unless these or ``rows`` are given: the
        variable ``POSTS``, else ``data/post2ctr_dataset.csv`` if it is there, else the simulated feed.
    rows
        Posts of the simulated feed. Unless given: the variable ``FEED_ROWS``, else 4,000.
    encoders
        "text" and "photo"; unless given, those of :func:`lib.embedding.text_encoder` and ``photo_encoder``.
    folder
        What keeps the results; unless given, that of :func:`lib.storage.cache_folder`.

    Raises
    ------
    PostsError
        If the file can't be used, or the number of rows isn't one.
    """
    encoders = encoders or {"text": text_encoder(), "photo": photo_encoder()}
    return Study(_source(posts, rows), encoders, folder or cache_folder())


def _source(posts: str | os.PathLike | pd.DataFrame | None, rows: int | None) -> Source:
    if isinstance(posts, pd.DataFrame):
        return PostsTable(posts)
    path = posts
    if rows is None:
        path = path or os.environ.get("POSTS") or (default_posts() if default_posts().exists() else None)
    if path:
        return PostsFile(Path(path))
    asked = rows or os.environ.get("FEED_ROWS") or FEED_ROWS
    try:
        return SimulatedFeed(int(asked))
    except ValueError:
        raise PostsError(f"FEED_ROWS={asked}: the size of the simulated feed must be a whole number") from None


@dataclass(frozen=True, eq=False)
class Study:
    """A feed and what was learnt from it.

    Attributes
    ----------
    source
        Where its posts come from.
    encoders
        "text" and "photo": what turns texts and photos into vectors.
    folder
        What keeps the results.
    """

    source: Source
    encoders: Mapping[str, Encoder]
    folder: Path

    def keep(self, name: str, step: Callable, compute: Callable[[], T], *inputs: object) -> T:
        """The result of ``compute()``, from disk where it was computed before.

        Parameters
        ----------
        name
            What it is, for whoever looks into the folder.
        step
            The function or class of ``lib`` that does the work: a change of its code computes the result anew, and
            a change of any other does not.
        inputs
            All that the result depends on besides: keys of this study, settings.
        """
        return cached(name, digest(*inputs, code_digest(step)), compute, self.folder)

    # ---- the feed

    @property
    def simulated(self) -> bool:
        """Whether the posts are simulated: then nothing here is a finding about VK."""
        return isinstance(self.source, SimulatedFeed)

    @cached_property
    def key(self) -> str:
        """Digest of the posts and of the code that reads or makes them."""
        return self.source.key

    @cached_property
    def _loaded(self) -> tuple[pd.DataFrame, Truth | None]:
        return cached("posts", self.key, self.source.load, self.folder)

    @property
    def posts(self) -> pd.DataFrame:
        """The posts, as :func:`lib.posts.read_posts` gives them."""
        return self._loaded[0]

    @property
    def truth(self) -> Truth | None:
        """What the simulation knows of its posts; None for a real feed."""
        return self._loaded[1]

    @cached_property
    def split(self) -> Split:
        """Training, validation and test posts, without duplicates across."""
        return self.keep("split", split_posts, lambda: split_posts(self.posts), self.key)

    @cached_property
    def data_key(self) -> str:
        """Digest of the posts, their split, and which activities are modelled."""
        return digest(self.key, code_digest(split_posts))

    @property
    def views(self) -> np.ndarray:
        """(n,) int64."""
        return self.posts["view"].to_numpy()

    @cached_property
    def counts(self) -> np.ndarray:
        """(n, a) int64: the modelled activities alone, in the order of ``activities``."""
        return counts(self.posts)[:, self.columns]

    @cached_property
    def rates(self) -> pd.DataFrame:
        """(n, a) observed actions per view."""
        return pd.DataFrame(self.counts / self.views[:, None], columns=self.activities)

    @cached_property
    def posts_with_one(self) -> pd.Series:
        """How many training posts have at least one of each activity."""
        return posts_with_one(self.posts, self.split)

    @cached_property
    def activities(self) -> list[str]:
        """Activities that happen often enough to be modelled."""
        return modellable(self.posts, self.split)

    @property
    def columns(self) -> list[int]:
        """Where the modelled activities stand among all seven."""
        return [ACTIVITIES.index(a) for a in self.activities]

    def column(self, activity: str) -> int:
        """Where an activity stands among the modelled ones."""
        return self.activities.index(activity)

    @property
    def set_aside(self) -> list[str]:
        """Activities that never happen, or too seldom to model."""
        return [a for a in ACTIVITIES if a not in self.activities]

    # ---- what the models see

    @property
    def vectors(self) -> Path:
        """Folder of the vectors."""
        return self.folder / "vectors"

    @cached_property
    def readable(self) -> dict[str, pd.DataFrame]:
        """The features a person can read: "text" and "photo", a row a post."""
        texts, photos = self.posts["text"], self.posts["photo"]
        return {
            "text": self.keep("text-features", text_features, lambda: text_features(texts), self.key),
            "photo": self.keep("photo-features", photo_features, lambda: photo_features(photos), self.key),
        }

    @cached_property
    def words(self) -> Words:
        """The words of the training texts."""
        texts = self.posts["text"].iloc[self.split.train]
        return self.keep("words", Words, lambda: Words().fit(texts), self.data_key)

    @cached_property
    def blocks(self) -> dict[str, np.ndarray]:
        """All blocks of features, each (n, dim) float32 with rows of NaN where the post has none."""
        return make_blocks(self.posts, BLOCKS, self.encoders, self.words, self.readable, self.vectors)

    @cached_property
    def makers(self) -> dict[str, dict]:
        """What makes each block: see :func:`lib.features.block_makers`."""
        return block_makers(self.encoders)

    def blocks_key(self, *blocks: str) -> str:
        """Digest of all that some blocks of the posts depend on."""
        return digest(self.data_key, *(self.makers[block]["fingerprint"] for block in blocks))

    @cached_property
    def controls(self) -> Controls:
        """What the effects of levers are adjusted for."""
        seen = ("text_vector", "photo_vector")

        def compute() -> Controls:
            return find_controls({b: self.blocks[b] for b in seen}, self.posts["text"].tolist(), self.readable)

        key = self.blocks_key(*seen, "text_features", "photo_features")
        return self.keep("controls", find_controls, compute, key)

    # ---- forecasts

    @property
    def forecasts(self) -> list[str]:
        """Ids of the models."""
        return list(MODELS)

    def model_key(self, name: str) -> str:
        """Digest of all that a model and its forecast depend on."""
        spec = MODELS[name]
        members = [self.model_key(member) for member in spec.members]
        return digest(self.blocks_key(*spec.blocks), replace(spec, label=""), *members, code_digest(fit_model))

    def model(self, name: str) -> Model:
        """The fitted model of this id."""

        def compute() -> Model:
            split, blocks = self.split, self._seen(name)
            return fit_model(
                MODELS[name], blocks, self.counts, self.views, split.train, split.validation, self._members(name)
            )

        return cached(f"model-{name}", self.model_key(name), compute, self.folder)

    def forecast(self, name: str) -> Forecast:
        """The forecast of every post by the model of this id, or by the simulation itself ("truth")."""
        if name == TRUTH:
            return Forecast(self.truth.mean[:, self.columns], self.truth.rho[self.columns])
        if name not in MODELS:
            raise ValueError(f"no model is called {name!r}; there are {', '.join(MODELS)}")

        def compute() -> Forecast:
            model, blocks = self.model(name), self._seen(name)
            return forecast_posts(MODELS[name], model, blocks, len(self.posts), self._members(name))

        return cached(f"forecast-{name}", self.model_key(name), compute, self.folder)

    def held_out(self, name: str) -> HeldOut:
        """The test posts with one forecast of them."""
        test = self.split.test
        return HeldOut(self.activities, self.counts[test], self.views[test], self.forecast(name)[test])

    def _seen(self, name: str) -> Mapping[str, np.ndarray]:
        return self.blocks if MODELS[name].blocks else {}

    def _members(self, name: str) -> list[Forecast]:
        return [self.forecast(member) for member in MODELS[name].members]
