"""Where a report's time goes: every step and chapter, cold (nothing kept), warm (all results kept, but no page), and
the whole once more where nothing changed.

    python bench/report.py                            the default feed of 4,000 simulated posts
    python bench/report.py --posts 23527              as many as the assignment's feed
    python bench/report.py --posts 41000 --no-photos  texts alone

Slow steps run side by side, and so do chapters: the seconds of a column add up to more than its whole. The book of this
checkout is rendered anew, the results go to a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
STEP = re.compile(r"  (.+?)(?: +(\d+) cells)? +(\d+\.\d) s")


def lib(*arguments: str, **environment: str) -> str:
    """What a command of the library prints."""
    command = [sys.executable, "-m", "lib", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"`{' '.join(command)}` stopped with exit status {done.returncode}.")
    return done.stdout


def seconds(**environment: str) -> dict[str, float]:
    """The wall seconds of each step of a report, by its words, and of the whole."""
    start = time.monotonic()
    steps = {
        found[1]: float(found[3]) for found in map(STEP.fullmatch, lib("render", **environment).splitlines()) if found
    }
    return steps | {"the whole report": time.monotonic() - start}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=4000, help="size of the simulated feed")
    parser.add_argument("--no-photos", action="store_true", help="a feed of texts alone, read from a file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        feed = {"VIEW_TO_ACTION_HOME": home, "FEED_ROWS": str(options.posts)}
        if options.no_photos:
            path = str(Path(home, "posts.csv"))
            lib("simulate", "--posts", str(options.posts), "--no-photos", "--out", path)
            feed = {"VIEW_TO_ACTION_HOME": home, "POSTS": path}
        cold = seconds(**feed)
        shutil.rmtree(ROOT / ".portable", ignore_errors=True)
        for done in Path(home, "data/cache").glob("prepared-*"):
            done.unlink()
        warm, again = seconds(**feed), seconds(**feed)
    print(f"{'wall seconds':<42} {'cold':>8} {'warm':>8}")
    for step in sorted(cold, key=lambda step: -cold[step]):
        print(f"{step:<42} {cold[step]:>8.1f} {warm[step]:>8.1f}")
    print(f"Nothing changed: {again['the whole report']:.1f} s")


if __name__ == "__main__":
    main()
