"""The study the chapters read from: posts, split, vectors, forecasts, scores; each computed once, kept on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from lib import embedding, features, models, simulation
from lib.embedding import catalogue as encoders
from lib.features import Words, as_block
from lib.models import BASELINE, BLEND, BLENDED, BLOCKS, BOOSTED, NEURAL, TRUTH, Rates, Validation
from lib.posts import ACTIVITIES, PostsError, Split, counts, read_posts, split_posts
from lib.storage import CACHE, LIB, cached, code_digest, digest

FEED_ROWS = 4000
FEED_SEED = 0

# An activity needs this many training posts that have one at all before a model of it says anything.
MIN_POSTS_WITH_ONE = 20


def open_study(posts: str | os.PathLike | None = None, rows: int | None = None) -> Study:
    """The study of a feed.

    Parameters
    ----------
    posts
        CSV of real posts. Unless given: the variable ``POSTS``, else ``data/post2ctr_dataset.csv`` if it is there,
        else the simulated feed.
    rows
        Posts of the simulated feed. Unless given: the variable ``FEED_ROWS``, else 4,000.

    Raises
    ------
    PostsError
        If the file can't be used, or the number of rows isn't one.
    """
    path = posts or os.environ.get("POSTS") or (default_posts() if default_posts().exists() else None)
    if path:
        return Study(Path(path), 0)
    asked = rows or os.environ.get("FEED_ROWS") or FEED_ROWS
    try:
        rows = int(asked)
    except ValueError:
        raise PostsError(f"FEED_ROWS={asked}: the size of the simulated feed must be a whole number") from None
    return Study(None, rows)


@dataclass(frozen=True)
class Study:
    """A feed and what was learnt from it. ``path`` is None for the simulated feed of ``rows`` posts."""

    path: Path | None
    rows: int

    # ---- the feed

    @property
    def simulated(self) -> bool:
        """Whether the posts are simulated: then nothing here is a finding about VK."""
        return self.path is None

    @property
    def source(self) -> str:
        """Which posts these are, for a line of output."""
        return f"a simulated feed of {self.rows:,} posts" if self.simulated else str(self.path)

    @cached_property
    def key(self) -> str:
        """Digest of the feed and of the code that reads or makes it."""
        if self.simulated:
            return digest("simulated", self.rows, FEED_SEED, code_digest("lib.simulation.feed"))
        try:
            return digest(self.path.read_bytes(), code_digest("lib.posts.read"))
        except OSError:
            read_posts(self.path)  # raises the error that tells what is wrong with the path
            raise

    @cached_property
    def _feed(self) -> simulation.Feed | None:
        if not self.simulated:
            return None
        return cached("feed", self.key, lambda: simulation.simulate(self.rows, FEED_SEED))

    @cached_property
    def posts(self) -> pd.DataFrame:
        """The posts, as :func:`lib.posts.read.read_posts` gives them."""
        return self._feed.posts if self.simulated else cached("posts", self.key, lambda: read_posts(self.path))

    @property
    def truth(self) -> simulation.Truth | None:
        """What the simulation knows of its posts; None for a real feed."""
        return self._feed.truth if self.simulated else None

    @cached_property
    def split(self) -> Split:
        """Training, validation and test posts, without duplicates across."""
        return cached("split", digest(self.key, code_digest("lib.posts.read")), lambda: split_posts(self.posts))

    @property
    def views(self) -> np.ndarray:
        """(n,) int64."""
        return self.posts["view"].to_numpy()

    @cached_property
    def counts(self) -> np.ndarray:
        """(n, a) int64: the modelled activities alone, in the order of ``activities``."""
        return counts(self.posts)[:, self.columns]

    @cached_property
    def posts_with_one(self) -> pd.Series:
        """How many training posts have at least one of each activity."""
        return (self.posts.loc[:, list(ACTIVITIES)].iloc[self.split.train] > 0).sum()

    @property
    def activities(self) -> list[str]:
        """Activities that happen often enough to be modelled."""
        return [a for a in ACTIVITIES if self.posts_with_one[a] >= MIN_POSTS_WITH_ONE]

    @property
    def columns(self) -> list[int]:
        """Where the modelled activities stand among all seven."""
        return [ACTIVITIES.index(a) for a in self.activities]

    @property
    def set_aside(self) -> list[str]:
        """Activities that never happen, or too seldom to model."""
        return [a for a in ACTIVITIES if self.posts_with_one[a] < MIN_POSTS_WITH_ONE]

    # ---- what the models see

    @cached_property
    def text_encoder(self):
        """The encoder that turns texts into vectors."""
        return embedding.text_encoder()

    @cached_property
    def photo_encoder(self):
        """The encoder that turns photos into vectors."""
        return embedding.photo_encoder()

    @cached_property
    def blocks(self) -> dict[str, np.ndarray]:
        """The five blocks of features, each (n, dim) float32 with rows of NaN where the post has none."""
        vectors = vectors_folder()
        return {
            "photo features": as_block(self.readable["photo"], "has_photo"),
            "photo vector": embedding.embed(self.posts["photo"], self.photo_encoder, cache=vectors),
            "text features": as_block(self.readable["text"], "has_text"),
            "text vector": embedding.embed(self.posts["text"], self.text_encoder, cache=vectors),
            "text words": self.words.transform(self.posts["text"]),
        }

    @cached_property
    def words(self) -> Words:
        """The words that tell training texts apart."""
        key = digest(self.key, code_digest("lib.posts.read"), code_digest("lib.features.words"))
        return cached("words", key, lambda: Words().fit(self.posts["text"].iloc[self.split.train]))

    @cached_property
    def readable(self) -> dict[str, pd.DataFrame]:
        """The features a person can read: "text" and "photo", a row a post."""
        return {
            "text": cached(
                "text-features",
                digest(self.key, code_digest("lib.posts.text")),
                lambda: features.text_features(self.posts["text"]),
            ),
            "photo": cached(
                "photo-features",
                digest(self.key, code_digest("lib.posts.photo")),
                lambda: features.photo_features(self.posts["photo"]),
            ),
        }

    # ---- forecasts

    @property
    def forecasts(self) -> list[str]:
        """Names of the models' forecasts."""
        return [*BLOCKS, BLEND]

    def forecast(self, name: str) -> Rates:
        """The forecast of every post by one of the members (a key of ``BLOCKS``, "blend" or "the truth")."""
        if name == TRUTH:
            return Rates(self.truth.mean[:, self.columns], self.truth.rho[self.columns])
        if name not in self.forecasts:
            raise ValueError(f"no forecast is called {name!r}; there are {', '.join(self.forecasts)}")
        return cached(_file("forecast", name), digest(self.blocks_key, name), lambda: self._predict(name))

    def model(self, name: str):
        """The fitted model behind a forecast, from :mod:`lib.models.linear`."""
        return cached(_file("model", name), digest(self.blocks_key, name), lambda: self._fit(name))

    @cached_property
    def blocks_key(self) -> str:
        """Digest of everything that ``blocks``, ``split`` and the forecasts depend on."""
        encoders = [e.fingerprint(e.dtype(e.device("auto"))) for e in (self.text_encoder, self.photo_encoder)]
        return digest(self.key, *encoders, code_digest("lib.study.study"))

    def features(self, name: str, rows=slice(None)) -> dict[str, np.ndarray]:
        """The blocks that a forecast sees, of some of the posts."""
        return {b: self.blocks[b][rows] for b in BLOCKS[name]}

    def _fit(self, name: str):
        train, validation = self.split.train, self.split.validation
        held = self.counts[validation], self.views[validation]
        if name == BLEND:
            return models.Blend().fit([self.forecast(m)[validation] for m in BLENDED], *held)
        if name == BASELINE:
            return models.Rate().fit(self.counts[train], self.views[train])
        tuning = Validation(self.features(name, validation), *held)
        member = {BOOSTED: models.Boosted, NEURAL: models.Neural}.get(name, models.Linear)
        return member().fit(self.features(name, train), self.counts[train], self.views[train], tuning)

    def _predict(self, name: str) -> Rates:
        if name == BLEND:
            return self.model(name).predict([self.forecast(m) for m in BLENDED])
        return self.model(name).predict(len(self.posts) if name == BASELINE else self.features(name))

    @cached_property
    def rates(self) -> pd.DataFrame:
        """(n, a) actions per view."""
        return pd.DataFrame(self.counts / self.views[:, None], columns=self.activities)

    def column(self, activity: str) -> int:
        """Where an activity stands among the modelled ones."""
        return self.activities.index(activity)


def _file(what: str, name: str) -> str:
    return f"{what}-{name.replace(',', '').replace(' ', '-')}"
