"""Where a study's posts come from: a file, a table in memory, or the simulation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lib.posts import CONTEXT, counts, printable, read_posts, tables
from lib.simulation import PLAIN, simulate
from lib.storage import code_digest, digest

if TYPE_CHECKING:
    from lib.simulation import Truth

Loaded = tuple[pd.DataFrame, "Truth | None"]


@dataclass(frozen=True)
class SimulatedFeed:
    """A simulated feed of ``rows`` posts in a ``world`` of :data:`lib.simulation.WORLDS`, whose truth is known."""

    rows: int
    seed: int = 0
    world: str = PLAIN

    @property
    def name(self) -> str:
        of = "" if self.world == PLAIN else f" of the {self.world} world"
        return f"a simulated feed of {self.rows:,} posts{of}"

    @property
    def key(self) -> str:
        return digest("simulated", self.rows, self.seed, self.world, code_digest(simulate))

    def load(self) -> Loaded:
        feed = simulate(self.rows, self.seed, self.world)
        return feed.posts, feed.truth


@dataclass(frozen=True)
class PostsFile:
    """Real posts that :func:`lib.posts.read_posts` reads: a file, a folder or a pattern.

    ``group`` and ``time`` are the names of the columns with these; None for the usual names.
    """

    path: Path
    group: str | None = None
    time: str | None = None

    @property
    def name(self) -> str:
        """The name without the folder that it is in: the name stands in pages and saved files."""
        return printable(self.path.name or self.path.resolve().name)

    @property
    def key(self) -> str:
        named = [f"{field}={name}" for field, name in (("group", self.group), ("time", self.time)) if name]
        return digest(*(digest(file.read_bytes()) for file in tables([self.path])), *named, code_digest(read_posts))

    def load(self) -> Loaded:
        return read_posts(self.path, self.group, self.time), None


@dataclass(frozen=True, eq=False)
class PostsTable:
    """A table of real posts in memory, as :func:`lib.posts.read_posts` returns it."""

    posts: pd.DataFrame
    name: str = "a table of posts"

    @property
    def key(self) -> str:
        photos = [photo or b"" for photo in self.posts["photo"]]
        numbers = [self.posts["view"].to_numpy("int64").tobytes(), counts(self.posts).tobytes()]
        context = [str(v) for name in CONTEXT if name in self.posts for v in (name, *self.posts[name])]
        return digest(*numbers, *self.posts["text"], *photos, *context)

    def load(self) -> Loaded:
        return self.posts, None


Source = SimulatedFeed | PostsFile | PostsTable
