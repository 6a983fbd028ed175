"""Folders, files written whole or not at all, cached results, and fitted models as arrays.

Read in this order: ``paths`` (folders), ``files`` (a file is written whole or not at all), ``cache`` (results on disk,
under a key of their inputs and their code), ``arrays`` (fitted models as arrays, without pickle).

Examples
--------
>>> digest("posts", 4000) == digest("posts", 4000), digest("ab", "c") == digest("a", "bc")
(True, False)
>>> part("design", under("design", {"mean": 1.0}))
{'mean': 1.0}
"""

from __future__ import annotations

from lib.storage.arrays import Arrays, ModelError, pack, part, under, unpack
from lib.storage.cache import cached, code_digest, digest
from lib.storage.files import write_whole
from lib.storage.paths import cache_folder, checkout, default_posts, model_folder, vectors_folder

__all__ = [
    "Arrays",
    "ModelError",
    "cache_folder",
    "cached",
    "checkout",
    "code_digest",
    "default_posts",
    "digest",
    "model_folder",
    "pack",
    "part",
    "under",
    "unpack",
    "vectors_folder",
    "write_whole",
]
