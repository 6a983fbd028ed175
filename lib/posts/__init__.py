"""TODO"""

from __future__ import annotations

from lib.posts.activities import ACTIVITIES, DONE, GOALS, LABELS, counts
from lib.posts.check import write_rejected
from lib.posts.drafts import read_drafts
from lib.posts.duplicates import find_duplicates
from lib.posts.photo import PhotoError, _open, _orientation, _pixels, decode_photo
from lib.posts.published import facts
from lib.posts.read import COLUMNS, PostsError, read_posts
from lib.posts.split import Split, split_posts
from lib.posts.text import _NAMED_LINK, _SPACES, _decode, _tidy, as_html, clean_text
