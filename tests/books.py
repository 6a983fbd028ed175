"""Whole books, rendered in a copy of the project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def copy_project(folder):
    """A copy of the project in which a render leaves no trace in this one, with what is compiled already."""
    shutil.copytree(ROOT, folder, dirs_exist_ok=True, ignore=_not_needed)
    return folder


def _not_needed(folder, names):
    return {n for n in names if n.startswith((".", "_book")) or n in ("tests", "bench", "cache")}


def render(project, *arguments, **variables):
    dropped = ("POSTS", "FEED_ROWS", "FEED_WORLD", "VIEW_TO_ACTION_HOME", "REFERENCE", "TRAIN", "OCR")
    environment = {k: v for k, v in os.environ.items() if k not in dropped} | variables
    code = (
        "import sys; from lib.__main__ import main; from lib.render import engines;"
        "engines.find_quarto = lambda: None; sys.exit(main())"
    )
    command = [sys.executable, "-c", code, "render", *arguments]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
