"""Sentences of chapter 7, on real posts and randomised tests; their wording follows from the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lib.advice import METHODS, Z_95
from lib.models import Interval
from lib.posts import Language, Phrase, as_html
from lib.report import real_tables
from lib.report.numbers import Text, count, decimal, listed, number, pct, verdict
from lib.report.real import real_files
from lib.report.real_tables import STATES, against, archive
from lib.study import Study

BANNER = """::: {.callout-warning}

## Real posts, but not of VKontakte

The other chapters are computed from a simulated feed, this one from real posts and tests of other networks.
It shows how well the method works there; nothing here is a finding about VKontakte.

:::"""
_RIGHT = Phrase(
    "On the {levers} levers tested by experiment ({tests} randomised tests of headlines), this method was right about"
    " the direction in {same} of cases{coin}. Its 95 % intervals held the experiment's effect in {wide} ({narrow}"
    " without the allowance for a bias).",
    "На приёмах, проверенных экспериментом (приёмов {levers}, тестов заголовков {tests}), метод верно назвал"
    " направление в {same} случаев{coin}. Его 95\u00a0%-е интервалы содержали эффект эксперимента в {wide} случаев (без"
    " поправки на возможное смещение в {narrow}).",
)
_COIN = Phrase(", not clearly more often than a coin would", ", не заметно чаще, чем угадала бы монета")


def banner(study: Study) -> Text | None:
    """What the numbers of the chapter are from, if those of other chapters are simulated; None for real posts."""
    return Text(BANNER) if study.simulated else None


def right_about(dated: bool, language: Language = "en") -> Text:
    """In how many cases the method of chapter 6 was right, on the levers that were tested by experiment.

    Parameters
    ----------
    dated
        Whether effects are adjusted for the date.
    """
    of = against(archive(), dated)
    ours = of["methods"]["adjusted"]
    shares = (ours["widened"]["same_sign"], ours["widened"]["coverage"], ours["narrow"]["coverage"])
    same, wide, narrow = (f"{100 * share:.0f} %" for share in shares)
    sizes = {"levers": len(of["levers"]), "tests": decimal(archive()["tests"], 0, language)}
    coin = "" if _beats_coin(of) else _COIN[language]
    return Text(_RIGHT[language].format(**sizes, same=same, wide=wide, narrow=narrow, coin=coin))


def right_here(study: Study, language: Language = "en") -> Text:
    """:func:`right_about` for effects that are adjusted as on this feed."""
    return right_about(study.controls.dated, language)


def lead(study: Study) -> Text:
    """What holds on real posts."""
    files = real_files("posts")
    sure, held = sum(found["low"] > 0 for found in files), [found["coverage"] for found in files]
    return Text(
        f"On {sure} of {count(len(files), 'real feed')} the chosen forecast gains beyond chance over no features, and"
        f" its 90 % intervals hold from {pct(min(held))} to {pct(max(held))} of the counts of all"
        f" activities.\n{right_here(study)}"
    )


def how_many() -> Text:
    """How many files have stored figures, how many were recomputed, and how many are the reader's own."""
    states = [found["state"] for kind in ("posts", "tests") for found in real_files(kind)]
    parts = [f"{states.count(state)} {words}" for state, words in STATES.items() if state in states]
    return Text(f"Below are the figures of {count(len(states), 'file')}: {listed(parts)}.")


def test_posts() -> Text:
    """How many test posts the figures of the real feeds are from."""
    return count(sum(found["test_posts"] for found in real_files("posts")), "test post")


def feeds() -> Text:
    """On which real feeds the forecast gains, and where its intervals hold what they should."""
    files = real_files("posts")
    parts = {
        "gains beyond chance on": [_name(found) for found in files if found["low"] > 0],
        "has no clear gain on": [_name(found) for found in files if found["low"] <= 0 <= found["high"]],
        "loses to no features on": [_name(found) for found in files if found["high"] < 0],
    }
    lines = [f"The chosen forecast {listed(f'{words} {listed(of)}' for words, of in parts.items() if of)}."]
    astray = [f"{_name(of)} ({pct(of['worst'])})" for of in files if not of["band"][0] <= of["worst"] <= of["band"][1]]
    lines.append(
        f"The 90 % intervals of an activity are off by more than chance allows on {listed(astray)}."
        if astray
        else "The 90 % intervals of every activity hold as many counts as chance allows on each of these feeds."
    )
    return Text("\n".join(lines))


def size() -> Text:
    """How large the archive is."""
    found = archive()
    return Text(f"{count(found['arms'], 'arm')} of {count(found['tests'], 'test')}")


def set_aside() -> Text:
    """Why arms of the archive were set aside."""
    parts = [f"{as_html(words)} ({count(arms, 'arm')})" for words, arms in archive()["set_aside"].items()]
    return Text(f"Left out, with the reason: {'; '.join(parts)}." if parts else "No arm was left out.")


def archived() -> Text:
    """The name of the archive whose figures are stored."""
    return Text(_name(archive()))


def drawn() -> Text:
    """How many feeds were drawn from the tests."""
    return count(archive()["against"]["undated"]["draws"], "feed")


def held(study: Study) -> Text:
    """How often the intervals of a feed held the effect of the experiment, and whether the direction was right."""
    of = against(archive(), study.controls.dated)
    ours, lines = of["methods"]["adjusted"], []
    for kind, words in (("narrow", "Without an allowance for a bias"), ("widened", "With it")):
        share, error = ours[kind]["coverage"], ours[kind]["coverage_error"]
        judged = verdict(_around(share - 0.95, error), "more than", "fewer than", "within chance as many as")
        lines.append(
            f"{words} the 95 % intervals held {pct(share, 3)} of the experiment's effects (standard error"
            f" {pct(error)}), {judged} they should."
        )
    same = f"The direction was that of the experiment in {pct(ours['widened']['same_sign'])} of cases"
    return Text("\n".join([*lines, f"{same}{'' if _beats_coin(of) else _COIN.en}."]))


def dates() -> Text:
    """How the bias with an adjustment for the date compares with that without one."""
    found = archive()["against"]
    plain = found["undated"]["deviation"]
    start = f"The biases have a standard deviation of {pct(np.expm1(plain))} of the rate beyond chance"
    if "dated" not in found:
        return Text(f"{start}; the tests have no date to adjust for.")
    dated = found["dated"]["deviation"]
    limits = {0.4: "takes away more than half of it", 0.6: "takes away about half of it", 0.9: "makes it smaller"}
    word = next((word for most, word in limits.items() if dated <= most * plain), "hardly changes it")
    word = "makes it larger" if dated > 1.1 * plain else word
    sign = [of["methods"]["adjusted"]["narrow"]["same_sign"] for of in (found["undated"], found["dated"])]
    return Text(
        f"{start}, and {pct(np.expm1(dated))} if effects are adjusted for the date, which {word}.\nThe direction is"
        f" right in {pct(sign[1])} of cases with that adjustment and in {pct(sign[0])} without."
    )


def methods(study: Study) -> Text:
    """Which method is nearest to the experiment."""
    of = {name: kinds["narrow"] for name, kinds in against(archive(), study.controls.dated)["methods"].items()}
    far = {name: found["root_mean_square"] for name, found in of.items()}
    others = []
    for name in far:
        ratio = far["adjusted"] / far[name]
        word = "nearer than" if ratio < 0.9 else "farther than" if ratio > 1.1 else "about as near as"
        if name != "adjusted":
            others.append(
                f"{word} {METHODS[name]} ({number(far[name])}, direction right in {pct(of[name]['same_sign'])})"
            )
    return Text(
        f"Our effects lie {number(far['adjusted'])} from those of the experiment (root mean square of log ratios), with"
        f" the direction right in {pct(of['adjusted']['same_sign'])} of cases: {listed(others)}."
    )


def plainly(study: Study) -> Text:
    """Whether comparing similar posts was nearer to experiments than comparing posts as they are."""
    of = against(archive(), study.controls.dated)["methods"]
    ours, plain = (of[name]["narrow"]["same_sign"] for name in ("adjusted", "unadjusted"))
    shares = f"the direction was right in {pct(ours)} of cases, and in {pct(plain)} for posts as they are"
    return Text(
        "Posts compared as they are can mislead, so similar posts are compared. Beside experiments"
        f" {'that helped' if ours > plain else 'that did not help'}: {shares} (@sec-real-posts)."
    )


def claims() -> Text:
    """How many claims the experiment confirmed, without the allowance for a bias and with it."""
    lines = []
    for mode, of in archive()["against"].items():
        narrow, wide = (of["methods"]["adjusted"][kind] for kind in ("narrow", "widened"))
        lines.append(
            f"{'Adjusted for the date, of' if mode == 'dated' else 'Of'} {count(narrow['effects'], 'effect')} on"
            f" {count(of['draws'], 'feed')} our method claims {_claims(narrow)}; with the allowance {_claims(wide)}."
        )
    return Text("\n".join(lines))


def pairs() -> Text:
    """Whether the better text is named more often than by the peer, and as often as stated."""
    of = next(iter(archive()["pairs"].values()))["better_named"]["all"]
    ahead = _around(of["difference"]["mean"], of["difference"]["std_err"])
    word = verdict(ahead, "more often than", "less often than", "not clearly more or less often than")
    table = real_tables.calibration()
    off = int(((table["mean"] - table["stated"]).abs() > Z_95 * table["std_err"]).sum())
    kept = f"not as often as stated in {off} of {len(table)} classes" if off else "as often as stated, within chance"
    points = f"difference {pct(ahead.value)}, 95 % interval {pct(ahead.low)} to {pct(ahead.high)}"
    return Text(
        f"The model names the better text of a pair in {pct(of['ours']['mean'], 3)} of pairs, {word} the peer"
        f" ({pct(of['peer']['mean'], 3)}; {points}).\nThe text that it names wins {kept}."
    )


def allowance(study: Study) -> Text:
    """The bias that chapter 6 allows for on this feed."""
    dated = study.controls.dated
    why = "are adjusted for the date" if dated else "can't be adjusted for a date, which the feed lacks"
    size = pct(np.expm1(against(archive(), dated)["deviation"]))
    return Text(f"The effects of this report's feed {why}, so their bias is taken to be {size} of the rate.")


def provenance() -> Text:
    """Where each file is to be had and how its figures were made, as a Markdown list."""
    lines = []
    for found in [*real_files("posts"), *real_files("tests")]:
        doi = f", [doi:{found['doi']}](https://doi.org/{found['doi']})" if "doi" in found else ""
        about = f"{found['description']}; {found['access']}{doi}" if "description" in found else "a file of your own"
        made = [f"`{found['command']}`", found["date"]]
        made += [f"version {found['version']}"] if "version" in found else []
        made += [f"vectors by {listed(found['encoders'])}"] if "encoders" in found else []
        lines.append(
            f"- **{_name(found)}**: {about}. Figures {STATES[found['state']]}: {', '.join(made)}."
            f" SHA-256 `{found['sha256']}`."
        )
    return Text("\n".join(lines))


def _name(found: dict[str, Any]) -> str:
    """A file in a sentence: its source, or the name of the user's file."""
    return found.get("source") or as_html(found["file"])


def _beats_coin(of: dict[str, Any]) -> bool:
    """Whether the direction is right more often than by chance, with the levers as the sample."""
    shares = pd.Series([row["same_sign"] for row in of["levers"]])
    return bool(shares.mean() - Z_95 * shares.sem() > 0.5)


def _around(value: float, error: float) -> Interval:
    return Interval(value, value - Z_95 * error, value + Z_95 * error, 0.95)


def _claims(found: dict[str, Any]) -> str:
    if not found["claims"]:
        return "nothing"
    return f"{found['claims']:,}, of which the experiment does not confirm {pct(found['unconfirmed'])}"
