"""Sentences on the networks of our own, in chapters 3 to 5, and on the stored comparison of encoders of one family."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from lib.models import Interval
from lib.report.numbers import Text, count, interval, label_of, number, standing, verdict
from lib.report.raw import Html
from lib.report.tables import table
from lib.study import Study, own_models
from lib.study.own_models import BESIDE, FUSED, PHOTO, SMALL, TEXT, TUNED_PHOTO, TUNED_TEXT

_NOTHING = "Nothing was trained here: a network of our own needs at least {} posts with {}."


def networks(study: Study, *names: str) -> Html:
    """The rows of :func:`lib.study.own_models.table` as a table."""
    gains = {"value": "gain", "low": "from", "high": "to"}
    gains |= {"more": "over frozen", "more_low": "from", "more_high": "to"}
    headings = {"name": "model", "weights": "weights trained", "seconds": "seconds", "device": "on"} | gains
    formats = {"weights": ",.0f", "seconds": ",.0f"} | dict.fromkeys(gains, ",.3f")
    return table(own_models.table(study, *names), headings, formats)


def photo(study: Study) -> Text:
    """The photo networks of our own beside the regression on the frozen vector, and the control without pretraining."""
    if PHOTO not in own_models.listed(study):
        return Text(_NOTHING.format(own_models.LEAST, "photos"))
    more, scratch = (own_models.gain(study, name, "photo_vector") for name in (PHOTO, SMALL))
    word = verdict(
        more,
        "it pays to train it on these posts",
        "it does harm to train it on these few posts",
        "these posts don't tell whether it pays",
        "it doesn't pay",
    )
    return Text(
        f"{_how(study)}\n"
        f"The network that is trained further is {standing(more)} the regression on its frozen vector: the difference"
        f" is {interval(more)} nats, so {word}.\n"
        f"The small network that starts from random weights is {standing(scratch)} that regression:"
        f" {interval(scratch)} nats.\n"
        f"{_tuned(study, TUNED_PHOTO)}"
    )


def control(study: Study) -> Text:
    """What is left of the photo vector's gain if the network has random weights, and what that means."""
    if PHOTO not in own_models.listed(study):
        return Text("Nor is there anything to hold random weights against.")
    behind = own_models.behind_without_training(study)
    if behind is not None:
        return Text(f"With random weights in the same network {_pretraining(behind, study.simulated)}")
    of = stored()
    row = next((row for row in of["rows"] if row["name"] == own_models.RANDOM), None) if of else None
    how = f"`make report PHOTO_RIVALS={own_models.RANDOM}` measures it on this feed."
    if row is None or not study.simulated:
        return Text(
            f"What the training on other photos is worth only random weights in the same network can tell: {how}"
        )
    value, low, high = row["behind"]
    return Text(
        f"With random weights in the same network, in the stored comparison of @tbl-image-model-family,"
        f" {_pretraining(Interval(-value, -high, -low, 0.95), True)}\n{how}"
    )


def text(study: Study) -> Text:
    """The text network of our own beside the regression on the frozen vector."""
    if TEXT not in own_models.listed(study):
        return Text(_NOTHING.format(own_models.LEAST, "texts"))
    more, words = (own_models.gain(study, TEXT, over) for over in ("text_vector", "text_words"))
    word = verdict(
        more,
        "a network of our own pays here",
        "a network of our own doesn't pay on these few posts",
        "these posts don't tell which of the two is better",
        "either will do",
    )
    return Text(
        f"It is {standing(more)} the regression on the frozen vector: the difference is {interval(more)} nats,"
        f" so {word}.\nIt is {standing(words)} the regression on the words alone, which has learnt from the same texts:"
        f" {interval(words)} nats.\n"
        f"{_tuned(study, TUNED_TEXT)}"
    )


def fused(study: Study) -> Text:
    """The network of words and photo beside the regression on both frozen vectors and beside its parts."""
    if FUSED not in own_models.listed(study):
        return Text(_NOTHING.format(own_models.LEAST, "both photos and texts"))
    more = own_models.gain(study, FUSED, own_models.BESIDE[FUSED])
    parts = "; ".join(
        f"{standing(by)} *{label_of(name)}* ({interval(by)} nats)"
        for name in (TEXT, PHOTO)
        for by in [own_models.difference(study, FUSED, name)]
    )
    return Text(
        f"It is {standing(more)} the regression on both frozen vectors: the difference is {interval(more)} nats.\n"
        f"Of its parts, each trained alone, it is {parts}."
    )


def family() -> pd.DataFrame:
    """The rows of the stored comparison of encoders, the best by cross-fitted score first; none without one."""
    of = stored()
    more = ("more", "more_low", "more_high")
    return pd.DataFrame([row | dict(zip(more, row["behind"], strict=True)) for row in (of["rows"] if of else [])])


def size_pays() -> Text:
    """Where the stored comparison comes from, and whether larger networks of one family gain more."""
    of = stored()
    if of is None:
        return Text("No comparison of sizes is stored here; `python bench/encoders.py` makes one.")
    rows = {row["name"]: row for row in of["rows"]}
    base, larger = rows[_BASE], [rows[name] for name in _LARGER]
    parts = [
        f"*{row['name']}* is {standing(by)} *{_BASE}* ({interval(by)} nats) at"
        f" {number(row['milliseconds'] / base['milliseconds'])} times its cost"
        for row in larger
        for by in [Interval(*row["behind"], 0.95)]
    ]
    best = max([base, *larger], key=lambda row: row["cross_fitted"])
    pays = "size does not pay" if best is base else f"cross-fitting would choose *{best['name']}*"
    return Text(
        f"It is a stored comparison on a simulated feed of {count(of['posts'], 'post')}, whose photos are drawn"
        f" (`{of['command']}`, {of['date']}), and says nothing about real photos.\nThere {'; '.join(parts)}: {pays}."
    )


def stored() -> dict[str, Any] | None:
    """The results of ``bench/encoders.py``; None if there are none."""
    file = Path(__file__).with_name("encoders.json")
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


_BASE, _LARGER = "efficientnet-lite0", ("efficientnet-lite1", "efficientnet-lite2")


def _how(study: Study) -> str:
    """How the photo networks were trained, and what would train them further."""
    if own_models.full():
        device = own_models.trained(study, PHOTO).device
        return f"All blocks of the photo network were trained, on {device}."
    return (
        "To save time only the last block of the photo network is trained, on stored feature maps, for a fixed number"
        " of steps; `make report TRAIN=full` trains all blocks and longer, which is for a GPU."
    )


def _tuned(study: Study, name: str) -> str:
    """What training all weights of an encoder gains, or how it would be trained."""
    if name not in own_models.listed(study):
        return "An encoder that is a model of the hub would be trained further too by `make report TRAIN=full`."
    more = own_models.gain(study, name, BESIDE[name])
    return (
        f"The encoder itself, all of whose weights were trained on these posts, is {standing(more)} the regression on"
        f" its frozen vector: the difference is {interval(more)} nats."
    )


def _pretraining(behind: Interval, drawn: bool) -> str:
    """What it means how far random weights are behind trained ones."""
    lead = f"the regression is {interval(behind)} nats behind"
    drawn_too = " on drawn ones too" if drawn else ""
    nothing = "in drawn photos any filters keep the colours and shapes that count" if drawn else "any filters will do"
    word = verdict(
        behind,
        f"what the network learnt from other photos is worth that much{drawn_too}",
        f"what the network learnt from other photos does harm here; {nothing}",
        f"it is not shown that what the network learnt from other photos matters here; maybe {nothing}",
        f"what the network learnt from other photos does not matter here; {nothing}",
    )
    return f"{lead}: {word}."
