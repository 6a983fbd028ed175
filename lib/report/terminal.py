"""What the command line writes and prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from lib.advice import DraftAdvice, Scorer, Tip
from lib.models import SavedModel, forecast_drafts
from lib.posts import ACTIVITY, Language, Phrase, printable, read_drafts, write_rejected
from lib.report.draft_words import (
    IMPOSSIBLE,
    LIKELY,
    LIKELY_NARROW,
    NO_TIP,
    WARNING,
    forecast_source,
    learnt_from,
    place,
    strength,
    unlike_names,
    worth_words,
)
from lib.report.numbers import count, decimal
from lib.report.wording import goal_name, tip_action, tip_effect, tip_price
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


def draft_json(found: DraftAdvice, scorer: Scorer, language: Language) -> dict[str, Any]:
    """The advice on a draft, for JSON. Each tip has in words what to ``do`` and ``where`` it holds.

    Rates are per view; ``page`` is the rate that the page expects. The worth is per 1,000 views. Every row says whether
    the feed is simulated, with a warning.
    """
    levers = {lever.name: lever for lever in scorer.levers}
    origin = {"simulated": found.simulated} | ({"warning": WARNING[language]} if found.simulated else {})

    def as_row(tip: Tip) -> dict[str, Any]:
        row = {"lever": tip.lever, "do": tip_action(tip, levers[tip.lever].from_to, language)}
        row |= {"scope": tip.scope, "where": place(tip.scope, tip.lever, tip.goal, scorer, language)}
        row |= {"from": tip.base, "to": tip.base * (1 + tip.effect)}
        row |= {"effect": tip.effect, "low": tip.low, "high": tip.high, "others": dict(tip.others)}
        if tip.worth:
            row["worth"] = {name: 1000 * getattr(tip.worth, name) for name in ("change", "low", "high")}
        return row | {"strength": strength(tip, language), **origin}

    return {
        "source": found.source,
        **origin,
        "model": found.model,
        "topic": found.topic,
        **({"group": found.group} if found.group else {}),
        "views": found.views,
        "unlike": found.unlike,
        "rates": {activity: row | origin for activity, row in found.forecast.to_dict("index").items()},
        "tips": {goal: [as_row(tip) for tip in tips] for goal, tips in found.tips.items()},
    }


def draft_report(found: DraftAdvice, scorer: Scorer, language: Language, narrow: bool = False) -> str:
    """The advice on a draft, for a terminal. ``narrow``: its intervals don't allow for a bias."""
    say = {name: phrase[language] for name, phrase in _SAYS.items()}
    topic = say["topic"].format(found.topic) if found.topic else say["no topic"]
    views = decimal(found.views, 0, language)
    lines = [
        learnt_from(found.source, found.simulated, language),
        topic,
        *([say["group"].format(printable(found.group))] if found.group else []),
        forecast_source(found.model, language),
        "",
        f"{say['views'].format(views):<24}{say['expected']:>10}{say['median']:>20}{say['interval']:>18}"
        f"{say['above']:>16}{say['page']:>14}",
    ]
    for activity, of in found.forecast.to_dict("index").items():
        name = ACTIVITY[activity].plural[language]
        if of["impossible"]:
            lines.append(f"{name:<24}{'0':>10}   {IMPOSSIBLE[of['impossible']][language]}")
            continue
        shown, page = (
            "–" if rate is None else decimal(found.views * rate, 0 if found.views * rate >= 10 else 1, language)
            for rate in (of["rate"], of["page"])
        )
        between = say["between"].format(*(decimal(of[end], 0, language) for end in ("low", "high")))
        median = decimal(of["median"], 0, language)
        lines.append(f"{name:<24}{shown:>10}{median:>20}{between:>18}{of['percentile']:>14.0f} %{page:>14}")
    if found.unlike:
        lines += ["", say["unlike"].format(unlike_names(found.unlike, language))]
    for goal, tips in found.tips.items():
        name = goal_name(goal, language)
        lines += ["", f"{name[0].upper()}{name[1:]}:"]
        if not tips:
            why = found.forecast["impossible"].get(goal)
            lines.append(f"  {IMPOSSIBLE[why][language] if why else NO_TIP[language]}")
        for tip in tips:
            lines += _tip_lines(tip, scorer, language)
    if any(found.tips.values()):
        lines += ["", (LIKELY_NARROW if narrow else LIKELY)[language]]
    return "\n".join(lines).replace("\u00a0", " ")


_SAYS = {
    "topic": Phrase("Topic: {}.", "Тема: {}."),
    "group": Phrase("Group: {}.", "Группа: {}."),
    "no topic": Phrase("Topic: not recognised, so the average of all.", "Тема не узнана: средние по всем."),
    "views": Phrase("of {} views", "из {} просмотров"),
    "expected": Phrase("expected", "ожидается"),
    "median": Phrase("half get at most", "у половины до"),
    "interval": Phrase("90 % of posts", "у 90 % постов"),
    "between": Phrase("{} to {}", "от {} до {}"),
    "above": Phrase("above of feed", "выше ленты"),
    "page": Phrase("on the page", "на странице"),
    "unlike": Phrase(
        "Unlike anything in the feed: {}. The nearest values in it are forecast.",
        "Такого в ленте нет: {}. Прогноз дан для ближайших значений.",
    ),
}


def _tip_lines(tip: Tip, scorer: Scorer, language: Language) -> list[str]:
    from_to = next(lever.from_to for lever in scorer.levers if lever.name == tip.lever)
    effect = f"{place(tip.scope, tip.lever, tip.goal, scorer, language)}: {tip_effect(tip, language)}"
    worth = worth_words(tip.worth, language) if tip.worth else ""
    below = [effect, worth, tip_price(tip, language), strength(tip, language)]
    return [f"  {tip_action(tip, from_to, language)}", *(f"    {line}" for line in below if line)]


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
