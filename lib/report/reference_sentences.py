"""Sentences on the assignment's measure: our forecasts compared with the reference answer and published errors."""

from __future__ import annotations

from lib.models import AutoML, ReferenceAnswer
from lib.posts import facts
from lib.report.numbers import Text, interval, label_of, listed, verdict
from lib.report.raw import Html
from lib.report.tables import table
from lib.study import Study, conversions, scores


def reference(study: Study) -> Text:
    """Whether our predicted rates give the conversion with a smaller error than the reference answer, by weighting."""
    if conversions.REFERENCE not in conversions.trained(study):
        return Text(
            "The reference answer trains a model on the conversion itself. That takes a while on few posts too,"
            f" so a feed of fewer than {conversions.SMALL:,} posts goes without it."
        )
    lines = ["The reference answer was trained on that very target, on the same training posts."]
    if not conversions.as_published():
        (trees, borders), (all_trees, all_borders) = ReferenceAnswer.QUICK, ReferenceAnswer.FULL
        lines.append(
            f"To save time it has {trees:,} trees in place of {all_trees:,}, and its columns are split at {borders}"
            f" values at most in place of {all_borders}; `REFERENCE=full make report` fits it as published."
        )
    seeing = [(name, ", which saw the same vectors,") for name in [scores.on_vectors(study)] if name]
    for name, seen in [*seeing, (scores.best(study), "")]:
        parts = []
        for weights in conversions.WEIGHTS:
            found = conversions.gain(study, name, weights)
            word = verdict(found, "lower than", "higher than", "not clearly different from")
            parts.append(f"{word} the reference answer's by `{weights}` (the difference is {interval(found)})")
        lines.append(
            f"Read off the means of *{label_of(name)}*{seen} the conversion has a mean squared error {listed(parts)}."
        )
    return Text("\n".join([*lines, _automl(study)]))


def orders(study: Study) -> Text:
    """Whether the log score and the squared error of the conversion put the same forecast first."""
    board, errors = scores.leaderboard(study).set_index("name"), conversions.errors(study).set_index("name")
    ours = [name for name in study.forecasts if name in errors.index]
    first, weights = board.loc[ours, "log_score"].idxmax(), conversions.WEIGHTS[0]
    other = errors.loc[ours, weights].idxmin()
    if first == other:
        return Text(
            f"On the test posts *{label_of(first)}* has both the best log score and the smallest squared error of the"
            f" conversion by `{weights}`."
        )
    return Text(
        f"On the test posts *{label_of(first)}* has the best log score, and *{label_of(other)}* the smallest squared"
        f" error of the conversion by `{weights}`: they are different questions, and we judge by the first."
    )


def _automl(study: Study) -> str:
    """What the row of the AutoML attempt is, or how to add it."""
    what = f"a search over models and settings of {AutoML.SECONDS} seconds for each weighting"
    if conversions.AUTOML in conversions.trained(study):
        return f"*{label_of(conversions.AUTOML)}* is {what} on the same vectors. The reference answer gave it up."
    how = "`.venv/bin/pip install -e '.[automl]'`"
    return f"{how} adds a row for the AutoML attempt that the reference answer gave up: {what}."


def beside_published(study: Study) -> Text | Html:
    """A table of our squared errors and the published ones, or why they are not compared."""
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
    return table(
        conversions.published_errors(study),
        {"target": "target", "who": "by", "model": "model", "published": "MSE, published", "best": "MSE, our best"},
        {"published": "~3", "best": "~3"},
    )
