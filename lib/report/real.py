"""Figures of real posts and of randomised tests, which can't be shipped themselves: stored ones, and those made here.

A table of posts becomes a study like that of any feed. A table of tests gives the figures of
:func:`lib.advice.figures_of_tests`. Figures hold no text and no photo.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from tqdm import tqdm

from lib import __version__
from lib.advice import DRAWS, experiment_figures, figures_of_tests, has_tests, read_tests
from lib.embedding import text_encoder
from lib.models import Interval, auc
from lib.posts import PostsError, printable, refusal, tables
from lib.report.numbers import count, interval, label_of, pct
from lib.storage import (
    cache_folder,
    cached,
    check_target,
    code_digest,
    digest,
    make_folder,
    real_figures,
    vectors_folder,
    write_whole,
)
from lib.study import Study, departures, open_study, scores

FORMAT = 1
STORED, KNOWN = (Path(__file__).with_name(name) for name in ("real_posts.json", "known_files.toml"))
COMMAND = "make real DATA=folder"
State = Literal["stored", "recomputed", "yours"]


def real_files(kind: str) -> list[dict[str, Any]]:
    """The files whose figures are known: those stored with the project, then the user's others.

    Parameters
    ----------
    kind
        "posts" or "tests".

    Returns
    -------
    Figures from :func:`file_figures` with ``state``: "stored"; "recomputed", where the user's last run had the same
    file; "yours", any other file of that run. A file that the project describes has ``description``, ``language``,
    ``source``, ``access`` and perhaps ``doi``.

    Raises
    ------
    ValueError
        If the user's figures were written by another version.
    """
    stored = [*_read(STORED), {"kind": "tests"} | experiment_figures()]
    known = tomllib.loads(KNOWN.read_text(encoding="utf-8"))
    return [found | known.get(found["sha256"], {}) for found in merged(stored, _read(real_figures()), kind)]


def merged(stored: Iterable[dict], own: Iterable[dict], kind: str) -> list[dict[str, Any]]:
    """Stored figures of one kind, each replaced by the user's own of the same file, and then the user's others."""
    own = {found["sha256"]: found | {"state": "yours"} for found in own if found["kind"] == kind}
    stored = [found | {"state": "stored"} for found in stored if found["kind"] == kind]
    of_both = [own.pop(found["sha256"], None) or found for found in stored]
    return [found | {"state": found["state"].replace("yours", "recomputed")} for found in of_both] + list(own.values())


def compute_folder(folder: Path, out: Path | None, say: Callable[[str], None]) -> int:
    """Compute the figures of every table in a folder, write them whole, and return how many tables failed.

    Parameters
    ----------
    folder
        Or one table, or a pattern.
    out
        The JSON file to write; by default :func:`lib.storage.real_figures`, which chapter 7 reads.
    say
        Is given a line before and after each table; that of a failed one says why.

    Raises
    ------
    PostsError
        If there is no such folder or table, no table in it, or none that can be used.
    FileError
        If the file can't be written.
    """
    paths = tables([folder])
    if out is None:
        make_folder(real_figures().parent)
    check_target(out or real_figures(), paths)
    found = []
    for number, path in enumerate(paths, 1):
        say(f"{number} of {len(paths)}: {path.name}")
        try:
            found.append(file_figures(path))
        except (ValueError, OSError) as error:
            why = str(error).removeprefix(str(path)).lstrip(": ")
            say(f"{path.name} is left out: {why}")
        else:
            say(f"{path.name}: {summary(found[-1])}")
    if not found:
        raise PostsError(f"{folder} has no table that can be used.")
    write_whole(out or real_figures(), as_json({"format": FORMAT, "files": found}), paths)
    return len(paths) - len(found)


def file_figures(path: Path, draws: int = DRAWS) -> dict[str, Any]:
    """The figures of one table, with what is needed to make them again.

    Parameters
    ----------
    draws
        Of :func:`lib.advice.figures_of_tests`.

    Returns
    -------
    ``kind`` ("posts" or "tests"), ``file``, ``sha256``, ``date``, ``command``, ``version`` and ``encoders``, and the
    figures: those of :func:`feed_figures` or of :func:`lib.advice.figures_of_tests`.

    Raises
    ------
    PostsError
        If the file is no such table, or has too few posts to model.
    ValueError
        If it has too few tests.
    """
    tests = has_tests(path)
    about = {"kind": "tests" if tests else "posts", "file": printable(path.name)}
    about |= {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "date": datetime.date.today().isoformat()}
    about |= {"command": COMMAND, "version": __version__}
    if tests:
        encoder = text_encoder()
        key = digest(about["sha256"], encoder.fingerprint(), draws, code_digest(figures_of_tests))

        def compute() -> str:
            return as_json(figures_of_tests(read_tests(path), encoder, draws, vectors_folder())).decode()

        return about | {"encoders": [encoder.name]} | json.loads(cached("tests", key, compute, cache_folder()))
    study = open_study(path)
    why = refusal(study.posts, lambda: study.split)
    if why:
        raise PostsError(why)
    return about | {"encoders": [encoder.name for encoder in study.encoders.values()]} | feed_figures(study)


def feed_figures(study: Study) -> dict[str, Any]:
    """How good the chosen forecast of a study is on its test posts.

    Returns
    -------
    ``posts``, ``set_aside`` rows and ``test_posts``; ``letters``, the script of most letters; ``activities`` that are
    modelled; ``forecast``, the id of the chosen model; ``value``, ``low`` and ``high`` of its gain over no features in
    nats per post and activity, with a 95 % interval; ``auc`` per view, mean over activities; ``coverage`` of 90 %
    intervals, mean over activities, with the ``worst`` activity's and the ``band`` of all if the forecast is right: see
    :class:`lib.study.departures.Covered`.
    """
    for name in tqdm(study.forecasts, "Forecasts", unit="forecast", leave=False, disable=None):
        study.forecast(name)
    best = scores.best(study)
    held, covered = study.held_out(best), departures.covered(study, best, 90)
    return {
        "posts": len(study.posts),
        "set_aside": len(study.posts.attrs["rejected"]),
        "test_posts": len(study.split.test),
        "letters": _script(study.posts["text"]),
        "activities": study.activities,
        "forecast": best,
        **scores.gain(study, best).columns(),
        "auc": float(pd.Series(auc(held.counts, held.views, held.forecast.mean)).mean()),
        "coverage": covered.mean,
        "worst": covered.worst,
        "band": [covered.low, covered.high],
    }


def summary(found: dict[str, Any]) -> str:
    """The figures of a file in one line."""
    if found["kind"] == "tests":
        return f"{count(found['arms'], 'arm')} of {count(found['tests'], 'test')}"
    gain = interval(Interval(found["value"], found["low"], found["high"], 0.95))
    return (
        f"{count(found['posts'], 'post')}; the chosen forecast ({label_of(found['forecast'])}) gains {gain} nats per"
        f" post and activity; its 90 % intervals hold {pct(found['coverage'])} of the counts"
    )


def as_json(found: dict[str, Any]) -> bytes:
    """Figures as the bytes of a JSON file."""
    return json.dumps(found, indent=1, default=float, ensure_ascii=False).encode() + b"\n"


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))
    if found.get("format") != FORMAT:
        raise ValueError(f"{path} was written by another version. Run {COMMAND} again, or delete the file.")
    return found["files"]


def _script(texts: Sequence[str]) -> str:
    """The script of most letters of the first texts, such as "Cyrillic"; "" without letters."""
    names = (unicodedata.name(c, "?").split()[0] for c in "".join(texts)[:100_000] if c.isalpha())
    return next((name.capitalize() for name, _ in Counter(names).most_common(1)), "")
