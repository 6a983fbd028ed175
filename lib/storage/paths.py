"""Where things lie, looked up when they are asked for."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

PACKAGE = Path(__file__).resolve().parents[1]


def checkout() -> Path | None:
    """The project's folder, if the package lies in a checkout of it."""
    return PACKAGE.parent if (PACKAGE.parent / "_quarto.yml").is_file() else None


def home() -> Path:
    """The one folder under which the library writes.

    The variable ``VIEW_TO_ACTION_HOME`` names it; else it is the checkout, or for an installed package the user's
    cache folder.
    """
    named = os.environ.get("VIEW_TO_ACTION_HOME")
    return Path(named) if named else checkout() or platformdirs.user_cache_path("view-to-action")


def cache_folder() -> Path:
    """Where computed results are kept; it can be deleted at any time."""
    return home() / "data" / "cache"


def vectors_folder() -> Path:
    """Where the vectors of texts and photos are kept."""
    return cache_folder() / "vectors"


def model_folder() -> Path:
    """Where a report leaves its best forecast and its advice."""
    return home() / "data" / "model"


def default_posts() -> Path:
    """The table of real posts that is used if it is there."""
    return home() / "data" / "post2ctr_dataset.csv"
