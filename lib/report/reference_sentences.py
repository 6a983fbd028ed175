"""Sentences on the assignment's measure: how our forecasts stand beside its own answer, and beside published figures.

Every function takes the study and returns text that a notebook shows as Markdown.
"""

from __future__ import annotations

from IPython.display import HTML

from lib.models import VECTORS, Assignment, AutoML
from lib.posts import facts
from lib.report import tables
from lib.report.numbers import Text, interval, listed, verdict
from lib.study import conversions, scores
from lib.study.study import Study


def assignment(study: Study) -> Text:
    """Whether the conversion read off our means beats the assignment's model, trained on it, by both weightings."""
    if conversions.ASSIGNMENT not in conversions.trained(study):
        return Text(
            "The assignment trained a model on the conversion itself; it takes minutes to fit, and a feed of fewer than"
            f" {conversions.SMALL:,} posts goes without it."
        )
    lines = ["The assignment's model was trained on that very target, on the training and the validation posts."]
    if len(study.posts) < conversions.LARGE:
        lines.append(
            f"On a feed under {conversions.LARGE:,} posts its columns are split at {conversions.FEW_BORDERS} values at"
            f" most in place of {Assignment.BORDERS}, to save time; the rest of it is as it was."
        )
    for name, seen in ((VECTORS, ", which saw the same vectors,"), (scores.best(study), "")):
        said = []
        for weights in conversions.WEIGHTS:
            found = conversions.gain(study, name, weights)
            word = verdict(found, "lower than", "higher than", "not clearly different from")
            said.append(f"{word} the assignment's by `{weights}`, the difference being {interval(found)}")
        lines.append(f"Read off the means of *{name}*{seen} the conversion has a mean squared error {listed(said)}.")
    return Text("\n".join(lines))


def automl(study: Study) -> Text:
    """What the row of the AutoML attempt is, or how to get it; nothing where the feed is too small for either."""
    what = f"a search over models and settings of {AutoML.SECONDS} seconds for each weighting"
    if conversions.AUTOML in conversions.trained(study):
        return Text(f"*{conversions.AUTOML}* is {what} on the same vectors, as the assignment tried and gave up.")
    if len(study.posts) < conversions.SMALL:
        return Text("")
    how = "`.venv/bin/pip install -e '.[automl]'`"
    return Text(f"{how} adds a row for the AutoML attempt that the assignment gave up: {what}.")


def beside_published(study: Study) -> Text | HTML:
    """Our squared errors beside the published ones, or why there is no such comparison."""
    if study.simulated:
        return Text(
            "Errors have been published for the original posts, and these are simulated: whether a number here is"
            " larger or smaller than one there says nothing, so the two are not set side by side."
        )
    if not conversions.is_original(study):
        return Text(
            f"Errors have been published for the original table of {facts()['rows']:,} posts, and this is another:"
            " an error depends on how much the rates vary, so the two are not set side by side."
        )
    return tables.table(
        conversions.published_errors(study),
        {"target": "target", "who": "by", "model": "model", "published": "MSE, published", "best": "MSE, our best"},
        {"published": "~3", "best": "~3"},
    )
