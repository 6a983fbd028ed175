"""Sentences and sections on the groups and dates of posts. A section is None for a feed that has neither."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.advice import MIN_CLUSTERS
from lib.features import LEAST_IN_CONTROLS
from lib.models import BASELINE, GROUP
from lib.posts import RANDOM
from lib.report.numbers import Text, count, interval, label_of, listed, number, pct
from lib.report.tables import table
from lib.study import Study, scores, splits

_MOST = 20  # groups in a table
_HOURS = {0: "0 to 5 h", 1: "6 to 11 h", 2: "12 to 17 h", 3: "18 to 23 h"}
_WHERE = {"time": "On the last posts in time", "group": "On posts of groups that no model knew"}
_SPLITS = {RANDOM: "at random", "time": "the last in time", "group": "whole groups"}


def communities(study: Study) -> Text | None:
    """The section of chapter 1 on groups and dates."""
    parts = [*_groups(study), *_dates(study)]
    return Text("\n\n".join(["## Communities and dates {.unnumbered}", *filter(None, parts)])) if parts else None


def limits(study: Study) -> Text:
    """What chapter 1 did not look at, because the table doesn't have it."""
    columns = {"group": "community", "time": "date"}
    lacks = [word for column, word in columns.items() if not _has(study, column)]
    return Text(f"Nothing here looked at {listed([*lacks, 'author', 'audience'])}: the table has none of them.")


def members(study: Study) -> Text | None:
    """What the forecasts that know group and date see."""
    known = [name for name in study.forecasts if scores.knows_context(name)]
    if not known:
        return None
    lines = ["The table of posts has more, and so the leaderboard has forecasts that know the group and the date."]
    if GROUP in known:
        lines.append(
            f"*{label_of(GROUP)}* is one rate for each group and activity, shrunk towards the mean group by how much"
            " groups differ.\nThe others see this rate as a feature. A post of an unknown group has the forecast of the"
            " blend that knows no groups."
        )
    if _has(study, "time"):
        lines.append("Of the date they see the day of the year, of the week and the hour, and no trend to extrapolate.")
    return Text("\n".join(lines))


def other_splits(study: Study) -> Text | None:
    """The section of chapter 5 on other choices of the test posts."""
    board = splits.by_split(study)
    if board.empty:
        return None
    shown = board.assign(split=board["split"].map(_SPLITS), chosen=np.where(board["chosen"], "yes", ""))
    headings = {
        "split": "test posts",
        "posts": "number",
        "groups": "groups",
        "known": "of known groups",
        "name": "forecast",
        "chosen": "chosen",
    }
    headings |= {"value": "gain", "low": "from", "high": "to"}
    decimals = dict.fromkeys(("value", "low", "high"), ",.3f") | {"posts": ",.0f", "groups": ",.0f", "known": ",.0f"}
    lines = [
        "## Other groups, later posts {.unnumbered}",
        "A random split asks how well a post is forecast that was published among the training posts, in a community"
        " that is known.\nWho forecasts next month's posts, or those of a stranger, asks for more.",
        _markdown(shown, headings, decimals),
        "The table shows the gain over no features in nats per post and activity: of the group alone, of the best"
        " forecast without group and date, and of the best with them.\nIts 95 % interval is over posts; where whole"
        " groups are held out, it is over groups, and rough if there are few.\nAll models were fitted and chosen anew"
        " for each split, by the cross-fitted scores of its training posts.",
        *_telling_apart(study),
        *_elsewhere(board),
    ]
    return Text("\n\n".join(lines))


def adjusted(study: Study) -> Text | None:
    """What the effects are adjusted for besides, and which posts may depend on one another."""
    has = [word for column, word in {"group": "group", "time": "date"}.items() if _has(study, column)]
    if not has:
        return None
    lines = [f"The effects are adjusted for the {' and '.join(has)} of a post too."]
    if "date" in has:
        lines.append("The date enters as a season (year, week and day) and as a slow trend.")
    if "group" in has:
        sizes = _sizes(study)
        large = int((sizes >= LEAST_IN_CONTROLS).sum())
        lines.append(f"A group enters if it has {LEAST_IN_CONTROLS} posts or more; here {count(large, 'group')} have.")
        lines.append(
            f"The posts of a group may depend on one another: there are {len(sizes):,} groups."
            if len(sizes) >= MIN_CLUSTERS
            else f"Errors don't allow the posts of a group to depend on one another: for that {MIN_CLUSTERS} groups are"
            f" needed, and there are {len(sizes):,}."
        )
    return Text("\n".join(lines))


def _has(study: Study, column: str) -> bool:
    """Whether some post has a group, or a date."""
    return column in study.posts and bool((study.posts[column].notna() & (study.posts[column] != "")).any())


def _sizes(study: Study) -> pd.Series:
    """The number of posts of each group, the largest first."""
    return study.posts.loc[study.posts["group"] != "", "group"].value_counts()


def _pooled(study: Study, by: pd.Series) -> pd.DataFrame:
    """Posts and pooled rates of each class of posts: columns ``name``, ``posts`` and the activities."""
    totals = pd.DataFrame(study.counts, columns=study.activities).assign(view=study.views, posts=1)
    sums = totals.groupby(by.to_numpy(), observed=True, sort=False).sum()
    rates = sums[study.activities].div(sums["view"], axis=0).assign(posts=sums["posts"], view=sums["view"])
    return rates.rename_axis("name").reset_index()


def _rates_table(study: Study, rates: pd.DataFrame, first: str) -> str:
    headings = {"name": first, "posts": "posts", "since": "from", "until": "to"}
    headings |= {activity: label_of(activity) for activity in study.activities}
    return _markdown(rates, headings, {"posts": ",.0f"} | dict.fromkeys(study.activities, "%.2"))


def _markdown(*of: object) -> str:
    return table(*of)._repr_markdown_()


def _groups(study: Study) -> list[str]:
    if not _has(study, "group"):
        return []
    sizes, posts = _sizes(study), study.posts
    lead = (
        f"The posts are of {count(len(sizes), 'group')}; the largest has {count(sizes.iloc[0], 'post')},"
        f" the smallest {count(sizes.iloc[-1], 'post')}."
    )
    without = int((posts["group"] == "").sum())
    lead += f" Of {count(without, 'post')} the group isn't known." if without else ""
    if len(sizes) == 1:
        return [f"{lead}\nWith one group there is nothing to compare."]
    # Quotes keep a group that has the name of an activity or a model from getting its label.
    rates = _pooled(study, posts["group"]).set_index("name").reindex(sizes.index[:_MOST]).rename_axis("name")
    if _has(study, "time"):
        times = posts.groupby("group")["time"]
        rates = rates.assign(since=times.min().dt.strftime("%Y-%m"), until=times.max().dt.strftime("%Y-%m"))
    spread = rates[rates["posts"] >= LEAST_IN_CONTROLS][study.activities]
    ends = [f"{label_of(a)} from {pct(spread[a].min())} to {pct(spread[a].max())}" for a in spread if len(spread) > 1]
    said = f"Among the groups of {LEAST_IN_CONTROLS} posts or more, rates differ: {'; '.join(ends)}." if ends else ""
    most = (
        f"The table shows the rates of {'the largest groups' if len(sizes) > _MOST else 'every group'} over all views."
    )
    return [
        "\n".join([lead, most]),
        _rates_table(study, rates.rename("“{}”".format).reset_index(), "group"),
        said,
    ]


def _dates(study: Study) -> list[str]:
    if not _has(study, "time"):
        return []
    times = study.posts["time"]
    lead = f"The posts were published from {times.min():%Y-%m-%d} to {times.max():%Y-%m-%d}."
    without = int(times.isna().sum())
    lead += f" Of {count(without, 'post')} the date isn't known." if without else ""
    bins = {"year": times.dt.year.astype("Int64").astype(str)}
    bins["weekday"] = times.dt.day_name()
    if (times.dt.normalize() != times).any():
        bins["hour"] = (times.dt.hour // 6).map(_HOURS)
    order = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", *_HOURS.values()]
    parts = []
    for by in bins.values():
        rates = _pooled(study, by.where(times.notna()))
        parts.append(
            rates.sort_values("name", key=lambda s: s.map(lambda v: (order.index(v) if v in order else -1, v)))
        )
    lines = [
        f"{lead}\nThe table shows the rates by year, day of the week and hour, over all views."
        " Times with a time zone are those of UTC.",
        _rates_table(study, pd.concat(parts), "published"),
    ]
    overlap = _overlap(study)
    if overlap is not None:
        lines.append(
            f"A date tells groups apart: {pct(overlap)} of the posts were published in a month in which only their own"
            " group published.\nWhere that share is high, an effect of time and one of the group can't be separated."
        )
    return lines


def _overlap(study: Study) -> float | None:
    """The share of posts whose group is alone in its month; None without several groups."""
    if not _has(study, "group") or len(_sizes(study)) < 2:
        return None
    posts = study.posts[(study.posts["group"] != "") & study.posts["time"].notna()]
    month = posts["time"].dt.strftime("%Y-%m")
    return float((posts.groupby(month)["group"].transform("nunique") == 1).mean()) if len(posts) else None


def _telling_apart(study: Study) -> list[str]:
    """How much of the gain is telling groups apart, on the random split."""
    if GROUP not in study.forecasts:
        return []
    name = scores.best(study)
    other = scores.best(study, context=False)
    alone, whole, without = (scores.gain(study, m) for m in (GROUP, name, other))
    lines = [
        f"One rate for each group and activity, which knows nothing else of a post, gains {interval(alone)} nats on the"
        f" random split.",
    ]
    if whole.value > 0:
        lines.append(
            f"That is {pct(alone.value / whole.value)} of the {number(whole.value)} that the best forecast gains."
        )
    lines += [
        f"The other features of a post add {interval(scores.gain(study, name, GROUP))} nats to the group.",
        f"The best forecast without group and date, *{label_of(other)}*, gains {number(without.value)}; the two add"
        f" {interval(scores.gain(study, name, other))} nats to it.",
    ]
    return ["\n".join(lines)]


def _elsewhere(board: pd.DataFrame) -> list[str]:
    """What is left of the gain where the posts are later, or of other groups."""
    last = board[board["chosen"]].set_index("split")
    lines = []
    for split in ("time", "group"):
        if split in last.index:
            row = last.loc[split]
            if row["name"] == BASELINE:
                lines.append(f"{_WHERE[split]}, cross-fitting chooses no features: nothing else is worth having there.")
                continue
            word = "a gain" if row["low"] > 0 else "a loss" if row["high"] < 0 else "no clear gain"
            lines.append(f"{_WHERE[split]}, the chosen forecast has {word}: {number(row['value'])} nats.")
    if "group" in last.index:
        lines.append(
            "For a post of an unknown group, a forecast falls back to one that knows no groups: there the forecasts"
            " with group and time know the date at most."
        )
    return ["\n".join(lines)] if lines else []
