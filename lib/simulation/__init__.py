"""The simulated feed: posts that look like the real export, with known true rates and effects.

Read in this order: ``feed`` (``simulate``), ``mechanism`` (how readers act), ``worlds`` (the same with one assumption
broken), ``phrasing`` (texts, written with ``phrases.toml``), ``drawing`` (photos), ``calibration`` (the feed beside the
published figures), ``known_effects`` (the true effect of every lever).

Examples
--------
>>> feed = simulate(3, seed=1)
>>> feed.posts.shape, feed.truth.mean.shape
((3, 10), (3, 7))
"""

from __future__ import annotations

from lib.simulation.calibration import beside_published, calibration_report, calibration_table, oracle_table
from lib.simulation.feed import MOST_POSTS, Feed, Truth, simulate, write_csv, write_shards
from lib.simulation.known_effects import true_effects
from lib.simulation.worlds import PLAIN, WORLDS

__all__ = [
    "MOST_POSTS",
    "PLAIN",
    "WORLDS",
    "Feed",
    "Truth",
    "beside_published",
    "calibration_report",
    "calibration_table",
    "oracle_table",
    "simulate",
    "true_effects",
    "write_csv",
    "write_shards",
]
