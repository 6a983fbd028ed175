"""Published figures of the original data."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path


@cache
def facts() -> dict:
    """The published figures: the content of ``vk_feed_facts.json``."""
    with open(Path(__file__).with_name("vk_feed_facts.json"), encoding="utf-8") as file:
        return json.load(file)
