"""The forecasts on test posts that are chosen in other ways: the last in time, and whole groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from lib.features import group_names, present
from lib.models import BASELINE, GROUP, paired_interval
from lib.posts import RANDOM, SPLITS, refusal
from lib.study import scores

if TYPE_CHECKING:
    from lib.study.study import Study


def ways(study: Study) -> list[Study]:
    """The study at random, by time and by group, as far as its posts allow; none if they allow no other way."""
    asked = [by for by in SPLITS if by == RANDOM or by in study.posts]
    found = [study if by == RANDOM else replace(study, by=by) for by in asked]
    possible = [of for of in found if refusal(of.posts, lambda of=of: of.split) is None]
    return possible if len(possible) > 1 else []


def by_split(study: Study) -> pd.DataFrame:
    """Gains of forecasts where the test posts are chosen in other ways: at random, the last in time, whole groups.

    All models are fitted anew to the training posts of each split. By group, the folds hold whole groups too, so that
    what is chosen suits posts of unknown groups.

    Returns
    -------
    One row per split and forecast: ``split``; ``posts`` and ``groups``, the numbers of test posts and of their groups;
    ``known``, the number of test posts whose group the models know; ``name``, id of the forecast; ``chosen``, whether
    it is the best by cross-fitted scores; ``log_score``, and ``value``, ``low``, ``high``, the gain over no features,
    in nats per post and activity. The forecasts are the group alone, the best without group and date, and the best with
    them. The 95 % interval is over posts, by group over groups. A split for which the feed has too few dates or groups
    is left out. There are no rows without another way than at random.
    """

    def rows(of: Study) -> Iterator[dict[str, Any]]:
        test, found, chosen = of.split.test, scores.cross_fitted(of), scores.best(of)
        best_with = found[[m for m in found.index if scores.knows_context(m)]].nlargest(1).index
        shown = [*found.index.intersection([GROUP]), scores.best(of, context=False), *best_with]
        shown = dict.fromkeys([*shown[:-1], chosen] if scores.knows_context(chosen) else shown)
        names = group_names(of.posts).to_numpy()[test]
        groups, clusters = len({*names} - {""}), names if of.by == "group" else None
        theirs = scores.log_scores(of, BASELINE).mean(axis=1).to_numpy()
        known = int(present(of.blocks["group"][test]).sum())
        for name in shown:
            ours = scores.log_scores(of, name).mean(axis=1).to_numpy()
            row = {"split": of.by, "posts": len(test), "groups": groups, "known": known}
            row |= {"name": name, "chosen": name == chosen, "log_score": ours.mean()} | paired_interval(
                ours, theirs, clusters=clusters
            ).columns()
            yield row

    def compute() -> pd.DataFrame:
        made = [row for of in ways(study) for row in rows(of)]
        columns = ["split", "posts", "groups", "known", "name", "chosen", "log_score", "value", "low", "high"]
        return pd.DataFrame(made, columns=columns)

    return study.keep("by-split", by_split, compute, *(study.model_key(name) for name in study.forecasts))
