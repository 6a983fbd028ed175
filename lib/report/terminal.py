"""What the command line prints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from lib import posts
from lib.models import SavedModel, predict
from lib.posts import PostsError, read_drafts, write_rejected
from lib.report import wording
from lib.report.numbers import count
from lib.storage import write_whole


def predict_file(path: Path, out: Path, model: SavedModel) -> str:
    """Read drafts, write the predictions, and say in a line what was done.

    Rows and photos that can't be used are listed in a CSV beside ``out``, with ``.rejected`` in its name.

    Raises
    ------
    PostsError
        If the drafts can't be used, or ``out`` can't be written or is the file of drafts itself.
    """
    listed = out.with_name(f"{out.name.split('.')[0]}.rejected.csv")
    for target in (out, listed):
        if target.exists() and path.exists() and target.samefile(path):
            raise PostsError(f"{target} holds the drafts and would be lost. Name another file with --out.")
    drafts = read_drafts(path)
    table = predict(drafts, model)
    try:
        write_whole(out, table.to_csv(index=False, float_format="%.6g").encode())
        unused = len(drafts.attrs["rejected"]) + len(drafts.attrs["photo_problems"])
        if unused:
            write_rejected(drafts, listed)
    except OSError as error:
        raise PostsError(f"{out} can't be written: {error.strerror}.") from None
    done = f"{len(table):,} predictions for {count(len(drafts), 'draft')} are in {out}"
    return "; ".join([done, *_notes(drafts, model, listed)])


def _notes(drafts: pd.DataFrame, model: SavedModel, listed: Path) -> list[str]:
    """What a reader of the predictions has to know."""
    about = model.about
    notes = [f"made by “{about['forecast']}”, which learnt from {about['training_posts']:,} posts of {about['source']}"]
    if about["simulated"]:
        notes[0] += " and so finds nothing out about VK"
    if about["set_aside"]:
        notes.append(f"too rare there to be predicted: {', '.join(about['set_aside'])}")
    notes += [f"no draft has a {kind}" for kind in ("text", "photo") if not drafts[kind].astype(bool).any()]
    without = count(drafts["view"].isna().sum(), "draft")
    if drafts["view"].isna().any():
        notes.append(f"without views of their own, {without} count as seen {model.views:,} times, the feed's median")
    rejected, problems = (len(drafts.attrs[name]) for name in ("rejected", "photo_problems"))
    if rejected or problems:
        unused = f"{count(rejected, 'row')} set aside and {count(problems, 'photo')} not readable"
        notes.append(f"{unused}, as {listed} lists")
    return notes


def report(found: Mapping) -> str:
    """What :func:`consult` found, for a terminal."""
    lines = []
    if found["simulated"]:
        lines.append(f"Learnt from {found['source']}: nothing here is a finding about VKontakte.")
    else:
        lines.append(f"Learnt from {found['source']}.")
    known = f"by the words {', '.join(found['topic'])}" if found["topic"] else "not recognised, so the average of all"
    views = f"{found['views']:,}"
    lines += [
        f"Topic: {known}.",
        "",
        f"{'of ' + views + ' views':<18}{'expected':>10}{'90 % of posts':>16}{'above of feed':>16}",
    ]
    for activity, of in found["rates"].items():
        name, expected = posts.DONE[activity][0], found["views"] * of["rate"]
        shown = f"{expected:,.0f}" if expected >= 10 else f"{expected:.1f}"
        span = f"{of['low']:,} to {of['high']:,}"
        lines.append(f"{name:<18}{shown:>10}{span:>16}{of['percentile']:>14.0f} %")
    for goal, advised in found["tips"].items():
        name = wording.goal_name(goal, "en")
        lines += ["", f"{name[0].upper()}{name[1:]}:"]
        if not advised:
            lines.append("  no tip beyond what the draft does already")
        for tip in advised:
            effect = f"{wording.percent(tip['effect'])} ({wording.span(tip['effect'], tip['low'], tip['high'], 'en')})"
            others = [f"{posts.DONE[a][0]} {wording.percent(v)}" for a, v in tip["others"].items()]
            beside = f"; also {', '.join(others)}" if others else ""
            lines.append(f"  {tip['do']}: {effect}{beside}".replace("\u00a0", " "))
    return "\n".join(lines)
