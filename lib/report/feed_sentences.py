"""Sentences of chapters 1 and 2: the posts of a feed, the activities that are predicted, and the count models."""

from __future__ import annotations

import pandas as pd

from lib.models import BASELINE, TRUTH
from lib.posts import ACTIVITIES, facts, rate_table, set_aside
from lib.report.numbers import Text, count, decimal, factor, listed, number, pct
from lib.simulation import calibration_table
from lib.study import Study, conversions, count_models, joint, scores


def lead(study: Study) -> Text:
    """How large the feed is, and which activity is most and least frequent."""
    rates = rate_table(study.counts, study.views, study.activities)
    top, rare = rates.loc[rates["pooled"].idxmax()], rates.loc[rates["pooled"].idxmin()]
    return Text(
        f"The feed holds {count(len(study.posts), 'post')} with {count(study.views.sum(), 'view')}.\n"
        f"A view most often ends in {listed([top['name']])} ({pct(top['pooled'])} of views) and most rarely in"
        f" {listed([rare['name']])} ({pct(rare['pooled'])})."
    )


def absent(study: Study) -> Text:
    """How many posts lack a text or a photo."""
    texts, photos = (study.posts["text"] == "").mean(), study.posts["photo"].isna().mean()
    return Text(f"Of all posts, {pct(texts)} have no text and {pct(photos)} no usable photo.")


def reading(study: Study) -> Text:
    """How many rows and photos can't be used, and why."""
    rejected, problems = study.posts.attrs["rejected"], study.posts.attrs["photo_problems"]
    rows = f"{count(len(rejected), 'row')} of the table could not be used{_reasons(rejected)}."
    photos = f"Of the posts that stay, {count(len(problems), 'photo')} could not be decoded{_reasons(problems)}."
    shown = [rows if len(rejected) else "Every row of the table can be used."]
    shown.append(photos if len(problems) else "Every photo of the posts that stay can be decoded.")
    return Text("\n".join(shown if study.posts["photo"].notna().any() or len(problems) else shown[:1]))


def dispersion(study: Study) -> Text:
    """How far variance and zeros of the counts are from those of one common rate."""
    rates = rate_table(study.counts, study.views, study.activities)
    zeros = rates.loc[(rates["zeros"] - rates["zeros_binomial"]).idxmax()]
    least, most = number(rates["dispersion"].min()), number(rates["dispersion"].max())
    return Text(
        f"With one common rate, the variance of the counts would be {least} to {most} times smaller than it is.\n"
        f"Zeros show the same: {pct(zeros['zeros'])} of posts have no {listed([zeros['name']])} at all, where a common"
        f" rate would leave {pct(zeros['zeros_binomial'])} without."
    )


def published(study: Study) -> Text:
    """How many published figures this feed meets; of a simulated feed also why, and how much easier it is."""
    of = calibration_table(study.posts)
    asked = of[of["met"].notna()]
    met = int(asked["met"].sum())
    beside = (
        f"Of {len(asked)} published figures a simulation is measured by, this feed of {len(study.posts):,} meets {met}."
    )
    if study.truth is None:
        return Text(beside)
    limit = conversions.error(study, TRUTH, "sum")[1]
    best = max(result.get("r2", 0) for result in facts()["published_results_on_the_same_data"])
    easier = ": the simulation is the easier feed" if limit > best else ""
    return Text(
        f"{beside}\nThat is no evidence for the simulation: it was tuned to these figures."
        f"\nOn the test posts its true rates reach an R² of {decimal(limit, 2)} for the plain sum of all activities"
        f" over views; the best published model of the original data reaches {decimal(best, 2)}{easier}."
    )


def number_of_activities(study: Study) -> Text:
    """How many activities are modelled."""
    return count(len(study.activities), "activity", "activities")


def activities(study: Study) -> Text:
    """Which activities can be modelled on this feed, and which are set aside."""
    aside = set_aside(study.posts, study.split)
    lines = [f"Set aside because {reason}: {listed(names)}." for reason, names in aside.items()]
    lines = lines or [f"All {len(ACTIVITIES)} happen often enough; none is set aside."]
    return Text("\n".join([f"Modelled here: {listed(study.activities)}.", *lines]))


def beyond_binomial(study: Study) -> Text:
    """Gain of the beta-binomial over the binomial, without features."""
    table = count_models.comparison(study)
    gained = table["beta-binomial"] - table["binomial"]
    return Text(f"{number(gained.min())} to {number(gained.max())} nats per post")


def signal(study: Study) -> Text:
    """The activities whose observed rates have the largest and the smallest share of signal."""
    signal = count_models.comparison(study).set_index("name")["signal"]
    return Text(f"The clearest target is {listed([signal.idxmax()])}, the noisiest {listed([signal.idxmin()])}.")


def median_views(study: Study) -> Text:
    """Views of the median post."""
    return count(int(study.posts["view"].median()), "view")


def few_views(study: Study) -> Text:
    """Views of the post at the lower quartile."""
    return count(int(study.posts["view"].quantile(0.25)), "view")


def rarest(study: Study) -> Text:
    """The activity with the lowest mean rate."""
    return listed([count_models.rarest(study)])


def steps_of_count_models(study: Study) -> Text:
    """Gain of each further parameter of the count models, and the activity with the largest gain."""
    table = count_models.comparison(study).set_index("name")
    gained = table["beta-binomial"] - table["binomial"]
    inflated = table["zero-inflated"] - table["beta-binomial"]
    return Text(
        f"The step from binomial to beta-binomial is worth most on {listed([gained.idxmax()])}.\n"
        f"A further share of certain zeros adds {number(inflated.max())} nats per post at most, on"
        f" {listed([inflated.idxmax()])}, and {number(inflated.median())} on the median activity."
    )


def count_models_verdict(study: Study) -> Text:
    """How often the count models reproduce the observed zeros and quantiles of the activities."""
    of = count_models.replicates(study)
    right = of.assign(right=(of["low"] <= of["observed"]) & (of["observed"] <= of["high"]))
    share = right.groupby("model", sort=False)["right"].mean()
    parts = [f"{pct(share[model])} under the {model} model" for model in share.index]
    return Text(
        "Of the zeros and the three quantiles of every activity, the observed value lies in the drawn range in "
        + ", ".join(parts[:-1])
        + f" and {parts[-1]}; a perfect model would reach about 90 %."
    )


def worth_of_a_nat(study: Study) -> Text:
    """The gain of the text as a ratio of probabilities."""
    alone, together = scores.gain(study, "text").value, joint.gain(study, "text", BASELINE).value
    return Text(
        f"The text alone, for example, gains {number(alone)} nats (@sec-text-model), so that on average it holds the"
        f" count of one activity of an unseen post for {factor(alone)} times as probable as no features do."
        f" All {count(len(study.activities))} counts of a post together it holds for {factor(together)} times as"
        " probable; they depend on one another (@sec-fusion-joint)."
    )


def split(study: Study) -> Text:
    """Sizes of the parts, and the duplicates removed."""
    s = study.split
    train, test = f"{len(s.train):,}", f"{len(s.test):,}"
    parts = f"There are {train} posts to train the models and {test} to test them."
    number = len(s.removed)
    if not number:
        return Text(f"{parts}\nNo other post repeats a test post's text or photo.")
    repeats, were = ("repeats", "was") if number == 1 else ("repeat", "were")
    removed = f"{count(number, 'other post')} that {repeats} a test post's text or photo {were} taken out"
    return Text(f"{parts}\n{removed}: a model must not be tested on what it was trained on.")


def deciding_activities(study: Study) -> Text:
    """Which activity contributes most to the variance of each weighting of the conversion."""
    parts = conversions.conversion_parts(study).set_index("name")
    first, second = (parts[f"{weights} variance"].idxmax() for weights in ("weights", "weights_mean"))
    return Text(f"The first weighting is decided by {listed([first])} and the second by {listed([second])}")


def _reasons(table: pd.DataFrame) -> str:
    counted = table["reason"].value_counts() if len(table) else {}
    return " (" + "; ".join(f"{reason}: {n:,}" for reason, n in counted.items()) + ")" if len(table) else ""
