"""Arguments that several commands have."""

from __future__ import annotations

import argparse
from functools import partial

from lib.arguments.values import as_text, as_whole


def name_columns(command: argparse.ArgumentParser) -> None:
    """Which columns of a feed hold the group and the time of a post."""
    for name, what in {"group": "group of a post, such as a community", "time": "date of a post"}.items():
        says = f"the column with the {what} (default: {name}, if there is one)"
        command.add_argument(f"--{name}", type=as_text, metavar="NAME", help=says)


def name_engine(command: argparse.ArgumentParser) -> None:
    """What works on many tables."""
    command.add_argument("--workers", type=partial(as_whole, least=1, most=10_000), help="(default: one for each core)")
    command.add_argument("--engine", choices=("pool", "ray"), help="processes of this machine, or a Ray cluster")
    command.add_argument("--address", type=as_text, help="of a running Ray cluster (default: this machine alone)")
    command.add_argument("--gpus", type=partial(as_whole, least=0, most=64), help="of each worker on a Ray cluster")
