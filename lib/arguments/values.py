"""What the values of arguments mean: each function reads one, and says in one line why it can't."""

from __future__ import annotations

import argparse
from pathlib import Path

from lib.arguments.parser import meant
from lib.posts import ACTIVITY_NAMES, parse_weights, quoted

MOST_SEED = 2**32 - 1


def as_path(given: str) -> Path:
    """The name of a file."""
    if not given.strip() or "\0" in given:
        raise argparse.ArgumentTypeError("it is empty; give the name of a file")
    return Path(given)


def as_text(given: str) -> str:
    """A text in UTF-8."""
    try:
        given.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("the text is not in UTF-8; use a terminal in UTF-8") from None
    return given


def as_goal(given: str) -> str:
    """The id of an activity, from one of its names."""
    return _named(given, ACTIVITY_NAMES)


def as_lever(given: str) -> str:
    """The id of a lever, from one of its names."""
    from lib.report import LEVER_NAMES

    return _named(given, LEVER_NAMES)


def _named(given: str, ids: dict[str, str]) -> str:
    """The id of what is given by one of its names in lower case."""
    found = ids.get(given.strip().casefold())
    if found is None:
        known = ", ".join(dict.fromkeys(ids.values()))
        raise argparse.ArgumentTypeError(f"{quoted(given)} is not one of {known}{meant(given.casefold(), ids)}")
    return found


def as_percent(given: str) -> float:
    """A relative change, from one in percent."""
    try:
        value = float(given.strip().removesuffix("%").replace(",", ".")) / 100
    except ValueError:
        value = 0.0
    if not (-1 < value <= 100 and value):
        raise argparse.ArgumentTypeError(f"{quoted(given)} is not a change in percent, such as 20% or -20%")
    return value


def as_value(given: str) -> dict[str, float]:
    """Activity to weight."""
    try:
        return parse_weights(given)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def as_size(given: str) -> int:
    """A number of posts."""
    from lib.simulation import MOST_POSTS

    return as_whole(given, 1, MOST_POSTS)


def as_seed(given: str) -> int:
    """A seed."""
    return as_whole(given, 0, MOST_SEED)


def as_whole(given: str, least: int, most: int) -> int:
    """A whole number between two others."""
    try:
        value = int(given)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{quoted(given)} is not a whole number from {least} to {most}")
    return value


def as_world(given: str) -> str:
    """The name of a world of the simulated feed."""
    from lib.simulation import WORLDS

    return _named(given, {world: world for world in WORLDS})


def as_chapter(given: str) -> str:
    """A number or file of a chapter."""
    from lib.render import ChapterError, check_chapter

    try:
        check_chapter(given)
    except ChapterError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None
    return given
