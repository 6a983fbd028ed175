"""What a page depends on beside its own source, so that a page that would come out the same isn't made again."""

from __future__ import annotations

import os
import platform
from importlib.metadata import distributions
from pathlib import Path

import joblib

from lib.embedding import rivals
from lib.features import reader
from lib.storage import PACKAGE, checkout, digest, real_figures
from lib.study.study import Study

# The settings of a report.
VARIABLES = (
    "DEVICE",
    "FEED_ROWS",
    "FEED_WORLD",
    "OCR",
    "PHOTO_RIVALS",
    "POSTS",
    "POSTS_GROUP",
    "POSTS_TIME",
    "REFERENCE",
    "SHOW_POSTS",
    "TEXT_RIVALS",
    "TRAIN",
    "VIEW_TO_ACTION_HOME",
)
_READ = ("assets", "bench/results", "lib")  # folders of the project that pages and the library read


def page_inputs(study: Study, root: Path | None = None) -> str:
    """Digest of the posts, the settings, the encoders, the installed packages and programs, the machine, the user's own
    figures of real posts, and the files of a project that pages and the library read.

    Parameters
    ----------
    root
        The project's folder; by default the checkout that contains this package, or the package alone.
    """
    root, figures = root or checkout() or PACKAGE.parent, real_figures()
    return digest(
        study.data_key,
        [os.environ.get(name) or "" for name in VARIABLES],
        _encoders(study),
        os.environ.get("OCR") and reader(),
        sorted(f"{of.name} {of.version}" for of in distributions()),
        [platform.python_version(), platform.node(), joblib.cpu_count()],
        figures.read_bytes() if figures.exists() else None,
        *(part for path in _files(root) for part in (str(path.relative_to(root)), path.read_bytes())),
    )


def _encoders(study: Study) -> list[str] | str:
    """The encoders that pages name and what they run on, or why there are none: the page that needs them fails."""
    try:
        found = [encoder for kind in ("text", "photo") for encoder in (study.encoders[kind], *rivals(kind))]
        return [f"{encoder.fingerprint()} on {encoder.device('auto')}" for encoder in found]
    except Exception as error:
        return repr(error)


def _files(root: Path) -> list[Path]:
    found = (path for folder in _READ for path in (root / folder).rglob("*") if path.is_file())
    return sorted(path for path in found if "__pycache__" not in path.parts and not path.name.startswith("."))
