"""A model as one file that is safe to load, and its forecasts of new posts.

The file is in the safetensors format: arrays (see :mod:`lib.storage.arrays`), and a JSON text that describes them.
"""

from __future__ import annotations

import io
import json
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import safetensors.numpy
from PIL import Image
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open

from lib.embedding import Encoder, photo_encoder, text_encoder
from lib.features import (
    BLOCKS,
    CONTEXT_BLOCKS,
    READABLE_BLOCKS,
    Words,
    block_makers,
    conditions_met,
    make_blocks,
    readable_features,
)
from lib.models.forecast import Forecast
from lib.models.registry import KINDS, ModelSpec, forecast_posts
from lib.models.structure import Structure
from lib.posts import ACTIVITIES
from lib.storage import (
    Arrays,
    FileError,
    ModelError,
    digest,
    make_folder,
    model_folder,
    part,
    vectors_folder,
    write_whole,
)

MODEL_FILE = "model.safetensors"

_FORMAT = 7
# Sizes in pixels tell how a source stores its photos; log_aspect repeats aspect.
_NOT_NAMED = ("width", "height", "log_aspect")
_PACKAGES = ("catboost", "numpy", "pandas", "pillow", "scikit-learn", "scipy", "torch")


def write_model(about: Mapping[str, Any], arrays: Arrays, folder: Path | None = None) -> Path:
    """Write a model to a file, whole or not at all.

    Parameters
    ----------
    about, arrays
        As in :class:`SavedModel`. The format, versions, time and digest are added.
    folder
        The folder to write to; unless given, :func:`lib.storage.model_folder`.

    Returns
    -------
    Path of the file.

    Raises
    ------
    ModelError
        If the file can't be written.
    """
    folder = folder or model_folder()
    arrays = {key: np.asarray(values, order="C") for key, values in arrays.items()}
    about = {"format": _FORMAT, **about, "written": datetime.now(UTC).isoformat(timespec="seconds")}
    about["versions"] = {"python": sys.version.split()[0]} | {name: version(name) for name in _PACKAGES}
    about["digest"] = _digest(about, arrays)
    data = safetensors.numpy.save(arrays, {"about": json.dumps(about, ensure_ascii=False)})
    try:
        make_folder(folder)
        write_whole(folder / MODEL_FILE, data)
    except FileError as error:
        raise ModelError(f"The model is not saved: {error} The variable VIEW_TO_ACTION_HOME says where.") from None
    return folder / MODEL_FILE


def load_model(folder: Path | None = None) -> SavedModel:
    """Load the model that a report saved.

    Parameters
    ----------
    folder
        The folder to read from; unless given, :func:`lib.storage.model_folder`.

    Raises
    ------
    ModelError
        If there is no file, the file is damaged or in another format, or this machine makes other vectors or features
        than those that the model was fitted to.
    """
    path = (folder or model_folder()) / MODEL_FILE
    if not path.is_file():
        raise ModelError(f"{path}: there is no saved model yet. Run make report first.")
    try:
        with safe_open(path, "numpy") as file:
            about = json.loads((file.metadata() or {})["about"])
            arrays = {key: file.get_tensor(key) for key in file.keys()}
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ModelError(f"{path} is damaged or is not a saved model ({error}). Run make report again.") from None
    found = about.get("format") if isinstance(about, dict) else None
    if found != _FORMAT:
        way_out = "Update this project" if isinstance(found, int) and found > _FORMAT else "Run make report again"
        raise ModelError(f"{path} is in format {found!r}, and this version reads format {_FORMAT}. {way_out}.")
    if about.get("digest") != _digest(about, arrays):
        raise ModelError(f"{path} is damaged: its content differs from what was written. Run make report again.")
    try:
        TypeAdapter(_About).validate_json(json.dumps(about))
    except ValidationError as error:
        raise _damaged(path, first_fault(error)) from None
    model = SavedModel(about, arrays)
    model.check(path)
    return model


def model_digest(folder: Path | None = None) -> str:
    """The digest that the saved model names; "" if there is no model, or its file can't be read.

    Only the head of the file is read: :func:`load_model` checks that the digest is right.
    """
    try:
        with safe_open((folder or model_folder()) / MODEL_FILE, "numpy") as file:
            return str(json.loads((file.metadata() or {})["about"])["digest"])
    except (SafetensorError, OSError, KeyError, ValueError, TypeError):
        return ""


def first_fault(error: ValidationError) -> str:
    """Where the fields of a file are wrong, and how, in one line."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part)[:40] for part in fault["loc"]) or "all of it"
    return f"{place}: {fault['msg'][:1].lower()}{fault['msg'][1:]}"


def feature_ranges(readable: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, list[float]]]:
    """Smallest and largest value of each readable feature of a feed: by "text" and "photo", then by feature.

    A text or photo that is absent counts for ``has_text`` or ``has_photo`` only.
    """
    found = {}
    for kind in ("text", "photo"):
        table, presence = readable[kind], f"has_{kind}"
        values = table[table[presence] == 1]
        found[kind] = {presence: [float(table[presence].min()), float(table[presence].max())]}
        if len(values):
            found[kind] |= {
                name: [float(values[name].min()), float(values[name].max())] for name in table if name != presence
            }
    return found


@dataclass(frozen=True)
class SavedModel:
    """A fitted model that can forecast posts without counts.

    Attributes
    ----------
    about
        The description in the file: ``forecast``, the id of the model; ``models``, the fields of the model and of its
        members, by id; ``groups``, those that they know; ``activities``, those that the model forecasts; ``set_aside``,
        the other activities with their pooled rate (None if the rate is zero); ``views``, the feed's median; ``ranges``
        of the feed's readable features (see :func:`feature_ranges`); ``makers`` of the blocks (see
        :func:`lib.features.block_makers`); ``source``, ``simulated``, ``training_posts`` and more.
    arrays
        The fitted models in the form of :mod:`lib.storage.arrays`, by id, each with its ``structure``, and
        ``quantiles`` (q, a) of the means forecast for the feed's test posts.
    """

    about: dict[str, Any]
    arrays: dict[str, np.ndarray]

    @property
    def views(self) -> int:
        """The median number of views of the feed's posts."""
        return round(self.about["views"])

    @property
    def activities(self) -> list[str]:
        """The activities that the model forecasts, in the order of the forecast's columns."""
        return self.about["activities"]

    @property
    def groups(self) -> list[str]:
        """Names of the groups that the model knows."""
        return self.about["groups"]

    @property
    def label(self) -> str:
        """The name that readers see."""
        return self._specs[self.about["forecast"]].label

    def predict(self, posts: pd.DataFrame, readable: Mapping[str, pd.DataFrame] | None = None) -> Forecast:
        """Forecast posts.

        Parameters
        ----------
        posts
            A table with the columns ``text`` (str) and ``photo`` (bytes that decode, or None), and ``group`` and
            ``time`` if they are known, as :func:`lib.posts.read_posts` returns it. A post of no known group gets the
            forecast of a model that knows none.
        readable
            The posts' readable features from :func:`lib.features.readable_features`, if already computed.
        """
        words = self._words if "text_words" in self._blocks else None
        blocks = make_blocks(posts, self._blocks, self._encoders, words, readable, vectors_folder(), self.groups)
        return self._forecast(self.about["forecast"], blocks, len(posts))

    def impossible(self, drafts: pd.DataFrame, readable: Mapping[str, pd.DataFrame]) -> np.ndarray:
        """Why an activity of a draft can't happen: (n, a) str from :data:`lib.features.CONDITIONS`, or "" where it can.

        The conditions under which an activity never happened in the feed were learnt with the model. One is known:
        without a photo no photo is opened. A feed may not show it, because a photo that can't be read was there for
        its readers. In a feed that has no photos at all, nothing is known about those of its posts.

        Parameters
        ----------
        drafts
            From :func:`lib.posts.read_drafts`. Its ``attrs`` say which drafts have a photo that can't be read.
        readable
            The drafts' readable features.
        """
        blocks = make_blocks(drafts, self._readable_blocks, self._encoders, readable=readable)
        found = self._structure(self.about["forecast"]).reasons(conditions_met(blocks, len(drafts)))
        if "open_photo" in self.activities and self.about["ranges"].get("photo", {}).get("has_photo", [0])[-1]:
            problems = drafts.attrs.get("photo_problems", {"row": []})
            absent = (readable["photo"]["has_photo"] == 0).to_numpy() & ~drafts["row"].isin(problems["row"]).to_numpy()
            found[absent, self.activities.index("open_photo")] = "no photo"
        return found

    def percentile(self, mean: np.ndarray) -> np.ndarray:
        """Percentage of the feed's posts that have a lower forecast mean: (n, a) from means (n, a).

        An equal mean counts half. A forecast that is the same for all posts therefore has the percentile 50.
        """
        of = zip(self.arrays["quantiles"].T, np.asarray(mean).T, strict=True)
        ranks = [np.searchsorted(q, m, "left") + np.searchsorted(q, m, "right") for q, m in of]
        return 50 * np.column_stack(ranks) / len(self.arrays["quantiles"])

    def unlike(self, readable: Mapping[str, pd.DataFrame]) -> list[list[str]]:
        """What lies outside the range of the feed's posts: for each post, the names of readable features.

        The models take such a feature for the nearest value that they were fitted to.

        Parameters
        ----------
        readable
            The posts' readable features from :func:`lib.features.readable_features`.
        """
        found: list[list[str]] = [[] for _ in next(iter(readable.values())).index]
        for kind, ranges in self.about["ranges"].items():
            table = readable[kind]
            there = table[f"has_{kind}"].to_numpy() == 1
            for name, (low, high) in ranges.items():
                values = table[name].to_numpy()
                outside = (values < low) | (values > high)
                if name == f"has_{kind}":
                    for i in np.flatnonzero(outside):
                        found[i].append(f"{'a' if there[i] else 'no'} {kind}")
                elif name not in _NOT_NAMED:
                    for i in np.flatnonzero(outside & there):
                        found[i].append(name)
        return found

    def check(self, path: Path) -> None:
        """Raise a :class:`ModelError` unless the model can forecast on this machine.

        It must have been fitted to the same blocks that this machine makes, and its parts must fit together.
        """
        if self.about["forecast"] not in self._specs:
            raise _damaged(path, "forecast: there is no such model")
        for name, spec in self._specs.items():
            known = spec.kind in KINDS and set(spec.blocks) <= set(BLOCKS) and set(spec.others) <= set(self._specs)
            if not known or not set(spec.blocks) <= set(self.about["makers"]):
                raise _damaged(path, f"models.{name[:40]}: its kind, blocks or members are not known")
        here = block_makers(self._encoders)
        for block in self._blocks:
            theirs, ours = self.about["makers"][block], here[block]
            if theirs["fingerprint"] != ours["fingerprint"]:
                names = [f"{side['name']} ({side['fingerprint'][:8]})" for side in (theirs, ours)]
                raise ModelError(
                    f"{path} was fitted to the block {block.replace('_', ' ')} made by {names[0]}, but this machine "
                    f"makes the block by {names[1]}. Run make report on this machine to make a model that it can use."
                )
        photo = io.BytesIO()
        Image.new("RGB", (8, 8)).save(photo, "PNG")
        posts = pd.DataFrame({"text": ["a text", ""], "photo": pd.Series([photo.getvalue(), None], dtype=object)})
        posts["group"] = [*self.groups[:1], *["", ""]][:2]
        readable = readable_features(posts)
        made = [block for block in self._blocks if block in (*READABLE_BLOCKS, *CONTEXT_BLOCKS)]
        blocks = make_blocks(posts, made, self._encoders, readable=readable, groups=self.groups)
        for kind, encoder in self._encoders.items():
            blocks[f"{kind}_vector"] = np.array([[0.0], [np.nan]]).repeat(encoder.dim, axis=1)
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
                self._try(posts, readable, blocks)
        except Exception as error:  # arrays that don't fit together may raise anything
            what = error if isinstance(error, ModelError) else f"its parts don't fit together ({type(error).__name__})"
            raise _damaged(path, str(what)) from None

    def _try(self, posts: pd.DataFrame, readable: Mapping[str, pd.DataFrame], blocks: dict[str, np.ndarray]) -> None:
        """Forecast some posts, and raise an error if that doesn't give rates."""
        for name, values in self.arrays.items():
            usable = np.isfinite(values) | (values == np.inf if name.endswith("/scale") else False)
            if not usable.all():  # the scale of a feature that doesn't vary is infinite
                raise ModelError(f"the array {name[:60]!r} holds what is not a number")
        if "text_words" in self._blocks:
            blocks = blocks | {"text_words": self._words.transform(posts["text"])}
        forecast = self._forecast(self.about["forecast"], blocks, len(posts))
        shape = len(posts), len(self.activities)
        shapes = forecast.mean.shape == shape and forecast.rho.shape in (shape, shape[1:])
        rates = shapes and forecast.mean.dtype.kind == "f"
        if not rates or not ((forecast.mean >= 0) & (forecast.mean <= 1)).all():
            raise ModelError("its forecasts are not rates")
        if not ((forecast.rho >= 0) & (forecast.rho < 1)).all():
            raise ModelError("its rho is not between 0 and 1")
        if self.percentile(forecast.mean).shape != shape or not len(self.arrays["quantiles"]):
            raise ModelError("its quantiles don't fit its activities")
        self.unlike(readable)

    @cached_property
    def _specs(self) -> dict[str, ModelSpec]:
        return {name: ModelSpec(**fields) for name, fields in self.about["models"].items()}

    @cached_property
    def _blocks(self) -> list[str]:
        """The blocks that the models use."""
        return sorted({block for spec in self._specs.values() for block in spec.blocks})

    @property
    def _readable_blocks(self) -> list[str]:
        return [block for block in self._blocks if block in READABLE_BLOCKS]

    @cached_property
    def _words(self) -> Words:
        return Words.from_arrays(part("words", self.arrays))

    @cached_property
    def _encoders(self) -> dict[str, Encoder]:
        """The encoders of the blocks that the models use; others may be slow to load."""
        make = {"text": text_encoder, "photo": photo_encoder}
        return {kind: make[kind]() for kind in make if f"{kind}_vector" in self._blocks}

    def _forecast(self, name: str, blocks: Mapping[str, np.ndarray], posts: int) -> Forecast:
        spec = self._specs[name]
        members = [self._forecast(member, blocks, posts) for member in spec.others]
        model = KINDS[spec.kind].from_arrays(part(name, self.arrays))
        return forecast_posts(spec, model, self._structure(name), blocks, posts, members)

    def _structure(self, name: str) -> Structure:
        return Structure(**part(f"{name}/structure", self.arrays))


@dataclass(frozen=True)
class _Maker:
    name: str
    fingerprint: str


@dataclass(frozen=True)
class _About:
    """What a model's description must hold; see :class:`SavedModel`."""

    forecast: str
    models: dict[str, ModelSpec]
    activities: list[Literal[ACTIVITIES]]
    groups: list[str]
    set_aside: dict[Literal[ACTIVITIES], float | None]
    views: Annotated[float, Field(ge=1, lt=2**62)]
    ranges: dict[Literal["text", "photo"], dict[str, tuple[float, float]]]
    makers: dict[str, _Maker]
    source: str
    simulated: bool
    training_posts: int

    __pydantic_config__ = ConfigDict(strict=True, allow_inf_nan=False)


def _damaged(path: Path, what: str) -> ModelError:
    return ModelError(f"{path} is damaged: {what}. Run make report again.")


def _digest(about: Mapping[str, Any], arrays: Arrays) -> str:
    """Digest of the content of a file."""
    text = json.dumps({key: value for key, value in about.items() if key != "digest"}, sort_keys=True)
    return digest(text, *(piece for key in sorted(arrays) for piece in (key, _as_bytes(arrays[key]))))


def _as_bytes(values: np.ndarray) -> bytes:
    return f"{values.dtype.str} {values.shape} ".encode() + values.tobytes()
