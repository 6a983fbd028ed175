"""The blocks of features that models see: each is what one reader makes of a post's text or photo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lib.embedding import Encoder, embed
from lib.features.photo import photo_features
from lib.features.text import text_features
from lib.features.words import Words
from lib.storage import code_digest

PHOTO_BLOCKS = ("photo_features", "photo_vector")
TEXT_BLOCKS = ("text_features", "text_vector", "text_words")
BLOCKS = (*PHOTO_BLOCKS, *TEXT_BLOCKS)


def readable_features(posts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The features a person can read, a row a post: "text" and "photo"."""
    return {"text": text_features(posts["text"]), "photo": photo_features(posts["photo"])}


def make_blocks(
    posts: pd.DataFrame,
    blocks: Iterable[str],
    encoders: Mapping[str, Encoder],
    words: Words | None = None,
    readable: Mapping[str, pd.DataFrame] | None = None,
    vectors: Path | None = None,
) -> dict[str, np.ndarray]:
    """Some blocks of features of posts.

    Parameters
    ----------
    posts
        With the columns ``text`` (str) and ``photo`` (bytes that decode, or None), n rows.
    blocks
        Which of ``BLOCKS``.
    encoders
        "text" and "photo", for the blocks of vectors.
    words
        Fitted, for the block "text_words".
    readable
        What :func:`readable_features` gives for the posts, if it is known.
    vectors
        Folder that keeps vectors; none are kept unless given.

    Returns
    -------
    Block to (n, dim) float32, with rows of NaN where a post has none.
    """
    blocks = tuple(blocks)
    if readable is None and any(block.endswith("_features") for block in blocks):
        readable = readable_features(posts)
    made = {}
    for block in blocks:
        kind, _, how = block.partition("_")
        if how == "features":
            made[block] = as_block(readable[kind], f"has_{kind}")
        elif how == "vector":
            made[block] = embed(posts[kind], encoders[kind], cache=vectors)
        else:
            made[block] = words.transform(posts[kind])
    return made


def block_makers(encoders: Mapping[str, Encoder]) -> dict[str, dict[str, Any]]:
    """What makes each block on this machine: ``name`` and ``fingerprint``, and of an encoder its description.

    Blocks whose makers have one fingerprint are the same for the same posts.
    """
    made = {}
    for kind, encoder in encoders.items():
        dtype = encoder.dtype(encoder.device("auto"))
        made[f"{kind}_vector"] = encoder.describe() | {"dtype": dtype, "fingerprint": encoder.fingerprint(dtype)}
    for block, maker in {"text_features": text_features, "photo_features": photo_features, "text_words": Words}.items():
        made[block] = {"name": maker.__module__, "fingerprint": code_digest(maker)}
    return made


def as_block(readable: pd.DataFrame, presence: str) -> np.ndarray:
    """Readable features as a block (n, dim) float32: counts on a log scale, NaN where the column ``presence`` is 0."""
    values = readable.drop(columns=presence)
    return np.where(readable[[presence]] == 1, np.sign(values) * np.log1p(values.abs()), np.nan).astype(np.float32)
