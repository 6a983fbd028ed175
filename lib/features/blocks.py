"""The blocks of features that models use: each describes the text, the photo or the context of a post in one way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lib.embedding import Encoder, embed
from lib.features.context import group_block, season_block
from lib.features.page import PageWords, page_blocks, signed_logs
from lib.features.photo import photo_features
from lib.features.style import style_features
from lib.features.text import text_features
from lib.features.words import Words
from lib.storage import code_digest

_READABLE = {"text": text_features, "photo": photo_features}
_MAKERS = {"text_features": text_features, "photo_features": photo_features, "text_words": Words}
_MAKERS |= {"page_photo": page_blocks, "page_text": page_blocks, "page_words": PageWords}
_MAKERS |= {"group": group_block, "season": season_block}


def readable_features(posts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The readable features of posts: "text", "photo" and, for levers only, "style"; tables with one row per post."""
    made = {kind: features(posts[kind]) for kind, features in _READABLE.items()}
    return made | {"style": style_features(posts["text"])}


def make_blocks(
    posts: pd.DataFrame,
    blocks: Iterable[str],
    encoders: Mapping[str, Encoder],
    words: Words | None = None,
    readable: Mapping[str, pd.DataFrame] | None = None,
    vectors: Path | None = None,
    groups: Sequence[str] = (),
) -> dict[str, np.ndarray]:
    """Blocks of features of n posts. Only what these blocks need is computed.

    Parameters
    ----------
    posts
        n rows with the columns ``text`` (str) and ``photo`` (bytes of a photo that can be decoded, or None), and
        ``group`` and ``time`` if they are known.
    blocks
        Names from :data:`lib.features.BLOCKS`.
    encoders
        "text" and "photo"; needed for the blocks of vectors only.
    words
        Fitted words; needed for the block "text_words" only.
    readable
        The result of :func:`readable_features` for the posts, if the caller has it.
    vectors
        Folder that keeps the vectors; without a folder no vectors are kept.
    groups
        The known groups; needed for the block "group" only, which holds positions among them.

    Returns
    -------
    By block: (n, dim) float32. The row of a post without the text or photo, the known group or the date is NaN.
    """
    made = {}
    for block in blocks:
        kind, _, how = block.partition("_")
        if block == "group":
            made[block] = group_block(posts, groups)
        elif block == "season":
            made[block] = season_block(posts)
        elif how == "features":
            table = _READABLE[kind](posts[kind]) if readable is None else readable[kind]
            made[block] = as_block(table, f"has_{kind}")
        elif how == "vector":
            made[block] = embed(posts[kind], encoders[kind], cache=vectors)
        else:
            made[block] = words.transform(posts[kind])
    return made


def block_makers(encoders: Mapping[str, Encoder]) -> dict[str, dict[str, Any]]:
    """What makes each block on this machine: its ``name`` and ``fingerprint``, and the description of an encoder.

    Makers with equal fingerprints make equal blocks of the same posts.
    """
    made = {}
    for kind, encoder in encoders.items():
        dtype = encoder.dtype(encoder.device("auto"))
        made[f"{kind}_vector"] = encoder.describe() | {"dtype": dtype, "fingerprint": encoder.fingerprint(dtype)}
    for block, maker in _MAKERS.items():
        made[block] = {"name": maker.__module__, "fingerprint": code_digest(maker)}
    return made


def as_block(readable: pd.DataFrame, presence: str) -> np.ndarray:
    """Readable features as a block (n, dim) float32, on a log scale; NaN where the column ``presence`` is 0."""
    return signed_logs(readable, presence).to_numpy(np.float32)
