"""Sentences and lists of chapter 6, on the advice; their wording follows from the numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.advice import (
    FALSE_DISCOVERY_RATE,
    MIN_POSTS_A_SIDE,
    bench_coverage,
    choose_tips,
    quiet_levers,
    study_estimates,
    study_scorer,
)
from lib.posts import ACTIVITY, Language
from lib.report.effects import by_both_methods, discoveries, effects, study_contrasts, topic_specific
from lib.report.numbers import Text, count, number, pct
from lib.report.panel import panel
from lib.report.raw import Html
from lib.report.wording import (
    changed,
    contrast_words,
    goal_name,
    lever_name,
    percent,
    span,
    tip_action,
    tip_effect,
    tip_price,
)
from lib.study import Study


def answered(study: Study) -> Text:
    """How many of the tested effects are discoveries."""
    table = study_estimates(study).effects
    return Text(f"{count((table['q'] <= FALSE_DISCOVERY_RATE).sum())} of {count(table['p'].notna().sum())}")


def lead(study: Study) -> Text:
    """How many effects were tested, and how many are discoveries."""
    table = study_estimates(study).effects
    asked, found = int(table["p"].notna().sum()), int((table["q"] <= FALSE_DISCOVERY_RATE).sum())
    if not asked:
        return Text("This feed holds no posts to compare, so no advice can be drawn from it.")
    start = f"Of {count(asked, 'question')} asked of the feed (a change and an activity each),"
    if not found:
        return Text(f"{start} none has an answer beyond chance: not enough evidence.")
    return Text(f"{start} {found:,} have an answer beyond chance.")


def advice_lists(study: Study, language: Language, most: int = 3) -> Text:
    """The advice itself: for each goal the strongest tips, as Markdown.

    Parameters
    ----------
    most
        Number of tips per goal.
    """
    table, asked = study_estimates(study).effects, study_contrasts(study)
    more, none = {
        "en": ("and more", "No advice, for want of evidence"),
        "ru": ("и ещё", "Советов нет, данных не хватает"),
    }[language]
    lines, nothing = [], []
    for goal in study.activities:
        found = choose_tips(table, goal)
        name = goal_name(goal, language)
        if not found:
            nothing.append(name)
            continue
        lines += [f"**{name[0].upper()}{name[1:]}**", ""]
        for tip in found[:most]:
            action, price = tip_action(tip, asked[tip.lever].from_to, language), tip_price(tip, language)
            lines.append(f"- {action}: {tip_effect(tip, language)}." + (f" *{price}.*" if price else ""))
        if len(found) > most:
            lines.append(f"- … {more}: {len(found) - most}.")
        lines.append("")
    if nothing:
        lines += [f"{none}: {', '.join(nothing)}.", ""]
    return Text("\n".join([*lines, *_quiet(table, language)]))


def topic_lists(study: Study, language: Language) -> Text:
    """Effects that differ in one topic, as a Markdown list."""
    asked = study_contrasts(study)
    line, none = {
        "en": (
            "- In the topic “{words}”: {contrast}: {here} ({span}); in the others {elsewhere}.",
            "No effect was found to differ in any topic.",
        ),
        "ru": (
            "- В теме «{words}»: {contrast}: {here} ({span}); в остальных: {elsewhere}.",
            "Ни в одной теме ничего особенного не найдено.",
        ),
    }[language]
    lines = [
        line.format(
            words=row.words,
            contrast=contrast_words(asked[row.lever], language),
            here=changed(row.activity, row.effect, language),
            span=span(row.effect, row.low, row.high, language),
            elsewhere=changed(row.activity, row.elsewhere, language),
        )
        for row in topic_specific(study).itertuples()
    ]
    return Text("\n".join(lines) or none)


def topic_comparisons(study: Study) -> Text:
    """How many effects were compared between topics."""
    return count(study_estimates(study).by_topic["q"].notna().sum(), "comparison")


def false_discovery_rate() -> Text:
    """The level at which the false discovery rate is controlled."""
    return pct(FALSE_DISCOVERY_RATE)


def least_overlap() -> Text:
    """How many posts a contrast needs on either side."""
    return number(MIN_POSTS_A_SIDE)


def number_of_discoveries(study: Study) -> Text:
    """How many effects are discoveries."""
    return count(len(discoveries(study)), "effect")


def draft_scorer(study: Study) -> Html:
    """The draft scorer, for the page."""
    return panel(study_scorer(study))


def misled(study: Study) -> Text:
    """Where unadjusted effects are confident but have the opposite sign, or lose their evidence after adjustment."""
    plain = study_estimates(study).unadjusted
    both = effects(study).merge(plain, on=["lever", "activity"], suffixes=("", "_plain"))
    both = both[both["state"] == "estimated"]
    sure = (both["low_plain"] > 0) | (both["high_plain"] < 0)
    found = both["q"] <= FALSE_DISCOVERY_RATE
    turned = both[sure & found & (np.sign(both["effect"]) != np.sign(both["effect_plain"]))]
    lines = [
        f"Compared as they are, posts would have given {count(sure.sum(), 'confident answer')};"
        f" for {int((sure & ~found).sum()):,} of them no evidence is left once like is compared with like."
    ]
    for row in turned.itertuples():
        activity = ACTIVITY[row.activity].plural.en
        lines.append(
            f"One answer even turns round: {row.contrast}, {activity} {percent(row.effect_plain)} as they are,"
            f" {percent(row.effect)} like with like."
        )
    return Text("\n".join(lines))


def agreement(study: Study) -> Text:
    """How often the two methods agree, and the strongest disagreements."""
    both = by_both_methods(study)
    if both.empty:
        return Text("There was nothing to check.")
    apart = both[both["apart"]].sort_values("effect", key=lambda e: -np.abs(np.log1p(e)))
    lines = [
        f"The two methods give {count(len(both), 'effect')}; {len(apart):,} of them lie further apart than the"
        f" intervals allow ({pct(len(apart) / len(both))}; chance alone would give about 5 %)."
    ]
    opposite = apart[np.sign(apart["effect"]) != np.sign(apart["other"])]
    lines.append(
        f"In {count(len(opposite), 'case')} they also disagree on the direction."
        if len(opposite)
        else "Nowhere do they disagree on the direction as well."
    )
    for row in apart.head(5).itertuples():
        activity = ACTIVITY[row.activity].plural.en
        here, there = percent(row.effect), percent(row.other)
        lines.append(f"{row.contrast[0].upper()}{row.contrast[1:]}: {activity} {here} here, {there} there.")
    return Text("\n".join(lines))


def truth_verdict(study: Study) -> Text | None:
    """How many intervals contain the truth; None for a real feed."""
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
    """How a figure marks the truth; "" for a real feed."""
    return Text("Upright strokes are the true effects." if study.simulated else "")


def coverage_verdict() -> Text:
    """Coverage of the intervals and rate of false discoveries on the many feeds."""
    of = bench_coverage()
    misled_often = sum(cell["misled_after"] >= 0.05 for cell in of["confounded"])
    lines = [
        f"On {of['feeds']:,} simulated feeds of {of['posts']:,} posts the 95 % intervals held the true effect in"
        f" {pct(of['coverage'], 3)} of cases.",
        f"Of the answers, {pct(of['false_discovery_rate'])} were of effects that are truly zero.",
        f"For {count(len(of['confounded']), 'question')} a plain comparison of posts gives a confident wrong answer"
        f" in most feeds; for {len(of['confounded']) - misled_often:,} of them it is reported in fewer than one in"
        " twenty.",
        f"Of what is said of one topic only, {pct(of['topics']['false_discovery_rate'])} were no differences.",
    ]
    return Text("\n".join(lines))


def coverage_source() -> Text:
    """How the numbers on the many feeds were computed."""
    of = bench_coverage()
    return Text(
        f"`{of['command']}`, {of['date']}; the feeds are drawn from one pool of {of['pool']:,} posts, with views and"
        " counts drawn anew for each"
    )


def _quiet(table: pd.DataFrame, language: Language) -> list[str]:
    """The levers without any discovery, in one line each: no evidence, no overlap."""
    starts = {
        "en": (
            "No evidence of any effect",
            "Nothing to compare with: too few similar posts with it and without it",
        ),
        "ru": (
            "Ни на что заметно не влияет",
            "Не с чем сравнить: слишком мало похожих постов, где это есть и где этого нет",
        ),
    }[language]
    return [
        f"{start}: {', '.join(lever_name(lever, language) for lever in levers)}.\n"
        for start, levers in zip(starts, quiet_levers(table), strict=True)
        if levers
    ]
