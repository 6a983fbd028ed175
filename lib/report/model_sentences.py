"""Sentences of chapters 3 to 5: the gains of photo and text, alone and together."""

from __future__ import annotations

import numpy as np

from lib.models import BASELINE, BLEND, BOTH, NETWORK, PAGE, TREES
from lib.posts import Language, Phrase
from lib.report.numbers import Text, count, decimal, interval, label_of, listed, number, pct, standing, verdict
from lib.simulation import PLAIN
from lib.study import Study, departures, scores, trade

_NONE = (
    "This feed has no {}s, so nothing can be predicted from them.\n"
    "The rest of this chapter says how it would be done; where it needs posts with them, it has nothing to show."
)
UNEVEN = 1.25  # times an equal share, from which on a share of the gain is called more than its part


def gain(study: Study, name: str, over: str = BASELINE) -> Text:
    """The difference in log score between two forecasts, with the interval."""
    return interval(scores.gain(study, name, over))


def best(study: Study) -> Text:
    """Label of the best forecast."""
    return Text(label_of(scores.best(study)))


def best_gain(study: Study) -> Text:
    """Gain of the best forecast over no features, with the interval."""
    return gain(study, scores.best(study))


def coverage(study: Study) -> Text:
    """Share of the counts inside the 90 % intervals of the best forecast, on average and for the worst activity."""
    found = departures.covered(study, scores.best(study), 90)
    return Text(f"{pct(found.mean)} (on {label_of(found.activity)}, the worst, {pct(found.worst)})")


def photo_lead(study: Study) -> Text:
    """Gain of the photo alone."""
    if not has(study, "photo"):
        return Text(_NONE.format("photo"))
    found = scores.gain(study, "photo")
    word = verdict(found, "a clear gain", "a loss", "no clear gain", "too little to matter")
    return Text(
        f"On posts that it has not seen, a penalised beta-binomial regression on the photo gains {interval(found)} nats"
        f" per post and activity over no features: {word}."
    )


def text_lead(study: Study) -> Text:
    """Gain of the text alone, compared with the photo."""
    if not has(study, "text"):
        return Text(_NONE.format("text"))
    lead = f"A regression on the text gains {gain(study, 'text')} nats per post and activity over no features"
    if not has(study, "photo"):
        return Text(f"{lead}.")
    ahead = scores.gain(study, "text", over="photo")
    return Text(f"{lead}. It is {standing(ahead)} the photo: the difference is {interval(ahead)} nats.")


def fusion_lead(study: Study) -> Text:
    """Gain of photo and text together."""
    lead = f"The best forecast, *{best(study)}*, gains {best_gain(study)} nats per post and activity over no features."
    alone = scores.better_alone(study)
    if BOTH not in study.forecasts:
        return Text(f"{lead}\nThis feed doesn't have both photos and texts to put together.")
    more = scores.gain(study, BOTH, over=alone)
    word = verdict(more, "better than", "worse than", "not clearly better than", "no better than")
    return Text(
        f"{lead}\nBoth together are {word} the {label_of(alone)} alone: the difference is {interval(more)} nats."
    )


def has(study: Study, kind: str) -> bool:
    """Whether some post has a "photo" (or a "text")."""
    return bool(study.readable[kind][f"has_{kind}"].any())


def featured(study: Study, name: str, most: int = 1) -> Text:
    """The activities that a chapter shows: see :func:`lib.study.scores.featured`."""
    return listed(scores.featured(study, name)[:most])


def how_featured(study: Study, name: str) -> Text:
    """How the activities are chosen that a chapter on the photo or the text shows."""
    if not has(study, name):
        return Text(
            f"Without {name}s no forecast tells the activities apart: which of them are named here means nothing."
        )
    first, found = scores.featured(study, name)[0], scores.cross_fitted_gains(study, name)
    if first not in scores.RESPONSES or found[first] <= 0:
        return Text(
            f"Where this chapter has room for a few activities, it shows those with the largest cross-fitted gain:"
            f" first {listed([first])}."
        )
    return Text(
        f"Where this chapter has room for a few activities, {listed(scores.RESPONSES)} come first: they say what"
        " readers think of a post, the others what readers look at."
        f" Among them the cross-fitted gain decides; it is largest on {listed([first])}."
    )


def in_index(study: Study, kind: str) -> Text:
    """The gain of the "photo" or the "text" alone, in a list of chapters."""
    return Text(f"{gain(study, kind)} nats per post and action" if has(study, kind) else f"this feed has no {kind}s")


def worth_having(study: Study, name: str) -> Text:
    """Whether a forecast has a gain on unseen posts."""
    return verdict(
        scores.gain(study, name), "worth having", "not worth having", "not shown to help", "not worth having"
    )


def photo_vector_adds(study: Study) -> Text:
    """Gain of the photo's vector over its readable features."""
    if not has(study, "photo"):
        return Text("Without photos their vector adds nothing.")
    more = scores.gain(study, "photo", over="photo_features")
    word = verdict(more, "better than", "worse than", "not clearly better than", "no better than")
    return Text(
        f"The vector and the readable features together are {word} the readable features alone: the difference is"
        f" {interval(more)} nats."
    )


def text_vector_adds(study: Study) -> Text:
    """Gain of the text's vector and words over its readable features."""
    if not has(study, "text"):
        return Text("Without texts their vector and words add nothing.")
    more = scores.gain(study, "text", over="text_features")
    word = verdict(
        more,
        "what a post is about matters beyond how it is written",
        "they cost more than they give",
        "no clear gain",
    )
    return Text(f"Vector and words add {interval(more)} nats to the readable features: {word}.")


def steps(study: Study) -> Text:
    """How linear model, trees, network and blend compare with one another."""
    if TREES not in study.forecasts:
        return Text("Without photos and texts there is nothing to take a step with.")
    linear = BOTH if BOTH in study.forecasts else scores.better_alone(study)
    trees, network, blend = (scores.gain(study, *pair) for pair in ((TREES, linear), (NETWORK, linear), (BLEND, TREES)))
    word = verdict(
        blend,
        "members of different kinds err in different places",
        "its weights cost more than they give",
        "these posts don't tell whether it is worth its time",
        "one of them would do",
    )
    return Text(
        f"The trees are {standing(trees)} the linear model, and the network is {standing(network)} it.\n"
        f"The blend is {standing(blend)} the trees: the difference is {interval(blend)} nats, so {word}."
    )


def complementary(study: Study) -> Text:
    """On which activities photo and text together gain clearly more than the better of the two alone."""
    if BOTH not in study.forecasts:
        return Text("This feed doesn't have both photos and texts to compare.")
    alone = scores.better_alone(study)
    table = scores.gains(study, BOTH, over=alone)
    more = table.loc[table["low"] > 0, "name"]
    if more.empty:
        return Text(f"On no activity do both together gain clearly more than the {label_of(alone)} alone.")
    return Text(f"Both together gain clearly more than the {label_of(alone)} alone on {listed(more)}.")


def gains(study: Study, name: str) -> Text:
    """The activities with a significant gain of photo or text, without evidence of one, and with a loss."""
    if not has(study, name):
        return Text(f"Without {name}s there is no gain on any activity.")
    table = scores.gains(study, name)
    sure = table[table["low"] > 0].sort_values("value", ascending=False)
    lost = table[table["high"] < 0]
    unsure = table[(table["low"] <= 0) & (table["high"] >= 0)]
    lines = []
    if len(sure):
        lines.append(f"The {label_of(name)} gains beyond chance on {listed(sure['name'])}.")
    if len(unsure):
        lines.append(f"There is no evidence of a gain on {listed(unsure['name'])}.")
    if len(lost):
        lines.append(f"It does harm on {listed(lost['name'])}.")
    return Text("\n".join(lines))


def board(study: Study) -> Text:
    """The best forecast compared with the runner-up and, on simulated posts, with the truth."""
    best, second = scores.best(study), scores.runner_up(study)
    rule = "the blend, unless another is ahead of it by more than the standard error of the difference."
    lines = [
        "The cross-fitted scores of the training posts choose among them"
        + (f": {rule}" if BLEND in study.forecasts else "."),
        f"The choice falls on *{label_of(best)}*.",
        *(
            f"The fit of *{label_of(name)}* failed for {listed(failed)}; its forecast there is the pooled rate."
            for name, failed in scores.fell_back(study).items()
        ),
    ]
    if second:
        ahead = scores.gain(study, best, over=second)
        lines.append(
            f"On the test posts it is {standing(ahead)} *{label_of(second)}*, which has the highest of the other"
            f" cross-fitted scores: the difference is {interval(ahead)} nats."
        )
    return Text("\n".join([*lines, limit(study), *shares(study)]))


def shares(study: Study) -> list[str]:
    """The share of the best forecast's gain that two activities make; [] if there are no more activities."""
    names, share = trade.largest_share(study, scores.best(study))
    if len(study.activities) <= len(names):
        return []
    if not share > 0:
        return ["On the test posts there is no gain to share among the activities."]
    even = len(names) / len(study.activities)
    mean = ": the mean over activities says little of the others" if share > UNEVEN * even else ""
    return [
        f"Of its gain over no features, {listed(names)} make {pct(share)}, where equal shares would be"
        f" {pct(even)}{mean} (@tbl-fusion-trade)."
    ]


def page_share(study: Study, language: Language) -> str:
    """The gain of the page's forecast as a share of the best forecast's, both on the test posts.

    Empty if the page has no forecast, or it is not clear that the best forecast has a gain.
    """
    best = scores.gain(study, scores.best(study))
    if PAGE not in study.forecasts or best.low <= 0:
        return ""
    share = decimal(100 * scores.gain(study, PAGE).value / best.value, 0, language)
    return _PAGE_SHARE[language].format(share, decimal(len(study.split.test), 0, language))


_PAGE_SHARE = Phrase(
    "What this page knows closes {} % of what the best forecast does, on {} posts that neither had seen.",
    "То, что знает эта страница, даёт {} % выигрыша лучшего прогноза (на {} постах, которых оба не видели).",
)


def limit(study: Study) -> Text:
    """The share of the gap between no features and the truth that the best forecast closes."""
    if not study.simulated:
        return Text("How near it is to the best possible forecast only a simulation could tell.")
    row = scores.leaderboard(study).set_index("name").loc[scores.best(study)]
    if np.isnan(row["gap_closed"]):
        return Text("How near it is to the best possible forecast, so few test posts don't tell.")
    return Text(
        f"From no features to the truth, which only a simulation knows, the chosen forecast goes"
        f" {pct(row['gap_closed'])} (95 % interval {pct(row['gap_low'])} to {pct(row['gap_high'])}) of the way."
    )


def other_splits(study: Study) -> Text:
    """How the best forecast does in repeated splits, or how to compute that where it wasn't."""
    of = scores.repeated_splits(study)
    if of is None:
        source, plain = study.source, study.simulated and study.source.world == PLAIN
        feed = f"{source.rows} --seeds {source.seed} --splits 10" if plain else "--posts posts.csv"
        return Text(f"`python bench/forecasts.py --sizes {feed}` fits and scores them on random splits of the posts.")
    splits, found = of["splits"], of["differences"]
    chosen = listed(f"*{label_of(name)}* in {times}" for name, times in of["chosen"].items())
    closed = found["gap_closed"]
    gained = [
        f"{number(row['mean'])} over {label_of(name)} ({number(row['sd'])}; above zero in {row['positive']})"
        for name, row in found.items()
        if name != "gap_closed"
    ]
    return Text(
        f"Of {splits} random splits of the same posts, with all models fitted anew to each, cross-fitting chooses"
        f" {chosen}.\n"
        f"The mean gain of what it chooses, in nats, with the standard deviation over the splits and the number of"
        f" splits with a gain in brackets, is {listed(gained)}.\n"
        f"It closes {pct(closed['mean'])} of the gap to the truth, with a standard deviation of {pct(closed['sd'])}.\n"
        f"The splits share posts, so they differ less than new samples would (`{of['command']}`, {of['date']})."
    )


def trade_notes(study: Study) -> Text:
    """On which activities another forecast ranks better, and how few posts decide a measure per view."""
    found = trade.better_ranked(study, scores.best(study))
    parts = [
        f"*{label_of(row.forecast)}* on {label_of(row.name)} ({number(row.theirs)} against {number(row.ours)};"
        f" on the test posts {number(row.theirs_test)} against {number(row.ours_test)})"
        for row in found.itertuples(name="Ranked")
    ]
    if parts:
        lines = [
            f"By cross-fitted rank correlation another forecast ranks the posts better: {'; '.join(parts)}.",
            "For the order of posts by such an activity alone, that forecast is the better one.",
        ]
    else:
        lines = ["By cross-fitted rank correlation no other forecast ranks the posts clearly better on any activity."]
    most = trade.posts_with_half_of_the_views(study)
    lines.append(
        f"Measures per view count views, not posts: half of all views of the test posts are of"
        f" {count(most, 'post')} among {len(study.split.test):,}."
    )
    return Text("\n".join(lines))
