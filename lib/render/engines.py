"""Render the book with Quarto if it is installed or can be installed, else with the portable renderer."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lib.render.portable.qmd import ChapterError
from lib.storage import FileError, check_target, checkout, reason

# The package quarto-cli downloads the program from _HUB while pip installs it.
QUARTO = "quarto-cli==1.10.19"
_HUB = "https://github.com/quarto-dev/quarto-cli/releases"
_PROBE = f"import urllib.request as u; u.urlopen({_HUB!r}, timeout=8)"
_TRY_AGAIN = 7 * 24 * 3600


def render(
    chapter: str | None = None,
    encoders: str = "",
    root: Path | None = None,
    engine: str | None = None,
    inputs: Callable[[], str] | None = None,
) -> int:
    """Render the book or one chapter, then print where the page is and which engine made it.

    Parameters
    ----------
    chapter
        A chapter's number or name: ``3``, ``03``, ``03-image-model``, ``chapters/03-image-model.qmd`` or ``index``.
    encoders
        Names of the encoders that made the vectors; the last printed line shows them.
    root
        The project's folder; by default the checkout that contains this package.
    engine
        ``"quarto"`` or ``"portable"``; by default Quarto if it is installed or can be installed.
    inputs
        Returns a digest of all that pages depend on beside their sources. With the portable engine, a page of the whole
        book whose last run had the same source and inputs isn't run again.

    Returns
    -------
    int
        The exit status: 0 for success. Errors of the book are printed, not raised.
    """
    from lib.render.portable.book import render_portable
    from lib.render.portable.project import chapter_names, output_folder, read_config

    start = time.monotonic()
    root = root or checkout()
    if root is None:
        print("There is no book to render: this package was installed without the project around it.", file=sys.stderr)
        return 1
    try:
        config = read_config(root)
        output = output_folder(root, config)
        if output.exists():
            check_target(output / "index.html")  # now rather than after an hour
        name = None if chapter is None else find_chapter(chapter, chapter_names(config))
        quarto = None if engine == "portable" else find_quarto()
        if engine == "quarto" and not quarto:
            raise ChapterError("Quarto is not installed: get it from quarto.org, or render with the portable engine")
        if quarto and (name is None or _known_to_quarto(root, chapter_names(config))):
            made, status = "Quarto", _run_quarto(quarto, root, name)
            if status:
                print(f"Quarto stopped with exit status {status}; its messages are above.", file=sys.stderr)
                return status
        else:
            why = "Quarto can render one chapter after the whole book" if quarto else "Quarto is not installed"
            made = f"the portable renderer ({why})"
            print(f"Rendering {name or 'the book'} with {made}", flush=True)
            status = _run_commands(config, "pre-render", root, output, whole=name is None)
            if not status:
                render_portable(root, name, _say, None if name else inputs)
                status = _run_commands(config, "post-render", root, output, whole=name is None)
            if status:
                return status
    except ChapterError as error:
        print(f"The book could not be rendered.\n{error}", file=sys.stderr)
        return 1
    except FileError as error:
        print(f"The book could not be rendered. {error}", file=sys.stderr)
        return 1
    except OSError as error:
        place = f" in {os.path.relpath(error.filename)}" if isinstance(error.filename, str) else ""
        print(f"The book could not be rendered{place}: {reason(error)}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    page = output / Path(name or "index.qmd").with_suffix(".html")
    print(f"Read it: {os.path.relpath(page)}")
    print(f"Made by {made} in {time.monotonic() - start:.0f} s" + (f"; {encoders}" if encoders else ""))
    return 0


def _say(line: str) -> None:
    print(f"{line}\n", end="", flush=True)  # in one piece: chapters run side by side


def find_chapter(asked: str, names: list[str]) -> str:
    """The source file of the chapter with a given number or name.

    Raises
    ------
    ChapterError
        If no chapter has this number or name; the message lists the chapters.
    """
    for name in names:
        stem = Path(name).stem
        number = stem.partition("-")[0]
        same = number.isdigit() and asked.isdigit() and int(asked) == int(number)
        if same or asked in (name, stem, Path(name).name):
            return name
    known = ", ".join(Path(name).stem for name in names)
    raise ChapterError(f"There is no chapter {asked!r}; the chapters are {known}. Try: make chapter N=03")


def check_chapter(asked: str, root: Path | None = None) -> None:
    """Refuse a chapter that is not in the book.

    Parameters
    ----------
    root
        The project's folder; by default the checkout that contains this package. Without one, nothing is checked.

    Raises
    ------
    ChapterError
        As from :func:`find_chapter`, or if the book's settings can't be read.
    """
    from lib.render.portable.project import chapter_names, read_config

    root = root or checkout()
    if root is not None:
        find_chapter(asked, chapter_names(read_config(root)))


def find_quarto() -> str | None:
    """The path of the Quarto program, from the PATH or from this virtual environment; None if there is none.

    A virtual environment without Quarto gets it from pip if the download can be reached. After a failure the file
    ``quarto-out-of-reach`` in the environment prevents another attempt for a week.
    """
    here = Path(sys.prefix) / ("Scripts" if os.name == "nt" else "bin")
    found = shutil.which("quarto") or shutil.which("quarto", path=str(here))
    if found or sys.prefix == sys.base_prefix:
        return found
    stamp = Path(sys.prefix) / "quarto-out-of-reach"
    if stamp.exists() and time.time() - stamp.stat().st_mtime < _TRY_AGAIN:
        return None
    print("Quarto is not installed; trying to install it", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", QUARTO]
    if _quietly([sys.executable, "-c", _PROBE], 12) and _quietly(pip, 600):
        found = shutil.which("quarto", path=str(here))
        if found and _quietly([found, "--version"], 60):
            return found
    with suppress(OSError):  # the environment is read-only
        stamp.write_text("Remove this file to try again to install Quarto.\n", encoding="utf-8")
    return None


def _quietly(command: list[str], seconds: float) -> bool:
    """Whether a command succeeds in time; if time runs out, the command and its children are killed."""
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


def _known_to_quarto(root: Path, names: list[str]) -> bool:
    """Whether Quarto has rendered all chapters. One chapter's references into others need their labels."""
    index = root / ".quarto" / "xref" / "INDEX"
    return index.is_file() and all(f'"{name}"' in index.read_text(encoding="utf-8") for name in names)


def _run_quarto(quarto: str, root: Path, name: str | None) -> int:
    command = [quarto, "render", *([name] if name else [])]
    return subprocess.run(command, cwd=root, env={**_environment(), "QUARTO_PYTHON": sys.executable}).returncode


def _run_commands(config: dict, when: str, root: Path, output: Path, whole: bool) -> int:
    """Run a project's commands with the variables that Quarto gives them; the first exit status that isn't 0."""
    from lib.render.portable.project import render_commands

    environment = _environment() | {"QUARTO_PROJECT_OUTPUT_DIR": str(output.resolve())}
    if whole:
        environment["QUARTO_PROJECT_RENDER_ALL"] = "1"
    for command in render_commands(config, when):
        try:
            status = subprocess.run(shlex.split(command), cwd=root, env=environment).returncode
        except FileNotFoundError:
            raise ChapterError(f"_quarto.yml: {when}: there is no program to run {command!r}") from None
        if status:
            print(f"`{command}` stopped with exit status {status}; its messages are above.", file=sys.stderr)
            return status
    return 0


def _environment() -> dict[str, str]:
    """The variables of this process, with a path on which `python` is this Python."""
    here = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": os.pathsep.join([here, os.environ.get("PATH", os.defpath)])}
