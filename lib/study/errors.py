"""Where a forecast fails: its gain by kind of post, on topics that it has never seen, and its largest misses."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy

from lib.features import BLOCKS
from lib.models import BASELINE, MODELS, TRUTH, Forecast, Linear, log_score, make_folds, paired_interval
from lib.study import diagnostics, groups, scores

if TYPE_CHECKING:
    from lib.study.study import Study

VIEWS, TOPIC, PHOTO, TEXT, LIKENESS = "views", "topic", "photo", "text", "likeness"
LEVEL = 0.05  # of the tests of a table, over all its rows (Bonferroni)
MISSES = 20
TOPICS = 3  # topics that are left out, one at a time
NEAR = ("least like a training post", "in between", "most like a training post", "copies were taken out")


def kinds(study: Study) -> dict[str, pd.Series]:
    """The ways to group posts, by name, each with the (n,) categories of the posts.

    ``VIEWS``, ``TOPIC`` and ``PHOTO`` as in :mod:`lib.study.groups`; ``TEXT``, thirds by the number of words;
    ``LIKENESS``, of test posts only, whether copies of the post were taken out of the training posts, else thirds by
    the cosine of the post and the training post most like it. A way that gives all posts one category is left out.
    """
    found = {VIEWS: groups.by_views(study), TOPIC: groups.by_topic(study), PHOTO: groups.by_photo(study)}
    words = study.readable["text"]["words"].to_numpy()
    found[TEXT] = _text_lengths(words)
    found[LIKENESS] = _likeness(study)
    return {name: of for name, of in found.items() if of.nunique() > 1}


def skill(study: Study, name: str) -> pd.DataFrame:
    """Gain of a forecast over no features, by kind of test post.

    Returns
    -------
    One row per category of :func:`kinds` with ``LEAST_POSTS`` test posts or more: ``by``; ``name``, the category;
    ``posts``; ``value``, ``low``, ``high``, in nats per post and activity; ``more``, how much the mean of these posts
    is above that of the others; ``p`` of Welch's test of the two means; ``left``, on simulated posts, what the truth
    gains beyond the forecast.
    """

    def compute() -> pd.DataFrame:
        gain = (scores.log_scores(study, name) - scores.log_scores(study, BASELINE)).mean(axis=1).to_numpy()
        left = np.full(len(gain), np.nan)
        if study.simulated:
            left = (scores.log_scores(study, TRUTH) - scores.log_scores(study, name)).mean(axis=1).to_numpy()
        rows = []
        for by, of in kinds(study).items():
            for group in of.cat.categories:
                at = (of.iloc[study.split.test] == group).to_numpy()
                if at.sum() >= groups.LEAST_POSTS:
                    row = {"by": by, "name": str(group), "posts": int(at.sum())} | paired_interval(gain[at]).columns()
                    p, more = np.nan, np.nan
                    if (~at).sum() > 1 and np.ptp(gain) > 0:
                        p, more = scipy.stats.ttest_ind(gain[at], gain[~at], equal_var=False).pvalue, gain[at].mean()
                        more -= gain[~at].mean()
                    rows.append(row | {"more": more, "p": p, "left": left[at].mean()})
        return pd.DataFrame(rows, columns=["by", "name", "posts", "value", "low", "high", "more", "p", "left"])

    keys = [study.forecast_key(one) for one in (name, BASELINE)]
    return study.keep(f"skill-{name}", skill, compute, *keys, study.blocks_key(*BLOCKS))


def new_topics(study: Study) -> pd.DataFrame:
    """What a penalised regression on the vectors gains on a topic that its training posts had, and had not.

    The topics are the ``TOPICS`` with the most test posts. Both regressions have one penalty, the middle one of those
    that the study's regression on the same blocks chose. Each is fitted anew, one to all training posts, one to those
    of other topics.

    Returns
    -------
    ``name``, the topic; ``posts``, its number of test posts; ``value``, ``low``, ``high``, gain over no features on
    these posts without the topic, in nats per post and activity; ``known``, the gain with it; ``lost``, ``lost_low``,
    ``lost_high``, the difference. No rows if there are no vectors or no topics.
    """
    topic = groups.by_topic(study)
    train, test = study.split.train, study.split.test
    model = scores.on_vectors(study)
    sizes = topic.iloc[test].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    names = [name for name in sizes.index[:TOPICS] if sizes[name] >= groups.LEAST_POSTS and topic.nunique() > 1]

    def fitted(posts: np.ndarray) -> Forecast:
        blocks = {block: study.blocks[block] for block in MODELS[model].blocks}
        penalties = np.unique(study.fitted(model).model.penalties_)
        found = Linear(MODELS[model].components, penalties[len(penalties) // 2, None])
        found.fit(
            {block: values[posts] for block, values in blocks.items()},
            study.counts[posts],
            study.views[posts],
            make_folds(study.split.groups[posts]),
        )
        return found.predict({block: values[test] for block, values in blocks.items()})

    def compute() -> pd.DataFrame:
        base, rows = scores.log_scores(study, BASELINE).to_numpy(), []
        whole = _scores(study, fitted(train)) if model and names else base
        for name in names if model else []:
            without = _scores(study, fitted(train[(topic.iloc[train] != name).to_numpy()]))
            at = (topic.iloc[test] == name).to_numpy()
            gain, lost = (paired_interval((a - b)[at].mean(axis=1)) for a, b in ((without, base), (whole, without)))
            row = {"name": str(name), "posts": int(at.sum())} | gain.columns() | {"known": (whole - base)[at].mean()}
            rows.append(row | {"lost": lost.value, "lost_low": lost.low, "lost_high": lost.high})
        columns = ["name", "posts", "value", "low", "high", "known", "lost", "lost_low", "lost_high"]
        return pd.DataFrame(rows, columns=columns)

    key = study.model_key(model) if model else study.data_key
    return study.keep("new-topics", new_topics, compute, key, topic.astype(str).tolist())


def misses(study: Study, name: str, most: int = MISSES) -> pd.DataFrame:
    """The test posts on which a forecast loses most against no features, the largest loss last.

    Returns
    -------
    The columns of :func:`lib.study.diagnostics.surprises`, and ``high``, whether the predicted rate of the activity
    that contributes most was too high. Only posts with a loss.
    """
    found = diagnostics.surprises(study, name, most)
    columns = ["post", "gain", "activity", "predicted", "usual", "observed"]
    found = found[found["gain"] < 0] if len(found) else pd.DataFrame(columns=columns)
    return found.assign(high=found["predicted"] > found["observed"])


def in_common(study: Study, posts: np.ndarray) -> pd.DataFrame:
    """What some test posts have in common: the categories of :func:`kinds` that are more frequent among them.

    Returns
    -------
    ``by``, ``name``, the category; ``among``, how many of the posts are in it; ``usual``, how many of as many random
    test posts would be; ``p`` of the hypergeometric test. The most surprising first.
    """
    test, rows = study.split.test, []
    for by, of in kinds(study).items():
        for group, among in of.iloc[posts].value_counts(sort=False).loc[lambda number: number > 0].items():
            size = int((of.iloc[test] == group).sum())
            p = scipy.stats.hypergeom.sf(among - 1, len(test), size, len(posts))
            rows.append({"by": by, "name": str(group), "among": among, "usual": len(posts) * size / len(test), "p": p})
    return pd.DataFrame(rows, columns=["by", "name", "among", "usual", "p"]).sort_values("p", kind="stable")


def _scores(study: Study, forecast: Forecast) -> np.ndarray:
    test = study.split.test
    return log_score(study.counts[test], study.views[test], forecast)


def _text_lengths(words: np.ndarray) -> pd.Series:
    """Thirds of the texts by their numbers of words, and posts without words: (n,) categories."""
    some = words[words > 0]
    edges = np.unique(np.quantile(some, [1 / 3, 2 / 3], method="lower")) if len(some) else np.empty(0)
    names = [f"{low + 1:,.0f} to {high:,.0f} words" for low, high in itertools.pairwise([0, *edges])]
    names += [f"over {edge:,.0f} words" for edge in edges[-1:]]
    cut = pd.cut(pd.Series(words), [-np.inf, 0, *edges, np.inf], labels=["no words", *(names or ["words"])])
    return cut.cat.remove_unused_categories()


def _likeness(study: Study) -> pd.Series:
    """How like a test post is to the nearest training post: (n,) categories, missing for other posts."""
    test, found = study.split.test, np.full(len(study.posts), -1)
    found[test] = np.ceil(3 * pd.Series(groups.nearest_cosine(study)).rank(pct=True)).astype(int) - 1
    copied = np.isin(study.split.groups[test], study.split.groups[study.split.removed])
    found[test[copied]] = len(NEAR) - 1
    return pd.Series(pd.Categorical.from_codes(found, NEAR))
