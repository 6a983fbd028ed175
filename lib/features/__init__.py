"""Features: a post as numbers, for the models and for the advice.

Read in this order: ``text`` and ``photo`` (readable features), ``words`` (components of a text's words), ``blocks``
(all blocks of features, from one function), ``design`` (blocks as the columns of a regression). For the advice:
``style`` (how a text is worded), ``levers`` (what an author controls), ``topics`` and ``controls`` (what effects are
adjusted for).

Examples
--------
>>> features = text_features(["Кто сегодня играет? Пишите!", ""])
>>> features[["has_text", "words", "question", "call_to_action"]].astype(int).to_numpy().tolist()
[[1, 4, 1, 1], [0, 0, 0, 0]]
"""

from __future__ import annotations

from lib.features.blocks import block_makers, make_blocks, readable_features
from lib.features.controls import Controls, find_controls
from lib.features.design import (
    BLOCKS,
    PHOTO_BLOCKS,
    ROWS_PER_COMPONENT,
    TEXT_BLOCKS,
    Design,
    Features,
    present,
)
from lib.features.levers import LEVERS, PROPERTIES, Contrast, FromTo, contrasts, property_values
from lib.features.photo import colourfulness, photo_features
from lib.features.style import style_features
from lib.features.text import text_features
from lib.features.words import Words

__all__ = [
    "BLOCKS",
    "LEVERS",
    "PHOTO_BLOCKS",
    "PROPERTIES",
    "ROWS_PER_COMPONENT",
    "TEXT_BLOCKS",
    "Contrast",
    "Controls",
    "Design",
    "Features",
    "FromTo",
    "Words",
    "block_makers",
    "colourfulness",
    "contrasts",
    "find_controls",
    "make_blocks",
    "photo_features",
    "present",
    "property_values",
    "readable_features",
    "style_features",
    "text_features",
]
