"""One feed and the results computed from it: posts, split, blocks of features, controls, models, forecasts."""

from __future__ import annotations

import os
import time
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
    PageWords,
    Words,
    block_makers,
    find_controls,
    known_groups,
    make_blocks,
    page_blocks,
    photo_features,
    style_features,
    text_features,
)
from lib.models import (
    BASELINE,
    BOTH,
    GROUP,
    MODELS,
    TRUTH,
    Fitted,
    Fold,
    Forecast,
    HeldOut,
    ModelSpec,
    fit_model,
    forecast_posts,
    make_folds,
    models_for,
)
from lib.posts import (
    ACTIVITIES,
    MIN_POSTS,
    MIN_POSTS_WITH_ONE,
    RANDOM,
    PostsError,
    Split,
    counts,
    modellable,
    posts_with_one,
    printable,
    split_posts,
)
from lib.simulation import MOST_POSTS, PLAIN, WORLDS
from lib.storage import cache_folder, cached, code_digest, default_posts, digest
from lib.study.source import PostsFile, PostsTable, SimulatedFeed, Source

if TYPE_CHECKING:
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
        Real posts: a path for :func:`lib.posts.read_posts`, or a table as it returns one. If neither ``posts`` nor
        ``rows`` is given, the variable ``POSTS`` is the path, else it is ``data/post2ctr_dataset.csv`` if that file
        exists, else the feed is simulated, in the world that the variable ``FEED_WORLD`` names. The variables
        ``POSTS_GROUP`` and ``POSTS_TIME`` name the columns of the file with the group and the date of a post, if these
        aren't called ``group`` and ``time``.
    rows
        Number of posts of the simulated feed; by default the variable ``FEED_ROWS``, else 4,000.
    encoders
        "text" and "photo"; by default those of :func:`lib.embedding.text_encoder` and ``photo_encoder``.
    folder
        Where results are kept; by default :func:`lib.storage.cache_folder`.

    Raises
    ------
    PostsError
        If ``FEED_ROWS`` is not a whole number from 10 to 1,000,000, or there is no world ``FEED_WORLD``. A file that
        can't be used raises it when its posts are first needed.
    """
    source = _source(posts, rows)  # first: a wrong name or size is refused before an encoder is loaded
    encoders = encoders or {"text": text_encoder(), "photo": photo_encoder()}
    return Study(source, encoders, folder or cache_folder())


def _source(posts: str | os.PathLike | pd.DataFrame | None, rows: int | None) -> Source:
    if isinstance(posts, pd.DataFrame):
        return PostsTable(posts)
    path = posts
    if rows is None:
        path = path or os.environ.get("POSTS") or (default_posts() if default_posts().exists() else None)
    if path:
        return PostsFile(Path(path), os.environ.get("POSTS_GROUP") or None, os.environ.get("POSTS_TIME") or None)
    if rows is not None:
        return SimulatedFeed(rows)
    named = os.environ.get("FEED_ROWS") or str(FEED_ROWS)
    try:
        rows = int(named)
    except ValueError:
        rows = 0
    if not MIN_POSTS <= rows <= MOST_POSTS:
        raise PostsError(
            f"FEED_ROWS={printable(named)}: the size of the simulated feed must be a whole number from {MIN_POSTS} to "
            f"{MOST_POSTS:,}, such as FEED_ROWS={FEED_ROWS}."
        )
    world = os.environ.get("FEED_WORLD") or PLAIN
    if world not in WORLDS:
        raise PostsError(f"FEED_WORLD={printable(world)}: there is no such world; there are {', '.join(WORLDS)}.")
    return SimulatedFeed(rows, world=world)


@dataclass(frozen=True, eq=False)
class Study:
    """A feed and the results computed from it. Below, n is its number of posts and a that of modelled activities.

    Attributes
    ----------
    source
        Where the posts come from.
    encoders
        "text" and "photo": the encoders that turn texts and photos into vectors.
    folder
        Where results are kept.
    by
        How the test posts are chosen, one of :data:`lib.posts.SPLITS`.
    """

    source: Source
    encoders: Mapping[str, Encoder]
    folder: Path
    by: str = RANDOM

    def keep(self, name: str, step: Callable, compute: Callable[[], T], *inputs: object) -> T:
        """The result of ``compute()``, read from disk if it was computed before.

        Parameters
        ----------
        name
            The beginning of the file's name.
        step
            The function or class of ``lib`` that does the work. A change in its code, or in code that it draws on,
            computes the result again; any other change does not.
        inputs
            Everything else that the result depends on: keys of this study, settings.
        """
        return cached(name, digest(*inputs, code_digest(step)), compute, self.folder)

    # ---- the feed

    @property
    def simulated(self) -> bool:
        """Whether the posts are simulated. If so, no result is a finding about VK."""
        return isinstance(self.source, SimulatedFeed)

    @cached_property
    def key(self) -> str:
        """Digest of the posts, or of what they are made from and the code that makes them."""
        return self.source.key

    @cached_property
    def _loaded(self) -> tuple[pd.DataFrame, Truth | None]:
        if isinstance(self.source, PostsTable):
            return self.source.load()
        return cached("posts", self.key, self.source.load, self.folder)

    @property
    def posts(self) -> pd.DataFrame:
        """The posts, as :func:`lib.posts.read_posts` returns them: n rows."""
        return self._loaded[0]

    @property
    def truth(self) -> Truth | None:
        """The truth behind the counts of a simulated feed; None for a real feed."""
        return self._loaded[1]

    @cached_property
    def split(self) -> Split:
        """Positions of the training and test posts; no duplicate crosses the parts."""
        return self.keep("split", split_posts, lambda: split_posts(self.posts, by=self.by), self.key, *self._by)

    @cached_property
    def data_key(self) -> str:
        """Digest of the posts, their split, and the choice of modelled activities."""
        return digest(self.key, *self._by, code_digest(split_posts))

    @property
    def _by(self) -> list[str]:
        return [] if self.by == RANDOM else [self.by]

    @property
    def views(self) -> np.ndarray:
        """(n,) int64 views."""
        return self.posts["view"].to_numpy()

    @cached_property
    def counts(self) -> np.ndarray:
        """(n, a) int64 counts of the modelled activities, in the order of ``activities``."""
        return counts(self.posts)[:, self.columns]

    @cached_property
    def rates(self) -> pd.DataFrame:
        """(n, a) observed rates, count / views."""
        return pd.DataFrame(self.counts / self.views[:, None], columns=self.activities)

    @cached_property
    def posts_with_one(self) -> pd.Series:
        """The number of training posts with at least one of each activity."""
        return posts_with_one(self.posts, self.split)

    @cached_property
    def activities(self) -> list[str]:
        """Names of the activities that happen often enough to be modelled."""
        return modellable(self.posts, self.split)

    @property
    def columns(self) -> list[int]:
        """Positions of the modelled activities among all seven."""
        return [ACTIVITIES.index(a) for a in self.activities]

    def column(self, activity: str) -> int:
        """Position of an activity among the modelled activities."""
        return self.activities.index(activity)

    @property
    def set_aside(self) -> list[str]:
        """Names of the activities that happen never or too seldom to be modelled."""
        return [a for a in ACTIVITIES if a not in self.activities]

    # ---- what the models see

    @property
    def vectors(self) -> Path:
        """Folder that keeps the vectors of texts and photos."""
        return self.folder / "vectors"

    @cached_property
    def readable(self) -> dict[str, pd.DataFrame]:
        """The readable features of the posts: see :func:`lib.features.readable_features`."""
        texts, photos = self.posts["text"], self.posts["photo"]
        return {
            "text": self.keep("text-features", text_features, lambda: text_features(texts), self.key),
            "photo": self.keep("photo-features", photo_features, lambda: photo_features(photos), self.key),
            "style": self.keep("style-features", style_features, lambda: style_features(texts), self.key),
        }

    @cached_property
    def words(self) -> Words:
        """What the block "text_words" has learnt from the training texts."""
        texts = self.posts["text"].iloc[self.split.train]
        return self.keep("words", Words, lambda: Words().fit(texts), self.data_key)

    @cached_property
    def page_words(self) -> PageWords:
        """What the block "page_words" has learnt from the training texts."""
        texts = self.posts["text"].iloc[self.split.train]
        return self.keep("page-words", PageWords, lambda: PageWords().fit(texts), self.data_key)

    @cached_property
    def blocks(self) -> dict[str, np.ndarray]:
        """All blocks of features, each (n, dim) of floats with rows of NaN for posts that have none."""
        made = make_blocks(self.posts, BLOCKS, self.encoders, self.words, self.readable, self.vectors, self.groups)
        return made | page_blocks(self.readable) | {"page_words": self.page_words.transform(self.posts["text"])}

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups that the models know; none if too few different training posts have one."""
        different = np.unique(self.split.groups[self.split.train], return_index=True)[1]
        train = self.posts.iloc[self.split.train[different]]
        found = known_groups(train)
        return found if found and train["group"].isin(found).sum() >= MIN_POSTS_WITH_ONE else ()

    @cached_property
    def makers(self) -> dict[str, dict]:
        """The maker of each block: see :func:`lib.features.block_makers`."""
        return block_makers(self.encoders)

    def blocks_key(self, *blocks: str) -> str:
        """Digest of everything that these blocks of the posts depend on."""
        return digest(self.data_key, *(self.makers[block]["fingerprint"] for block in blocks))

    @cached_property
    def controls(self) -> Controls:
        """The controls, for which the effects of levers are adjusted."""
        vectors = ("text_vector", "photo_vector")

        def compute() -> Controls:
            seen, texts = {b: self.blocks[b] for b in vectors}, self.posts["text"].tolist()
            return find_controls(seen, texts, self.readable, self.posts)

        key = self.blocks_key(*vectors, "text_features", "photo_features")
        return self.keep("controls", find_controls, compute, key)

    # ---- forecasts

    @cached_property
    def forecasts(self) -> list[str]:
        """Ids of the models that the posts have the blocks for: see :func:`lib.models.models_for`."""

        def compute() -> list[str]:
            return models_for(self.blocks, self.split.train, self.split.test)

        return self.keep("models", models_for, compute, self.blocks_key(*self.makers))

    def spec(self, name: str) -> ModelSpec:
        """The specification of a model. A blend has the members that are listed; photo or text only if alone.

        Posts of no known group are forecast by the blend that knows none, or by no features where it isn't listed.
        """
        members = [member for member in MODELS[name].members if member in self.forecasts]
        if BOTH in members:
            members = [member for member in members if member not in ("photo", "text")]
        whole = MODELS[name].whole
        if whole:
            whole = "" if GROUP not in self.forecasts else whole if whole in self.forecasts else BASELINE
        return replace(MODELS[name], members=tuple(members), whole=whole)

    @cached_property
    def folds(self) -> list[Fold]:
        """The folds of the training posts, as positions among them."""
        labels = self.split.groups if self.by != "group" else self.posts["group"].factorize()[0]
        return make_folds(labels[self.split.train])

    def model_key(self, name: str) -> str:
        """Digest of everything that a model and its forecast depend on."""
        spec = self.spec(name)
        members = [self.model_key(other) for other in spec.others]
        return digest(self.blocks_key(*spec.blocks), replace(spec, label=""), *members, code_digest(fit_model))

    def forecast_key(self, name: str) -> str:
        """Digest of everything that a forecast depends on; "truth" depends on the posts alone."""
        return self.data_key if name == TRUTH else self.model_key(name)

    def fitted(self, name: str) -> Fitted:
        """The model of this id, fitted to the training posts, with its cross-fitted forecast of them."""

        def compute() -> Fitted:
            train = self.split.train
            blocks = {block: values[train] for block, values in self._seen(name).items()}
            members, start = [forecast[train] for forecast in self._members(name)], time.process_time()
            found = fit_model(self.spec(name), blocks, self.counts[train], self.views[train], self.folds, members)
            seconds = time.process_time() - start
            self.keep(f"seconds-{name}", fit_model, lambda: seconds, self.model_key(name))
            return found

        return self.keep(f"model-{name}", fit_model, compute, self.model_key(name))

    def fit_seconds(self, name: str) -> float:
        """Processor seconds that fitting a model took on the machine that fitted it; NaN if nobody noted them."""
        self.fitted(name)
        return self.keep(f"seconds-{name}", fit_model, lambda: np.nan, self.model_key(name))

    def forecast(self, name: str) -> Forecast:
        """The forecast of all posts by the model of this id; "truth" is what the simulation knows.

        The forecast of a training post is cross-fitted: made by a model that was fitted without the post.

        Raises
        ------
        ValueError
            If no model has this id.
        """
        if name == TRUTH:
            return Forecast(self.truth.mean[:, self.columns], self.truth.rho[..., self.columns])
        if name not in MODELS:
            raise ValueError(f"no model is called {name!r}; there are {', '.join(MODELS)}")

        def compute() -> Forecast:
            fitted, train = self.fitted(name), self.split.train
            spec, seen = self.spec(name), self._seen(name)
            found = forecast_posts(spec, fitted.model, fitted.structure, seen, len(self.posts), self._members(name))
            mean, rho = found.mean.copy(), np.broadcast_to(found.rho, found.mean.shape).copy()
            mean[train], rho[train] = fitted.cross_fitted.mean, fitted.cross_fitted.rho
            return Forecast(mean, rho)

        return self.keep(f"forecast-{name}", forecast_posts, compute, self.model_key(name))

    def held_out(self, name: str) -> HeldOut:
        """The test posts with one forecast."""
        test = self.split.test
        return HeldOut(self.activities, self.counts[test], self.views[test], self.forecast(name)[test])

    def _seen(self, name: str) -> Mapping[str, np.ndarray]:
        return {block: self.blocks[block] for block in MODELS[name].blocks}

    def _members(self, name: str) -> list[Forecast]:
        return [self.forecast(other) for other in self.spec(name).others]
