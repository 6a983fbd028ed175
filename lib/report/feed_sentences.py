"""Sentences of chapters 1 and 2: the posts of a feed, the activities that are predicted, and the count models."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.models import BASELINE, DEFAULT_VALUE, TRUTH
from lib.posts import ACTIVITIES, facts, rate_table, set_aside
from lib.report.numbers import Text, count, decimal, factor, listed, number, pct, span
from lib.simulation import calibration_table
from lib.study import Study, conversions, count_models, joint, scores

NOISY = 0.1  # a share of chance in the variance of a raw rate from which on it is called noisy
DECIDES = 0.5  # a share of the variance of a sum above which one activity decides it
ALIKE = 0.8  # a rank correlation of rates from which on one activity can stand in for another


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


def views(study: Study) -> Text:
    """How far the most viewed post is from the median post."""
    median, most = round(np.median(study.views)), study.views.max()
    return Text(
        f"Half of the posts have at most {count(median, 'view')}; the most viewed has {count(most)},"
        f" {number(most / median)} times as many."
    )


def follow(study: Study) -> Text:
    """How closely the counts follow the views: the least and the most close."""
    of = pd.DataFrame(study.counts, columns=study.activities).corrwith(pd.Series(study.views), method="spearman")
    ends = " to ".join(f"{number(of[name])} ({listed([name])})" for name in dict.fromkeys([of.idxmin(), of.idxmax()]))
    return Text(f"The rank correlation of a post's count with its views is {ends}")


def spread(study: Study) -> Text:
    """How far apart the rates of the middle half of the posts are: for the activity with least and with most spread."""
    quarters = study.rates.where(study.rates > 0).quantile([0.25, 0.75])
    ratio = (quarters.loc[0.75] / quarters.loc[0.25]).sort_values()
    names = dict.fromkeys(ratio.index[[0, -1]])
    ends = " to ".join(f"{number(ratio[name])} times ({listed([name])})" for name in names)
    return Text(f"Among posts with at least one, the upper quartile of the rates is {ends} the lower quartile.")


def dispersion_range(study: Study) -> Text:
    """How many times as much the counts vary as one common rate allows, from the least to the most dispersed."""
    of = rate_table(study.counts, study.views, study.activities)["dispersion"]
    return Text(f"{span([number(of.min()), number(of.max())])} times as much as one common rate allows")


def dispersion(study: Study) -> Text:
    """How far variance and zeros of the counts are from those of one common rate."""
    rates = rate_table(study.counts, study.views, study.activities)
    zeros = rates.loc[(rates["zeros"] - rates["zeros_binomial"]).idxmax()]
    lines = [f"Counts vary {dispersion_range(study)}."]
    if zeros["zeros"] > zeros["zeros_binomial"]:
        lines.append(
            f"Zeros show the same most clearly on {listed([zeros['name']])}: {pct(zeros['zeros'])} of the posts have"
            f" none, where a common rate would leave {pct(zeros['zeros_binomial'])} without."
        )
    return Text("\n".join(lines))


def together(study: Study) -> Text:
    """Which activities' rates are high on the same posts, and what that doesn't say."""
    found = _rank_correlations(study)
    if found.empty:
        return Text("With one activity there is nothing to compare.")
    first, last = found.idxmax(), found.idxmin()
    least = f", those of {listed(last)} least ({number(found[last])})" if len(found) > 1 else ""
    return Text(f"The rates of {listed(first)} go together most (rank correlation {number(found[first])}){least}.")


def published(study: Study) -> Text:
    """How many published figures this feed meets; of a simulated feed also why, and what its true rates reach."""
    of = calibration_table(study.posts)
    asked = of[of["met"].notna()]
    met = int(asked["met"].sum())
    beside = f"Of the {len(asked)} published figures that a simulation is measured by, this feed meets {met}."
    if study.truth is None:
        return Text(beside)
    limit = conversions.error(study, TRUTH, "sum")[1]
    best = max(result.get("r2", 0) for result in facts()["published_results_on_the_same_data"])
    return Text(
        f"{beside}\nThat is no evidence for the simulation, which was tuned to these figures."
        f"\nOn the test posts its true rates reach an R² of {decimal(limit, 2)} for the plain sum of all activities"
        f" over views; the best published model of the original data reaches {decimal(best, 2)}, and"
        " nobody knows what its true rates would reach."
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


def worth_predicting(study: Study) -> Text:
    """What makes an activity worth predicting: value, rarity and redundancy, with the numbers of this feed."""
    value = pd.Series({name: DEFAULT_VALUE[name] for name in study.activities})
    value = value[value > 0]
    rates = rate_table(study.counts, study.views, study.activities).set_index("name")["pooled"]
    lines = []
    if len(value):
        dear, cheap = value.idxmax(), value.idxmin()
        more = f", {number(value[dear] / value[cheap])} times as much as {listed([cheap])}" if dear != cheap else ""
        lines.append(f"- *Value*: by the assignment's weights {listed([dear])} is worth most{more}.")
    lines.append(
        f"- *Rarity*: {listed([rates.idxmin()])} happens in {pct(rates.min())} of views; the rarer an action, the more"
        " views a forecast of it takes."
    )
    found = _rank_correlations(study)
    if len(found):
        pair, most = found.idxmax(), found.max()
        word = "one of them could stand in for the other" if most >= ALIKE else "none can stand in for another"
        lines.append(
            f"- *Redundancy*: the rates of {listed(pair)} go together most, with a rank correlation of {number(most)}:"
            f" {word}."
        )
    return Text("\n".join(lines))


def ratio(study: Study) -> Text:
    """For which activities chance is much of a raw rate, for which it is little, and on how few views it is half."""
    table = count_models.comparison(study).set_index("name")
    chance = 1 - table["signal"]
    noisy, clear = chance[chance >= NOISY], chance[chance < NOISY]
    at, lines = f"At {median_views(study)} chance makes", []
    if len(noisy):
        ends = " to ".join(dict.fromkeys(pct(share) for share in (noisy.min(), noisy.max())))
        lines.append(
            f"{at} {ends} of the variance of a raw rate of {listed(noisy.index)}, and a squared error takes it for"
            " signal."
        )
    if len(clear):
        which = listed(clear.index) if len(noisy) else "every activity"
        lines.append(f"{at} under {pct(NOISY)} of the variance on {which}: a ratio loses little on a typical post.")
    first, rho = chance.idxmax(), table.loc[chance.idxmax(), "rho"]
    if rho > 0:
        half = (1 - rho) / rho
        fewer = (study.views[study.split.train] < half).mean()
        who = f"{pct(fewer)} of the posts have fewer: there it matters most" if fewer else "no post has fewer"
        lines.append(f"On {listed([first])} chance makes half of the variance at {count(half, 'view')}, and {who}.")
    return Text("\n".join(lines))


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
    """Views of the median training post, at which table 2.1 has the share of signal."""
    return count(np.median(study.views[study.split.train]), "view")


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
    """The gain of the best forecast as a ratio of probabilities."""
    best = scores.best(study)
    if best == BASELINE:
        return Text("On this feed no forecast gains anything to show it by.")
    alone, together = scores.gain(study, best).value, joint.gain(study, best, BASELINE).value
    return Text(
        f"The best forecast, for example, gains {number(alone)} nats (@sec-fusion): on average it gives the count of"
        f" one activity of an unseen post {factor(alone)} times the probability that no features give it.\n"
        f"It gives all {count(len(study.activities), 'count')} of a post together {factor(together)} times that"
        " probability; the counts depend on one another (@sec-fusion-joint)."
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
    """Whether one activity decides the variance of the conversion, for each weighting."""
    parts, lines = conversions.conversion_parts(study).set_index("name"), []
    for weights in conversions.WEIGHTS:
        shares = parts[f"{weights} variance"]
        first, most = listed([shares.idxmax()]), pct(shares.max())
        lines.append(
            f"By `{weights}` {first} decides the sum, with {most} of its variance: a model of the sum learns that"
            " activity and little of the others."
            if shares.max() > DECIDES
            else f"By `{weights}` no activity decides the sum: {first} has the largest share of its variance, {most}."
        )
    return Text("\n".join(lines))


def conversion_tail(study: Study) -> Text:
    """The share of the conversion's variance that a hundredth of the posts makes, by the first weighting."""
    weights = conversions.WEIGHTS[0]
    values = np.sort(conversions.conversion(study, weights))[::-1]
    squares = (values - values.mean()) ** 2
    most = -(-len(values) // 100)
    return Text(
        f"By `{weights}` the {count(most, 'post')} with the highest conversion, of {len(values):,},"
        f" {'makes' if most == 1 else 'make'} {pct(squares[:most].sum() / squares.sum())} of the variance."
    )


def _rank_correlations(study: Study) -> pd.Series:
    """Spearman's correlation of the rates of each pair of activities whose rates vary."""
    table = study.rates.corr(method="spearman")
    return table.where(np.triu(np.ones(table.shape, bool), 1)).stack().dropna()


def _reasons(table: pd.DataFrame) -> str:
    counted = table["reason"].value_counts() if len(table) else {}
    return " (" + "; ".join(f"{reason}: {n:,}" for reason, n in counted.items()) + ")" if len(table) else ""
