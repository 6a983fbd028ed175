"""Folders, files written whole or not at all, cached results, and fitted models as arrays.

Read in this order: ``paths`` (folders), ``files`` (a file is written whole or not at all, and never where it would
destroy something), ``arrays`` (fitted models as arrays, without pickle), ``values`` (any result as JSON and arrays),
``entries`` (a result as a file with a checksum), ``cache`` (results on disk, under a key of their inputs and code).

Examples
--------
>>> digest("posts", 4000) == digest("posts", 4000), digest("ab", "c") == digest("a", "bc")
(True, False)
>>> part("design", under("design", {"mean": 1.0}))
{'mean': 1.0}
"""

from __future__ import annotations

from lib.storage.arrays import Arrays, ModelError, pack, part, under, unpack
from lib.storage.cache import cached, code_digest, digest, not_kept
from lib.storage.files import (
    TABLES,
    FileError,
    check_target,
    default_output,
    make_folder,
    reason,
    replacing,
    write_whole,
)
from lib.storage.paths import PACKAGE, cache_folder, checkout, default_posts, model_folder, real_figures, vectors_folder

__all__ = [
    "PACKAGE",
    "TABLES",
    "Arrays",
    "FileError",
    "ModelError",
    "cache_folder",
    "cached",
    "check_target",
    "checkout",
    "code_digest",
    "default_output",
    "default_posts",
    "digest",
    "make_folder",
    "model_folder",
    "not_kept",
    "pack",
    "part",
    "real_figures",
    "reason",
    "replacing",
    "under",
    "unpack",
    "vectors_folder",
    "write_whole",
]
