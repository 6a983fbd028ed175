"""The words on photos, read by Tesseract where it is installed with its Russian data."""

from __future__ import annotations

import functools
import io
import os
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import joblib
from tqdm import tqdm

from lib.posts import PhotoError, open_photo

LANGUAGE, SCATTERED = "rus", "11"  # the words may stand anywhere on a photo
PATIENCE = 30  # seconds for a photo; more says that something is wrong


@functools.cache
def reader() -> str:
    """The name and version of the program that reads words; "" if it or its Russian data isn't installed."""
    try:
        version, languages = (_said(["tesseract", option]).split("\n") for option in ("--version", "--list-langs"))
    except (OSError, subprocess.SubprocessError):
        return ""
    return version[0] if LANGUAGE in languages else ""


def read_words(photos: Iterable[bytes | None]) -> list[str]:
    """The words on each photo, "" where there are none or there is no photo that can be opened.

    Raises
    ------
    OSError
        If Tesseract isn't installed: see :func:`reader`.
    """
    photos = list(photos)
    with ThreadPoolExecutor(joblib.cpu_count()) as pool:
        found = pool.map(_read, photos)
        return list(tqdm(found, desc="Reading photos", unit=" photos", total=len(photos), delay=2, disable=None))


def _read(photo: bytes | None) -> str:
    image = io.BytesIO()
    try:
        if photo is None:
            return ""
        open_photo(photo).pixels.save(image, "PPM")
        found = _said(["tesseract", "stdin", "stdout", "-l", LANGUAGE, "--psm", SCATTERED], image.getvalue())
    except (PhotoError, subprocess.SubprocessError):
        return ""
    return " ".join(found.split())


def _said(command: list[str], given: bytes = b"") -> str:
    """What a program prints. Each has one thread: several photos are read at once."""
    one = os.environ | {"OMP_THREAD_LIMIT": "1"}
    done = subprocess.run(
        command, input=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=one, timeout=PATIENCE, check=True
    )
    return done.stdout.decode("utf-8", "replace")
