"""Folders of the project. The environment is read at each call, not at import."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

PACKAGE = Path(__file__).resolve().parents[1]


def checkout() -> Path | None:
    """The project's folder, or None if the package is installed outside a checkout."""
    return PACKAGE.parent if (PACKAGE.parent / "_quarto.yml").is_file() else None


def home() -> Path:
    """The one folder under which the library writes.

    The environment variable ``VIEW_TO_ACTION_HOME`` names the folder. Without the variable the folder is the checkout,
    or the user's cache folder if there is no checkout.
    """
    named = os.environ.get("VIEW_TO_ACTION_HOME")
    return Path(named) if named else checkout() or platformdirs.user_cache_path("view-to-action")


def cache_folder() -> Path:
    """Computed results; the folder can be deleted at any time."""
    return home() / "data" / "cache"


def vectors_folder() -> Path:
    """Vectors of texts and photos."""
    return cache_folder() / "vectors"


def model_folder() -> Path:
    """The saved model of the best forecast, and the draft scorer."""
    return home() / "data" / "model"


def default_posts() -> Path:
    """The table of real posts. A report uses it if it exists."""
    return home() / "data" / "post2ctr_dataset.csv"


def real_figures() -> Path:
    """Figures of the user's own files of real posts and tests, from the command ``real``."""
    return home() / "data" / "real.json"
