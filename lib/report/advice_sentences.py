"""Sentences and lists of chapter 6, on the advice; their wording follows from the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lib.advice import (
    ALL,
    ANY_TOPIC,
    FALSE_DISCOVERY_RATE,
    LEAST_POSTS_A_SIDE,
    LEVEL,
    MIN_EFFECT,
    MIN_POSTS_A_SIDE,
    POWER,
    bench_coverage,
    choose_tips,
    find_population,
    known_bias,
    quiet_levers,
    study_estimates,
    study_scorer,
    without_bias,
)
from lib.models import DEFAULT_VALUE
from lib.posts import ACTIVITY, Language
from lib.report.effects import (
    averages,
    by_both_methods,
    conflicts,
    discoveries,
    effects,
    experiments,
    low_cells,
    study_contrasts,
    where,
    worths,
)
from lib.report.numbers import Text, count, label_of, listed, number, pct, signed
from lib.report.panel import panel
from lib.report.raw import Html
from lib.report.wording import (
    contrast_words,
    goal_name,
    lever_name,
    likely,
    percent,
    tip_action,
    tip_effect,
    tip_price,
)
from lib.study import Study

_WEIGHTS = "By the assignment's weights, with our own for a hide,"


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
    return Text(f"{start} {found:,} {'has' if found == 1 else 'have'} an answer beyond chance.")


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
        "ru": ("и ещё", "Данных не хватает, советов пока нет"),
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
            place = where(study, table, tip, language)
            lines.append(f"- {action} ({place}): {tip_effect(tip, language)}." + (f" *{price}.*" if price else ""))
        if len(found) > most:
            lines.append(f"- … {more}: {len(found) - most}.")
        lines.append("")
    if nothing:
        lines += [f"{none}: {', '.join(nothing)}.", ""]
    return Text("\n".join([*lines, *_quiet(table, language)]))


def topic_lists(study: Study, language: Language) -> Text:
    """Effects that differ between topics, as a Markdown list: in each named topic, and elsewhere."""
    table, asked = study_estimates(study).effects, study_contrasts(study)
    none, unsure = {
        "en": ("No effect was found to differ between topics.", "not enough evidence"),
        "ru": ("Различий между темами не найдено.", "данных не хватает"),
    }[language]
    lines = []
    for _, rows in table[table["scope"] != ALL].groupby(["activity", "lever"], sort=False):
        first = rows.iloc[0]
        parts = []
        for row in rows.itertuples():
            sure = row.q <= FALSE_DISCOVERY_RATE
            size = f"{percent(row.effect, language)}, {likely(row.effect, row.low, row.high, language)}"
            shown = size if sure else f"{unsure} ({size})" if row.effect == row.effect else unsure
            parts.append(f"{where(study, table, row, language)}: {shown}")
        contrast = contrast_words(asked[first["lever"]], language)
        lines.append(f"- {contrast}, {ACTIVITY[first['activity']].plural[language]}: {'; '.join(parts)}.")
    return Text("\n".join(lines) or none)


def topics_named(study: Study) -> Text:
    """For how many effects a topic was found to differ."""
    table = study_estimates(study).effects
    pairs = table[table["scope"] != ALL].drop_duplicates(["lever", "activity"])
    if pairs.empty:
        return Text("That no topic is named doesn't mean that topics are alike: the posts may be too few to tell.")
    return Text(f"Topics are named for {count(len(pairs), 'effect')} of a change on an action.")


def conflicts_lead(study: Study) -> Text:
    """How many changes serve one goal and harm another."""
    found = len(conflicts(study))
    if not found:
        return Text("No change is known to serve one goal at the cost of another.")
    serve = "serves" if found == 1 else "serve"
    return Text(f"{count(found, 'change')} {serve} one goal at the cost of another.")


def bias_allowed(study: Study) -> Text:
    """How large a bias the intervals allow for, and how many discoveries that costs."""
    table = study_estimates(study).effects
    found, narrow = ((of["q"] <= FALSE_DISCOVERY_RATE).sum() for of in (table, without_bias(table)))
    deviation = known_bias(study.controls.dated).deviation
    return Text(
        "Nobody drew lots for who writes what. Effects found like these differed from those of randomised tests by a"
        f" standard deviation of {pct(np.expm1(deviation), 2)} of the rate beyond chance, and every interval allows for"
        f" as much. Effects beyond chance: {found:,}, and {narrow:,} without the allowance."
    )


def least_effect() -> Text:
    """The size below which an effect is no tip."""
    return pct(MIN_EFFECT)


def value_weights(study: Study) -> Text:
    """The default weights of the activities in a sentence."""
    return Text(", ".join(f"{label_of(a)} {number(DEFAULT_VALUE[a])}" for a in study.activities))


def worth_lead(study: Study) -> Text:
    """The change that is worth most and the one that costs most, by the default weights."""
    table = worths(study)
    sure = table[(table["low"] > 0) | (table["high"] < 0)]
    if sure.empty:
        return Text(f"{_WEIGHTS} no change is clearly worth anything.")
    lines = []
    for row, word in ((sure.iloc[0], "worth"), (sure.iloc[-1], "costs")):
        if (row["change"] > 0) == (word == "worth"):
            lines.append(
                f"{_WEIGHTS} the change that {'is worth' if word == 'worth' else word} most is"
                f" “{row['contrast']}” ({row['where']}): {signed(row['change'])} points per 1,000 views"
                f" ({signed(row['low'])} to {signed(row['high'])}), {percent(row['share'])} of the value."
            )
    return Text(" ".join(lines))


def sensitivity(study: Study) -> Text:
    """How strong a hidden cause would have to be to explain the discoveries away."""
    found = discoveries(study).dropna(subset="times").sort_values("times")
    if found.empty:
        return Text("No effect was found that a hidden cause could explain away.")
    weakest, strongest = found.iloc[0], found.iloc[-1]
    weak = int((found["times"] < 1).sum())
    words = [f"{row['contrast']}, {label_of(row['activity'])}, {row['where']}" for row in (weakest, strongest)]
    if len(found) == 1:
        times = number(weakest["times"])
        return Text(f"The one discovery ({words[0]}) takes a hidden cause {times} times as strong as the topic.")
    return Text(
        f"The frailest discovery ({words[0]}) would be explained away by a hidden cause"
        f" {number(weakest['times'])} times as strong as the topic, the firmest ({words[1]}) only by one"
        f" {number(strongest['times'])} times as strong. A cause weaker than the topic would explain away"
        f" {count(weak)} of {count(len(found), 'discovery', 'discoveries')}."
    )


def false_discovery_rate() -> Text:
    """The level at which the false discovery rate is controlled."""
    return pct(FALSE_DISCOVERY_RATE)


def least_overlap() -> Text:
    """How many posts a contrast needs on either side."""
    return number(MIN_POSTS_A_SIDE)


def draft_scorer(study: Study, root: str = "../") -> Html:
    """The draft panel, for a page from which ``root`` leads to the site's first folder."""
    return panel(study_scorer(study), root)


def misled(study: Study) -> Text:
    """Where unadjusted effects are confident but have the opposite sign, or lose their evidence after adjustment."""
    plain = study_estimates(study).unadjusted
    both = averages(study).merge(plain, on=["lever", "activity"], suffixes=("", "_plain"))
    both = both[both["state"] == "estimated"]
    sure = (both["low_plain"] > 0) | (both["high_plain"] < 0)
    found = both["q"] <= FALSE_DISCOVERY_RATE
    turned = both[sure & found & (np.sign(both["effect"]) != np.sign(both["effect_plain"]))]
    lines = [
        f"Compared as they are, posts would have given {count(sure.sum(), 'confident answer')};"
        f" for {int((sure & ~found).sum()):,} of them no evidence is left once similar posts are compared"
        " and a bias is allowed for."
    ]
    for row in turned.itertuples():
        activity = ACTIVITY[row.activity].plural.en
        lines.append(
            f"One answer even turns round: {row.contrast}, {activity} {percent(row.effect_plain)} as they are,"
            f" {percent(row.effect)} among similar posts."
        )
    return Text("\n".join(lines))


def experiment_lead(study: Study) -> Text:
    """How many posts an experiment on the strongest tips takes, and why so many."""
    table = experiments(study)
    if table.empty:
        return Text("This feed gives no tip to test.")
    fewest, most = table["posts"].min(), table.loc[table["posts"].idxmax()]
    inner = str.maketrans("“”", "‘’")  # quotation marks within others

    def shown(row: pd.Series) -> str:
        return f"“{row['change'].translate(inner)}” ({label_of(row['goal'])}, {percent(row['effect'])})"

    least = listed(shown(row) for _, row in table[table["posts"] == fewest].iterrows())
    lines = [f"The fewest posts are needed for {least}: {fewest:,} with the change and as many without it."]
    if most["posts"] > fewest:
        lines.append(f"The most are needed for {shown(most)}: {most['posts']:,} on either side.")
    of = find_population(study_scorer(study), most["goal"], ANY_TOPIC)
    lines.append(
        f"Posts count here, not views: posts differ so much that one tells as much about"
        f" {ACTIVITY[most['goal']].plural.en} as {number(of.independent_views)} views of different posts."
    )
    return Text("\n".join(lines))


def experiment_design() -> Text:
    """What the numbers of posts are planned for."""
    return Text(f"power {pct(POWER)}, two-sided level {pct(1 - LEVEL, 1)}, at least {LEAST_POSTS_A_SIDE} posts a side")


def agreement(study: Study) -> Text:
    """How often the two methods agree, and the strongest disagreements."""
    both = by_both_methods(study)
    if both.empty:
        return Text("There was nothing to check.")
    apart = both[both["apart"]].sort_values("effect", key=lambda e: -np.abs(np.log1p(e)))
    lie = "lies" if len(apart) == 1 else "lie"
    lines = [
        f"The two methods give {count(len(both), 'effect')}; {len(apart):,} of them {lie} further apart than the"
        f" intervals allow ({pct(len(apart) / len(both))}; chance alone would give about 5 %, as the correlation of the"
        f" errors is allowed for, {number(both['correlation'].mean())} on average)."
    ]
    found, of_them = ((rows["q"] <= FALSE_DISCOVERY_RATE).sum() for rows in (both, apart))
    if found:
        lines[0] += f" Of the discoveries {of_them:,} of {found:,} do."
    if "truth" in both:
        ours, theirs = (
            int(both["truth"].between(both[low], both[high]).sum())
            for low, high in (("narrow_low", "narrow_high"), ("other_low", "other_high"))
        )
        lines.append(
            f"The regression's narrow intervals hold {ours:,} of these {len(both):,} truths, the others {theirs:,}."
        )
    opposite = apart[np.sign(apart["effect"]) != np.sign(apart["other"])]
    if len(apart):
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


def coverage_verdict(study: Study) -> Text:
    """Coverage of the intervals and rate of false discoveries on the many feeds, and on a simulated study's own."""
    of = bench_coverage()
    misled_often = sum(cell["misled_after"] >= 0.05 for cell in of["confounded"])
    lines = [
        f"On {of['feeds']:,} simulated feeds of {of['posts']:,} posts the 95 % intervals held the true effect in"
        f" {pct(of['coverage'], 3)} of cases.",
        f"Of the answers, {pct(of['false_discovery_rate'])} were of effects that are truly zero.",
        f"For {count(len(of['confounded']), 'question')} a plain comparison of posts gives a confident wrong answer"
        f" in most feeds; this method gives it in fewer than one feed in twenty for"
        f" {len(of['confounded']) - misled_often:,} of them.",
        f"Of the listed effects' intervals, {pct(of['listed']['coverage'], 3)} held the truth (of those in one topic"
        f" {pct(of['topics']['coverage'], 3)}); {pct(of['listed']['wrong_sign'])} had the wrong sign.",
        f"Of the topics that are named, {pct(of['topics']['false_discovery_rate'])} do not differ.",
        f"All this is without the allowance for a bias, to test the arithmetic: simulated posts have no hidden cause."
        f" With it, as in the advice, {pct(of['widened']['coverage'], 3)} of the intervals and"
        f" {pct(of['widened']['listed']['coverage'], 3)} of the listed ones held the truth, and"
        f" {number(of['widened']['discoveries_per_feed'])} effects a feed were listed in place of"
        f" {number(of['discoveries_per_feed'])}.",
        *map(_smaller_feeds, of["smaller"]),
        _weak_cells(),
        *_truth_verdict(study),
    ]
    return Text("\n".join(lines))


def _smaller_feeds(of: dict[str, Any]) -> str:
    """The figures of feeds with fewer posts."""
    widened = of["widened"]
    return (
        f"On {count(of['feeds'], 'feed')} of {of['posts']:,} posts {number(of['discoveries_per_feed'])} effects a feed"
        f" are listed, and {number(widened['discoveries_per_feed'])} with the allowance; the intervals of"
        f" {pct(of['listed']['coverage'])} and {pct(widened['listed']['coverage'])} of them hold the truth, and"
        f" {pct(of['false_discovery_rate'])} and {pct(widened['false_discovery_rate'])} are truly zero."
    )


def cell_error() -> Text:
    """The standard error of a cell of :func:`lib.report.effects.coverage_cells` whose intervals hold 95 %."""
    return pct(float(np.sqrt(0.95 * 0.05 / bench_coverage()["feeds"])))


def _weak_cells() -> str:
    """The effects whose intervals hold the truth less often than chance allows."""
    cells, least = low_cells(), bench_coverage()["widened"]["least"]
    named = [f"{lever_name(row.lever)} on {label_of(row.activity)} ({pct(row.inside)})" for row in cells.itertuples()]
    short = (
        f"Without the allowance some fall short by more than chance may do: {', '.join(named)}."
        if named
        else "No single change and action falls short by more than chance may do."
    )
    lowest = f"{lever_name(least['lever'])} on {label_of(least['activity'])}"
    return f"{short} With it, the lowest share of any change and action is {pct(least['inside'])} ({lowest})."


def _truth_verdict(study: Study) -> list[str]:
    """How many intervals contain the truth; [] for a real feed."""
    if not study.simulated:
        return []
    known = effects(study).dropna(subset="effect")
    held = (known["low"] <= known["truth"]) & (known["truth"] <= known["high"])
    found = known["q"] <= FALSE_DISCOVERY_RATE
    wrong = (np.sign(known["effect"]) != np.sign(known["truth"])) & (known["truth"].abs() >= 1e-9)
    false = int((found & (known["truth"].abs() < 1e-9)).sum())
    of_posts = known["truth"].between(known["narrow_low"], known["narrow_high"]).mean()
    return [
        f"Of the {len(known):,} intervals on this feed {held.sum():,} hold the true effect ({pct(held.mean())}; without"
        f" the allowance for a bias, which simulated posts don't need, {pct(of_posts)}),"
        f" and of the {found.sum():,} that are listed {(held & found).sum():,} do."
        f" {false:,} of the listed effects are truly zero, and {(found & wrong).sum():,} have the wrong sign."
    ]


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
            "No effect is sure, and none is ruled out",
            "Nothing to compare with: too few similar posts with it and without it",
        ),
        "ru": (
            "Влияние не обнаружено, но и не исключено",
            "Не с чем сравнить: слишком мало похожих постов, где это есть и где этого нет",
        ),
    }[language]
    return [
        f"{start}: {', '.join(lever_name(lever, language) for lever in levers)}.\n"
        for start, levers in zip(starts, quiet_levers(table), strict=True)
        if levers
    ]
