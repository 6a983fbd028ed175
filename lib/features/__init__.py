"""Features: a post as numbers, for the models and for the advice.

Read in this order: ``text`` and ``photo`` (readable features), ``words`` (components of a text's words), ``page``
(blocks that a page can compute), ``blocks`` (all other blocks of features, from one function), ``conditions`` (of posts
for which an activity may be impossible), ``context`` (group and date of a post), ``design`` (blocks as the columns of a
regression). For the advice: ``style`` (how a text is worded), ``levers`` (what an author controls), ``topic_rule`` (the
topic of a text from its stems), ``topic_names``, ``topics`` (the topics of a feed) and ``controls`` (what effects are
adjusted for). ``reading`` has the rules for a page that reads drafts itself, ``lettering`` reads the words on photos.

Examples
--------
>>> features = text_features(["Кто сегодня играет? Пишите!", ""])
>>> features[["has_text", "words", "question", "call_to_action"]].astype(int).to_numpy().tolist()
[[1, 4, 1, 1], [0, 0, 0, 0]]
"""

from __future__ import annotations

from lib.features.blocks import block_makers, make_blocks, readable_features
from lib.features.conditions import CONDITIONS, READABLE_BLOCKS, STRIP, conditions_met
from lib.features.context import LEAST_IN_CONTROLS, group_names, known_groups
from lib.features.controls import Controls, find_controls
from lib.features.design import (
    BLOCKS,
    CONTEXT_BLOCKS,
    PAGE_BLOCKS,
    PHOTO_BLOCKS,
    ROWS_PER_COMPONENT,
    TEXT_BLOCKS,
    Design,
    Features,
    present,
)
from lib.features.lettering import read_words, reader
from lib.features.levers import LEVERS, PROPERTIES, Contrast, FromTo, contrasts, property_values
from lib.features.page import PAGE_PHOTO, PAGE_TEXT, PageWords, page_blocks
from lib.features.photo import colourfulness, photo_features
from lib.features.reading import page_rules
from lib.features.style import style_features
from lib.features.text import text_features
from lib.features.topic_rule import TopicRule
from lib.features.words import Words, terms_of

__all__ = [
    "BLOCKS",
    "CONDITIONS",
    "CONTEXT_BLOCKS",
    "LEAST_IN_CONTROLS",
    "LEVERS",
    "PAGE_BLOCKS",
    "PAGE_PHOTO",
    "PAGE_TEXT",
    "PHOTO_BLOCKS",
    "PROPERTIES",
    "READABLE_BLOCKS",
    "ROWS_PER_COMPONENT",
    "STRIP",
    "TEXT_BLOCKS",
    "Contrast",
    "Controls",
    "Design",
    "Features",
    "FromTo",
    "PageWords",
    "TopicRule",
    "Words",
    "block_makers",
    "colourfulness",
    "conditions_met",
    "contrasts",
    "find_controls",
    "group_names",
    "known_groups",
    "make_blocks",
    "page_blocks",
    "page_rules",
    "photo_features",
    "present",
    "property_values",
    "read_words",
    "readable_features",
    "reader",
    "style_features",
    "terms_of",
    "text_features",
]
