"""TODO"""

from __future__ import annotations

from lib.features.blocks import as_block, present
from lib.features.design import ROWS_PER_COMPONENT, Design, Features
from lib.features.levers import COLUMNS, LEVERS, Change, Ends, changes, lever_columns
from lib.features.photo import photo_features
from lib.features.text import text_features
from lib.features.topics import Subject, find_subject
from lib.features.words import Words
