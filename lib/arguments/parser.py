"""A parser whose errors are one line that tells the way out."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable
from typing import Any, NoReturn

from lib.posts import printable, quoted


def shown(text: object) -> str:
    """A text in one line that can't control a terminal: the name of a file can hold anything."""
    return printable(str(text), len(str(text)))


def meant(given: str, known: Iterable[str]) -> str:
    """The known word that is most like what is given, as a question in brackets; "" if none is like it."""
    near = difflib.get_close_matches(given, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def unknown(parser: argparse.ArgumentParser, given: str) -> str:
    """What is wrong with an argument that a parser doesn't know."""
    if not given.startswith("-"):
        return f"{quoted(given)} is one argument too many; put quotes around a name or a text with spaces"
    option = given.partition("=")[0]
    known = [name for action in parser._actions for name in action.option_strings]
    return f"there is no option {quoted(option)}{meant(option, known)}"


class _Once(argparse.Action):
    """Store the value of an option, and refuse a second one."""

    def __call__(self, parser, namespace, values, option_string=None):
        if getattr(namespace, self.dest, None) is not None:
            raise argparse.ArgumentError(self, "it is given twice; give it once")
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, with the right form of the command, and whose help ends with an example."""

    def __init__(self, example: str = "", **settings: Any) -> None:
        layout = argparse.RawDescriptionHelpFormatter  # doesn't break the line of the example
        super().__init__(**settings, epilog=f"example: {example}", formatter_class=layout)
        self.color = False  # for Python 3.14: the error holds the usage
        self.register("action", None, _Once)

    def error(self, message: str) -> NoReturn:
        form = " ".join(self.format_usage().split()).removeprefix("usage: ").replace(" [-h]", "")
        if message.endswith("expected one argument"):
            message += " (one that begins with a dash is written --option=-value)"
        self.exit(2, f"error: {shown(message)}. The right form is {form}\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            near = meant(value, action.choices)
            raise argparse.ArgumentError(action, f"{quoted(value)} is not one of {', '.join(action.choices)}{near}")
