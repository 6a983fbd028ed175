"""The error for a table of posts that can't be used, and text of unknown origin in a message."""

from __future__ import annotations

from pathlib import Path


class PostsError(ValueError):
    """A table of posts can't be used; the message is one line that says which, why, and what to do."""


def printable(text: str, limit: int | None = 80) -> str:
    """The first characters of a text; U+FFFD replaces characters that could control a terminal."""
    return "".join(c if c.isprintable() else "�" for c in text[:limit])


def quoted(text: str) -> str:
    """The first characters of a text in quotation marks, for an error message."""
    return f"“{printable(text)}”"


def row_list(numbers: list[int], shown: int = 5) -> str:
    """ "row 3", or "rows 3, 7, 9"; of more than ``shown`` rows the first, and how many more."""
    listed = ", ".join(map(str, numbers[:shown])) + (f" and {len(numbers) - shown:,} more" if numbers[shown:] else "")
    return f"row{'s' if len(numbers) > 1 else ''} {listed}"


def nul_message(path: Path, numbers: list[int]) -> str:
    """The error message for a table with NUL characters in these rows."""
    return (
        f"{path} has NUL characters in {row_list(numbers)}. A text has none: the file was damaged, or a program wrote "
        "it wrongly. Export it again."
    )
