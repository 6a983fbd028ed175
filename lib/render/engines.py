"""The book: rendered by Quarto where it is to be had, else by the portable renderer."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from lib.render.portable.qmd import ChapterError
from lib.storage import checkout

# pip's quarto-cli downloads the program from here when it is installed.
QUARTO = "quarto-cli==1.10.19"
_HUB = "https://github.com/quarto-dev/quarto-cli/releases"
_PROBE = f"import urllib.request as u; u.urlopen({_HUB!r}, timeout=8)"
_TRY_AGAIN = 7 * 24 * 3600


def render(chapter: str | None = None, encoders: str = "", root: Path | None = None, engine: str | None = None) -> int:
    """Render the book, or one chapter of it, and say where it is and what made it.

    Parameters
    ----------
    chapter
        A chapter's number or name: ``3``, ``03``, ``03-image-model``, ``chapters/03-image-model.qmd`` or ``index``.
    encoders
        What turned texts and photos into vectors, for the last line.
    root
        The project's folder; unless given, the checkout that this package lies in.
    engine
        ``"quarto"`` or ``"portable"``; by default Quarto where it is installed or can be.

    Returns
    -------
    int
        0, or the exit status of what failed. What is wrong is printed, not raised.
    """
    from lib.render.portable.book import render_portable
    from lib.render.portable.project import chapter_names, read_config

    start = time.monotonic()
    root = root or checkout()
    if root is None:
        print("There is no book to render: this package was installed without the project around it.", file=sys.stderr)
        return 1
    try:
        config = read_config(root)
        name = None if chapter is None else find_chapter(chapter, chapter_names(config))
        quarto = None if engine == "portable" else find_quarto()
        if engine == "quarto" and not quarto:
            raise ChapterError("Quarto is not installed: get it from quarto.org, or render with the portable engine")
        if quarto:
            made, status = "Quarto", _run_quarto(quarto, root, name)
            if status:
                print(f"Quarto stopped with exit status {status}; what it says is above.", file=sys.stderr)
                return status
            page = root / str(config.get("project", {}).get("output-dir") or "_book") / "index.html"
        else:
            made = "the portable renderer (Quarto is not installed)"
            print(f"Rendering {name or 'the book'} with {made}", flush=True)
            page = render_portable(root, name, lambda line: print(line, flush=True))
    except ChapterError as error:
        print(f"The book could not be rendered.\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    page = page.with_name("index.html") if name is None else page.parent / Path(name).with_suffix(".html")
    print(f"Read it: {os.path.relpath(page)}")
    print(f"Made by {made} in {time.monotonic() - start:.0f} s" + (f"; {encoders}" if encoders else ""))
    return 0


def find_chapter(asked: str, names: list[str]) -> str:
    """The source of a chapter by its number or its name.

    Raises
    ------
    ChapterError
        Where no chapter is called so; the message lists them.
    """
    for name in names:
        stem = Path(name).stem
        number = stem.partition("-")[0]
        same = number.isdigit() and asked.isdigit() and int(asked) == int(number)
        if same or asked in (name, stem, Path(name).name):
            return name
    known = ", ".join(Path(name).stem for name in names)
    raise ChapterError(f"Which chapter? {asked!r} is none of {known}. Try: make chapter N=03")


def find_quarto() -> str | None:
    """The Quarto program: on the PATH, in this environment, or put there by pip if its download is in reach.

    A failed try is remembered for a week in the file ``quarto-out-of-reach`` of the environment.
    """
    here = Path(sys.prefix) / ("Scripts" if os.name == "nt" else "bin")
    found = shutil.which("quarto") or shutil.which("quarto", path=str(here))
    if found or sys.prefix == sys.base_prefix:
        return found
    stamp = Path(sys.prefix) / "quarto-out-of-reach"
    if stamp.exists() and time.time() - stamp.stat().st_mtime < _TRY_AGAIN:
        return None
    print("Quarto is not installed; trying to get it", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", QUARTO]
    if _quietly([sys.executable, "-c", _PROBE], 12) and _quietly(pip, 600):
        found = shutil.which("quarto", path=str(here))
        if found and _quietly([found, "--version"], 60):
            return found
    stamp.write_text("Remove this file to try again to install Quarto.\n", encoding="utf-8")
    return None


def _quietly(command: list[str], seconds: float) -> bool:
    """Whether a command succeeds within some seconds; it and its children are ended when they don't."""
    silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, start_new_session=True, **silent) as process:
        try:
            return process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            if process.poll() is None:
                if hasattr(os, "killpg"):
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()


def _run_quarto(quarto: str, root: Path, name: str | None) -> int:
    command = [quarto, "render", *([name] if name else [])]
    environment = {**os.environ, "QUARTO_PYTHON": sys.executable}
    return subprocess.run(command, cwd=root, env=environment).returncode
