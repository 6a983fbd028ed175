"""Sentences of chapters 3 and 4 on the vectors: encoders, components, training posts, and what models look at."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from lib.features import reader
from lib.models import Interval
from lib.posts import as_html
from lib.report.model_sentences import has, photo_vector_adds, text_vector_adds, worth_having
from lib.report.numbers import (
    STANDINGS,
    Text,
    count,
    interval,
    label_of,
    listed,
    number,
    pct,
    standing,
    verdict,
)
from lib.storage import checkout
from lib.study import Study, ablations, explanations, scores


def encoder(study: Study, kind: str) -> Text:
    """The encoder of the vectors of a kind ("text" or "photo"), its source and its licence."""
    encoder = study.encoders[kind]
    return Text(
        f"*{encoder.name}* ({encoder.source}; licence {encoder.licence}), which makes {encoder.dim:,} numbers of it"
    )


def presence(study: Study, kind: str) -> Text:
    """How many posts have a photo (or a text)."""
    has = int(study.readable[kind][f"has_{kind}"].sum())
    if has == 0:
        return Text(f"No post of this feed has a {kind}, so there is nothing to learn from it here.")
    return Text(
        f"Of {count(len(study.posts), 'post')}, {has:,} have a {kind}; that a post has none is a feature of its own."
    )


def encoders_compared(study: Study, kind: str) -> Text:
    """How the encoder in use compares with the other encoders."""
    if not has(study, kind):
        return Text(f"Without {kind}s there is nothing to compare.")
    trials = ablations.by_encoder(study, kind)
    own = study.encoders[kind].name
    against = {name: ablations.difference(trials[own], trial) for name, trial in trials.items() if name != own}
    sides = {word: [] for word in STANDINGS}
    for name, by in against.items():
        ends = f"{number(by.value)}; {number(by.low)} to {number(by.high)}"
        sides[standing(by)].append(f"*{name}* ({ends})")
    chosen = max(trials, key=lambda name: trials[name].cross_fitted)
    parts = "; ".join(f"{word} {listed(names)}" for word, names in sides.items() if names)
    return Text(
        f"Cross-fitting would choose *{chosen}*.\nOn the test posts *{own}*, which is in use, is {parts}:"
        " in brackets the difference in nats per post and activity, and its 95 % interval."
    )


def pooling(study: Study) -> Text:
    """Gain of a weighted mean of word vectors, by the rarity of the words, over their plain mean."""
    trials = ablations.by_encoder(study, "text")
    by = ablations.difference(trials["navec-sif"], trials["navec-mean"])
    word = verdict(by, "better than", "worse than", "not clearly different from", "no different from")
    return Text(
        f"Of the two ways to pool word vectors, weighing words by their rarity is {word} their plain mean here:"
        f" the difference is {interval(by)} nats."
    )


def on_a_gpu() -> Text:
    """The newest measurements of ``bench/gpu.py`` that are stored."""
    root = checkout()
    found = [json.loads(path.read_text(encoding="utf-8")) for path in (root or Path()).glob("bench/results/gpu-*.json")]
    if not found:
        return Text("No measurement on a GPU is stored here; `make gpu` makes one.")
    newest = max(found, key=lambda result: result["date"])
    shares = {what.partition(",")[0]: value for what, value, _ in newest["rows"] if what.endswith(", loop over bare")}
    speeds = [[*what.split(", "), float(f"{value:.3g}")] for what, value, _ in newest["rows"] if ", bare, " in what]
    parts = "; ".join(f"{name} {number(value)} {unit} and {number(shares[name])}" for name, _, unit, value in speeds)
    met = [value >= bar for _, value, bar in newest["rows"] if bar is not None]
    return Text(
        f"What networks alone did on one {newest['card']} ({newest['date']}, random weights), and which share of it"
        f" the embedding loop reached: {parts}. The loop meets {sum(met)} of {count(len(met), 'bar')} of the"
        " bench of GPUs."
    )


def draws() -> Text:
    """How many draws of training posts each point of a learning curve averages."""
    return count(ablations.DRAWS, "draw")


def components(study: Study, kind: str) -> Text:
    """Gain of more components of the vectors."""
    if not has(study, kind):
        return Text(f"Without {kind}s there are no components to choose.")
    trials = list(ablations.by_components(study, kind).items())
    if len(trials) < 2:
        return Text(f"Too few posts have a {kind} for a second number of components.")
    (few, theirs), (many, ours) = trials[-2:]
    by = ablations.difference(ours, theirs)
    word = verdict(by, "finer detail still pays", "the rest is noise", "no clear difference")
    return Text(f"From {few:,} to {many:,} components the log score changes by {interval(by)} nats: {word}.")


def more_posts(study: Study, name: str) -> Text:
    """Gain of the last doubling of the training posts, and whether more posts would help."""
    if not has(study, name):
        return Text(f"More posts without {name}s would not help.")
    (half, theirs), (whole, ours) = list(ablations.by_posts(study, name).items())[-2:]
    by = ablations.difference(ours, theirs)
    word = verdict(
        by, "more posts would help further", "more posts did harm", "there is no evidence that more would help"
    )
    return Text(f"Going from {half:,} to {whole:,} training posts gained {interval(by)} nats: {word}.")


def takeaways(study: Study, kind: str) -> Text:
    """What was learnt from the photo or the text alone, as a list in Markdown."""
    if not has(study, kind):
        return Text(f"- This feed has no {kind}s, so it doesn't tell what they are worth.")
    adds = photo_vector_adds if kind == "photo" else text_vector_adds
    worth = f"On unseen posts the {kind} alone is {worth_having(study, kind)}: it gains"
    lines = [
        f"{worth} {interval(scores.gain(study, kind))} nats per post and activity.",
        adds(study),
        more_posts(study, kind),
    ]
    return Text("\n".join(f"- {line}" for line in lines))


def most_covered(study: Study) -> Text:
    """How much a predicted rate changes without the most important part of a photo."""
    found = explanations.covered(study, scores.featured(study, "photo")[0])
    if not found:
        return Text("No test post has a photo to look into.")
    most = [float(np.exp(np.abs(post.effect).max())) for post in found]
    return Text(
        f"Covering the part that matters most makes the predicted rate {number(min(most))} to {number(max(most))} times"
        f" as high or as low, over {count(len(found), 'photo')}."
    )


def lettering(study: Study) -> Text:
    """What the words on the photos would add, if they were read without an error."""
    if not study.simulated:
        return Text("What they would add can be measured only where they are known: on a simulated feed.")
    table = ablations.lettering_table(study)
    every = table[table["kind"] == "all"].set_index("name")
    if every.empty:
        return Text("Too few test posts of this feed have words on their photo.")
    said = f"On {count(every['posts'].iloc[0], 'test post')} with words on the photo, {_gains_of_words(every)}."
    rest = table[(table["kind"] != "all") & (table["name"] == every.index[-1]) & (table["low"] > 0)]
    if len(rest):
        most = rest.loc[rest["value"].idxmax()]
        beside = f"{number(most['value'])} nats beside *{label_of(most['name'])}*"
        said += f"\nThey would add most to a {most['kind']} ({beside})."
    return Text(said)


def words_read(study: Study) -> Text:
    """What the words on the photos add as Tesseract reads them, or how a report is asked for that."""
    if not has(study, "photo"):
        return Text("Without photos there are no words to read.")
    if not ablations.reads_photos(study):
        lacks = "" if reader() else ", which is not installed here"
        return Text(f"`make report OCR=full` reads them by Tesseract with its Russian data{lacks}.")
    said, right = ablations.words_read(study), ""
    if study.simulated:
        of_known, of_read = ablations.share_read(study)
        right = f", {pct(of_known)} of those that are there; {pct(of_read)} of what it read is right"
    return Text(
        f"{reader().capitalize()} found words on {count((said != '').sum(), 'photo')}{right}.\n"
        f"Over all test posts, {_gains_of_words(ablations.words_read_table(study).set_index('name'))}."
    )


def _gains_of_words(table: pd.DataFrame) -> str:
    """What the words on photos gain, from rows by id of the model that sees them: ``value``, ``low``, ``high``."""
    lines = []
    for name, row in table.iterrows():
        gain = Interval(row["value"], row["low"], row["high"], 0.95)
        word = verdict(gain, "a clear gain", "a loss", "no clear gain", "too little to matter")
        lines.append(f"beside *{label_of(name)}* they gain {interval(gain)} nats per post and activity, {word}")
    return "; ".join(lines)


def most_left_out(study: Study) -> Text:
    """The parts of the shown texts with the strongest effects on a predicted rate, up and down."""
    shown = explanations.left_out(study, scores.featured(study, "text")[0])
    parts = [(part.strip(), effect) for post in shown for part, effect in zip(post.parts, post.effect, strict=True)]
    if not parts:
        return Text("No test post has a text of a fitting length.")
    found = []
    for part, effect in (max(parts, key=lambda pair: pair[1]), min(parts, key=lambda pair: pair[1])):
        word = "higher" if effect > 0 else "lower"
        found.append(f"with “{as_html(part, 60)}” it is {pct(abs(np.expm1(effect)))} {word} than without")
    return Text(f"The predicted rate depends most on these parts of the texts shown: {', and '.join(found)}.")
