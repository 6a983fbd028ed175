"""What the command line writes and prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from lib.advice import DraftAdvice, Scorer
from lib.models import SavedModel, forecast_drafts
from lib.posts import ACTIVITY, read_drafts, write_rejected
from lib.report.numbers import count
from lib.report.wording import goal_name, percent, tip_action, tip_effect
from lib.storage import check_target, default_output, write_whole


def predict_file(path: Path, out: Path, model: SavedModel) -> str:
    """Read drafts, write the predictions, and return a line that says what was done.

    Rows and photos that can't be used are listed in a CSV beside ``out``, with ``.rejected`` in its name.

    Raises
    ------
    PostsError
        If the drafts can't be used.
    FileError
        If ``out`` can't be written or is the file of drafts itself.
    """
    listed = default_output(out, "rejected.csv")
    for target in (out, listed):
        check_target(target, [path])
    drafts = read_drafts(path)
    table = forecast_drafts(drafts, model)
    write_whole(out, table.to_csv(index=False, float_format="%.6g").encode(), [path])
    if len(drafts.attrs["rejected"]) + len(drafts.attrs["photo_problems"]):
        write_rejected(drafts, listed, [path])
    done = f"{len(table):,} predictions for {count(len(drafts), 'draft')} are in {out}"
    return "; ".join([done, *_notes(drafts, table, model, listed)])


def draft_json(found: DraftAdvice, scorer: Scorer) -> dict[str, Any]:
    """The advice on a draft, for JSON. Each tip has what to ``do`` in words."""
    levers = {lever.name: lever for lever in scorer.levers}

    def as_row(tip) -> dict[str, Any]:
        row = {"lever": tip.lever, "do": tip_action(tip, levers[tip.lever].from_to, "en")}
        return row | {"effect": tip.effect, "low": tip.low, "high": tip.high, "others": dict(tip.others)}

    return {
        "source": found.source,
        "simulated": found.simulated,
        "topic": found.topic,
        "views": found.views,
        "unlike": found.unlike,
        "rates": found.forecast.to_dict("index"),
        "tips": {goal: [as_row(tip) for tip in tips] for goal, tips in found.tips.items()},
    }


def draft_report(found: DraftAdvice, scorer: Scorer) -> str:
    """The advice on a draft, for a terminal."""
    levers = {lever.name: lever for lever in scorer.levers}
    warning = ": nothing here is a finding about VKontakte" if found.simulated else ""
    topic = found.topic or "not recognised, so the average of all"
    lines = [
        f"Learnt from {found.source}{warning}.",
        f"Topic: {topic}.",
        "",
        f"{f'of {found.views:,} views':<18}{'expected':>10}{'half at most':>14}{'90 % of posts':>16}"
        f"{'above of feed':>16}",
    ]
    for activity, of in found.forecast.to_dict("index").items():
        name = ACTIVITY[activity].plural.en
        if of["impossible"]:
            lines.append(f"{name:<18}{'0':>10}  can't happen: {of['impossible']}")
            continue
        expected = found.views * of["rate"]
        shown = f"{expected:,.0f}" if expected >= 10 else f"{expected:.1f}"
        between = f"{of['low']:,.0f} to {of['high']:,.0f}"
        lines.append(f"{name:<18}{shown:>10}{of['median']:>14,}{between:>16}{of['percentile']:>14.0f} %")
    if found.unlike:
        lines += ["", f"Unlike anything in the feed: {', '.join(found.unlike)}. The nearest values in it are forecast."]
    for goal, tips in found.tips.items():
        name = goal_name(goal, "en")
        lines += ["", f"{name[0].upper()}{name[1:]}:"]
        if not tips:
            why = found.forecast["impossible"].get(goal)
            lines.append(f"  can't happen: {why}" if why else "  no tip beyond what the draft does already")
        for tip in tips:
            effect = tip_effect(tip, "en")
            others = [f"{ACTIVITY[activity].plural.en} {percent(change)}" for activity, change in tip.others]
            beside = f"; also {', '.join(others)}" if others else ""
            action = tip_action(tip, levers[tip.lever].from_to, "en")
            lines.append(f"  {action}: {effect}{beside}".replace("\u00a0", " "))
    return "\n".join(lines)


def _notes(drafts: pd.DataFrame, table: pd.DataFrame, model: SavedModel, listed: Path) -> list[str]:
    """What a reader of the predictions has to know: the model, and what was missing or not used."""
    about = model.about
    notes = [f"made by “{model.label}”, fitted to {about['training_posts']:,} posts of {about['source']}"]
    if about["simulated"]:
        notes[0] += ", so nothing here is a finding about VKontakte"
    if about["set_aside"]:
        notes.append(f"set aside there and not predicted: {', '.join(about['set_aside'])}")
    notes += [f"no draft has a {kind}" for kind in ("text", "photo") if not drafts[kind].astype(bool).any()]
    without = count(drafts["view"].isna().sum(), "draft")
    if drafts["view"].isna().any():
        notes.append(f"without views of their own, {without} count as seen {model.views:,} times, the feed's median")
    never = table[table["impossible"] != ""].groupby(["activity", "impossible"], sort=False)["row"].count()
    notes += [f"{ACTIVITY[a].plural.en} can't happen in {count(n, 'draft')} ({why})" for (a, why), n in never.items()]
    unlike = table.drop_duplicates("row")["unlike"]
    if unlike.any():
        names = dict.fromkeys(name for found in unlike[unlike != ""] for name in found.split(", "))
        notes.append(f"{count((unlike != '').sum(), 'draft')} unlike anything in the feed: {', '.join(names)}")
    rejected, problems = (len(drafts.attrs[name]) for name in ("rejected", "photo_problems"))
    if rejected or problems:
        unused = f"{count(rejected, 'row')} set aside and {count(problems, 'photo')} not readable"
        notes.append(f"{unused}, as {listed} lists")
    return notes
