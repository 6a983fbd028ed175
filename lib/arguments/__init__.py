"""Arguments: what the command line accepts, and what it says of the rest.

Read in this order: ``parser`` (errors in one line that tells the way out), ``values`` (numbers, names and files) and
``groups`` (arguments that several commands have).

Examples
--------
>>> as_goal("комментарии"), as_percent("20 %")
('comment', 0.2)
"""

from __future__ import annotations

from lib.arguments.groups import name_columns, name_engine
from lib.arguments.parser import Parser, shown, unknown
from lib.arguments.values import (
    as_chapter,
    as_goal,
    as_lever,
    as_path,
    as_percent,
    as_seed,
    as_size,
    as_text,
    as_value,
    as_whole,
    as_world,
)

__all__ = [
    "Parser",
    "as_chapter",
    "as_goal",
    "as_lever",
    "as_path",
    "as_percent",
    "as_seed",
    "as_size",
    "as_text",
    "as_value",
    "as_whole",
    "as_world",
    "name_columns",
    "name_engine",
    "shown",
    "unknown",
]
