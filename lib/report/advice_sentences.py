"""What chapter 6 says of the advice: sentences and lists whose wording follows from the numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib import advice, posts
from lib.advice import FALSE_DISCOVERY_RATE, coverage, estimates, posts
from lib.features import changes
from lib.report import wording
from lib.report.effects import cross_check, effects, own_way
from lib.report.numbers import Text, count, pct
from lib.study.study import Study


def lead(study: Study) -> Text:
    """How much of what was asked has an answer."""
    table = estimates(study)["effects"]
    asked, found = int(table["p"].notna().sum()), int((table["q"] <= FALSE_DISCOVERY_RATE).sum())
    if not asked:
        return Text("This feed holds no posts to compare, so no advice can be drawn from it.")
    said = f"Of {count(asked, 'question')} asked of the feed (a change and an activity each),"
    if not found:
        return Text(f"{said} none has an answer beyond chance: not enough evidence.")
    return Text(f"{said} {found:,} have an answer beyond chance.")


def advice_lists(study: Study, language: str, most: int = 3) -> Text:
    """The advice itself: for each goal the strongest tips, as Markdown.

    Parameters
    ----------
    language
        "en" or "ru".
    most
        Tips a goal.
    """
    table, ends = estimates(study)["effects"], {c.lever: c.ends for c in changes(posts(study).columns)}
    russian = language == "ru"
    lines, nothing = [], []
    for goal in (g for g in posts.GOALS if g in study.activities):
        found = advice.tips(table, goal)
        name = wording.goal_name(goal, language)
        if not found:
            nothing.append(name)
            continue
        lines += [f"**{name[0].upper()}{name[1:]}**", ""]
        for tip in found[:most]:
            do, brings, rest = wording.tip_words(tip, ends[tip.lever], language)
            lines.append(f"- {do}: {brings}." + (f" *{rest}.*" if rest else ""))
        if len(found) > most:
            lines.append(f"- … {'и ещё' if russian else 'and more'}: {len(found) - most}.")
        lines.append("")
    if nothing:
        said = "Советов нет, данных не хватает" if russian else "No advice, for want of evidence"
        lines += [f"{said}: {', '.join(nothing)}.", ""]
    return Text("\n".join([*lines, *_quiet(table, russian)]))


def topic_lists(study: Study, language: str) -> Text:
    """What holds in one topic only, as a Markdown list."""
    ends = {change.lever: change for change in changes(posts(study).columns)}
    lines = []
    for row in own_way(study).itertuples():
        change = wording.change_words(ends[row.lever], language)
        here, elsewhere = (wording.moved(row.activity, value, language) for value in (row.effect, row.elsewhere))
        span = wording.span(row.effect, row.low, row.high, language)
        lines.append(
            f"- В постах со словами «{row.words}»: {change}: {here} ({span}); в остальных: {elsewhere}."
            if language == "ru"
            else f"- In posts with the words “{row.words}”: {change}: {here} ({span}); in the others {elsewhere}."
        )
    none = (
        "Ни в одной теме ничего особенного не найдено."
        if language == "ru"
        else "No topic was found to have its own way."
    )
    return Text("\n".join(lines) or none)


def misled(study: Study) -> Text:
    """Where posts compared as they are would have said the opposite, or something where there is no evidence."""
    both = effects(study).merge(estimates(study)["unadjusted"], on=["lever", "activity"], suffixes=("", "_naive"))
    both = both[both["state"] == "estimated"]
    sure = (both["low_naive"] > 0) | (both["high_naive"] < 0)
    found = both["q"] <= FALSE_DISCOVERY_RATE
    turned = both[sure & found & (np.sign(both["effect"]) != np.sign(both["effect_naive"]))]
    said = [
        f"Compared as they are, posts would have given {count(sure.sum(), 'confident answer')};"
        f" for {int((sure & ~found).sum()):,} of them no evidence is left once like is compared with like."
    ]
    for row in turned.itertuples():
        activity = posts.DONE[row.activity][0]
        said.append(
            f"One answer even turns round: {row.change}, {activity} {wording.percent(row.effect_naive)} as they are,"
            f" {wording.percent(row.effect)} like with like."
        )
    return Text("\n".join(said))


def agreement(study: Study) -> Text:
    """How often the two roads agree, and the strongest disagreements."""
    both = cross_check(study)
    if both.empty:
        return Text("There was nothing to check.")
    apart = both[both["apart"]].sort_values("effect", key=lambda e: -np.abs(np.log1p(e)))
    said = [
        f"The two roads give {count(len(both), 'effect')}; {len(apart):,} of them lie further apart than the intervals"
        f" allow ({pct(len(apart) / len(both))}; chance alone would give about 5 %)."
    ]
    opposite = apart[np.sign(apart["effect"]) != np.sign(apart["other"])]
    said.append(
        f"In {count(len(opposite), 'case')} they also disagree on the direction."
        if len(opposite)
        else "Nowhere do they disagree on the direction as well."
    )
    for row in apart.head(5).itertuples():
        activity = posts.DONE[row.activity][0]
        here, there = wording.percent(row.effect), wording.percent(row.other)
        said.append(f"{row.change[0].upper()}{row.change[1:]}: {activity} {here} here, {there} there.")
    return Text("\n".join(said))


def truth_verdict(study: Study) -> Text | None:
    """How many intervals hold the truth, where a simulation knows it."""
    if not study.simulated:
        return None
    known = effects(study).query("state == 'estimated'")
    inside = int(((known["low"] <= known["truth"]) & (known["truth"] <= known["high"])).sum())
    false = int(((known["q"] <= FALSE_DISCOVERY_RATE) & (known["truth"].abs() < 1e-9)).sum())
    return Text(
        f"Of the {len(known):,} intervals on this feed {inside:,} hold the true effect ({pct(inside / len(known))}),"
        f" and {false:,} of the answers are of effects that are truly zero."
    )


def truth_mark(study: Study) -> Text:
    """How the truth is marked in a figure, where there is one."""
    return Text("Upright strokes are the true effects." if study.simulated else "")


def coverage_verdict() -> Text:
    """What the many feeds say of the intervals and the discoveries."""
    of = coverage()
    fooled = sum(cell["misled_after"] >= 0.05 for cell in of["confounded"])
    said = [
        f"On {of['feeds']:,} simulated feeds of {of['posts']:,} posts the 95 % intervals held the true effect in"
        f" {pct(of['coverage'], 3)} of cases.",
        f"Of the answers, {pct(of['false_discovery_rate'])} were of effects that are truly zero.",
        f"For {count(len(of['confounded']), 'question')} posts compared as they are give a confident wrong answer in"
        f" most feeds; for {len(of['confounded']) - fooled:,} of them it is reported in fewer than one in twenty.",
        f"Of what is said of one topic only, {pct(of['topics']['false_discovery_rate'])} were no differences.",
    ]
    return Text("\n".join(said))


def coverage_source() -> Text:
    """How the figures of the many feeds were made."""
    of = coverage()
    return Text(
        f"`{of['command']}`, {of['date']}; the feeds are drawn from one pool of {of['pool']:,} posts, with views and"
        " counts drawn anew for each"
    )


def _quiet(table: pd.DataFrame, russian: bool) -> list[str]:
    """The levers that nothing was found for: that is a finding too."""
    language = "ru" if russian else "en"
    said = (
        ("Ни на что заметно не влияет", "Не с чем сравнить: слишком мало похожих постов, где это есть и где этого нет")
        if russian
        else ("No evidence of any effect", "Nothing to compare with: too few similar posts with it and without it")
    )
    return [
        f"{words}: {', '.join(wording.lever_name(lever, language) for lever in levers)}.\n"
        for words, levers in zip(said, advice.quiet_levers(table), strict=True)
        if levers
    ]
