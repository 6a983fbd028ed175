"""Posts: read a table and check it, clean texts and decode photos, find duplicates, split.

Read in this order: ``activities`` (what a viewer can do), ``table`` (any table, with ``packed``: what a file is,
``charsets``: which encoding it has, ``parquet``, ``paths``: folders and patterns of tables, and ``refusals``), ``read``
(a table of posts, or several), ``text`` and ``photo`` (from an untrusted field to what a reader sees), ``duplicates``
and ``split``. Then ``check`` and ``describe`` (findings about a table), ``drafts`` (posts without counts),
``published`` (figures of the original data) and ``languages`` (phrases in English and Russian).

Examples
--------
>>> clean_text("Доброе утро&#33;<br>[id1|Павел] &amp; Ко")
'Доброе утро!\\nПавел & Ко'
>>> ACTIVITIES
('like', 'comment', 'hide', 'expand', 'open_photo', 'open', 'share_to_message')
"""

from __future__ import annotations

from lib.posts.activities import ACTIVITIES, ACTIVITY, ACTIVITY_NAMES, Activity, counts, parse_weights
from lib.posts.check import Findings, check_posts, write_rejected
from lib.posts.describe import count_table, rate_table
from lib.posts.drafts import read_drafts, read_photo
from lib.posts.duplicates import find_duplicates
from lib.posts.languages import LANGUAGES, Language, Phrase, language_of
from lib.posts.packed import start_of
from lib.posts.paths import is_many, named_after, tables
from lib.posts.photo import MAX_BYTES, PhotoError, decode_photo, map_photos, open_photo
from lib.posts.published import facts
from lib.posts.read import ABSENT, COLUMNS, CONTEXT, read_count, read_posts, read_time
from lib.posts.refusals import PostsError, printable, quoted
from lib.posts.split import (
    MIN_POSTS,
    MIN_POSTS_WITH_ONE,
    RANDOM,
    SPLITS,
    Split,
    modellable,
    posts_with_one,
    refusal,
    set_aside,
    split_posts,
)
from lib.posts.table import Table, read_table
from lib.posts.text import CLEANING, as_html, clean_bytes, clean_text, decode_text

__all__ = [
    "ABSENT",
    "ACTIVITIES",
    "ACTIVITY",
    "ACTIVITY_NAMES",
    "CLEANING",
    "COLUMNS",
    "CONTEXT",
    "LANGUAGES",
    "MAX_BYTES",
    "MIN_POSTS",
    "MIN_POSTS_WITH_ONE",
    "RANDOM",
    "SPLITS",
    "Activity",
    "Findings",
    "Language",
    "PhotoError",
    "Phrase",
    "PostsError",
    "Split",
    "Table",
    "as_html",
    "check_posts",
    "clean_bytes",
    "clean_text",
    "count_table",
    "counts",
    "decode_photo",
    "decode_text",
    "facts",
    "find_duplicates",
    "is_many",
    "language_of",
    "map_photos",
    "modellable",
    "named_after",
    "open_photo",
    "parse_weights",
    "posts_with_one",
    "printable",
    "quoted",
    "rate_table",
    "read_count",
    "read_drafts",
    "read_photo",
    "read_posts",
    "read_table",
    "read_time",
    "refusal",
    "set_aside",
    "split_posts",
    "start_of",
    "tables",
    "write_rejected",
]
