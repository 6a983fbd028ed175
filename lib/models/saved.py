"""The best forecast of a report as one file that is safe to load, and what it says of new posts.

The file is in the safetensors format: arrays (see :mod:`lib.storage.arrays`), and a JSON text that says what they are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open

from lib import embedding, features, storage
from lib.embedding import Encoder, embed
from lib.features import Words, as_block
from lib.models.blend import Blend
from lib.models.boosted import Boosted
from lib.models.forecast import Rates
from lib.models.linear import Linear, Rate
from lib.models.neural import Neural
from lib.storage import LIB, ModelError, code_digest, digest, part

FILE = "model.safetensors"

_FORMAT = 1
_KINDS = {kind.__name__: kind for kind in (Rate, Linear, Boosted, Neural, Blend)}
_PACKAGES = ("catboost", "numpy", "pandas", "pillow", "scikit-learn", "scipy", "torch")
_QUANTILES = 1001


def load_model(folder: Path | None = None) -> SavedModel:
    """The model that a report left.

    Raises
    ------
    ModelError
        If there is none, it is damaged or of another version, or it was made with vectors or features that are not
        those of this machine.
    """
    path = (folder or model_folder()) / FILE
    if not path.is_file():
        raise ModelError(f"{path}: there is no saved model yet. Run make report first.")
    try:
        with safe_open(path, "numpy") as file:
            about = json.loads((file.metadata() or {})["about"])
            arrays = {key: file.get_tensor(key) for key in file.keys()}
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ModelError(f"{path} is damaged or no model of a report ({error}). Run make report again.") from None
    found = about.get("format") if isinstance(about, dict) else None
    if found != _FORMAT:
        way_out = "Update this project" if isinstance(found, int) and found > _FORMAT else "Run make report again"
        raise ModelError(f"{path} is in format {found!r}, and this version reads format {_FORMAT}. {way_out}.")
    if about.get("digest") != _digest(about, arrays):
        raise ModelError(f"{path} is damaged: it is not as it was written. Run make report again.")
    model = SavedModel(about, arrays)
    model.check(path)
    return model


@dataclass(frozen=True)
class SavedModel:
    """A forecast ready for posts without counts.

    Attributes
    ----------
    about
        What the file says of it: ``forecast`` and its ``members``, ``activities`` it knows, those ``set_aside`` with
        their pooled rate (None where it is zero), ``views`` (median of the feed), ``source``, ``simulated``,
        ``training_posts`` and more.
    arrays
        The fitted models in the form of :mod:`lib.storage.arrays`, and ``quantiles`` (q, a) of the means predicted for the
        feed's test posts.
    """

    about: dict[str, Any]
    arrays: dict[str, np.ndarray]

    @property
    def views(self) -> int:
        """What a post of the feed is typically seen: its median of views."""
        return round(self.about["views"])

    @property
    def activities(self) -> list[str]:
        """What it forecasts, in the order of the columns."""
        return self.about["activities"]

    def predict(self, posts: pd.DataFrame) -> Rates:
        """Forecast of every post.

        Parameters
        ----------
        posts
            With the columns ``text`` (str) and ``photo`` (bytes that decode, or None), as
            :func:`lib.posts.read.read_posts` gives them.
        """
        blocks = self._blocks(posts)
        parts = []
        for name, member in self.about["members"].items():
            features = {b: blocks[b] for b in member["blocks"]}
            parts.append(self._model(name, member["kind"]).predict(features or len(posts)))
        blend = self.about["blend"]
        return self._model(self.about["forecast"], blend).predict(parts) if blend else parts[0]

    def percentile(self, mean: np.ndarray) -> np.ndarray:
        """Share of the feed's posts, in percent, for which a lower mean is predicted: (n, a) from means (n, a).

        Equal ones count half, so that a forecast that is the same for all is in the middle.
        """
        of = zip(self.arrays["quantiles"].T, np.asarray(mean).T, strict=True)
        ranks = [np.searchsorted(q, m, "left") + np.searchsorted(q, m, "right") for q, m in of]
        return 50 * np.column_stack(ranks) / len(self.arrays["quantiles"])

    def check(self, path: Path) -> None:
        """Raise a :class:`ModelError` unless vectors and features of this machine are those it was fitted on."""
        here = _made_with(self._encoders)
        for source in sorted({b for member in self.about["members"].values() for b in member["blocks"]}):
            theirs, ours = self.about["made_with"][source], here[source]
            if theirs["fingerprint"] != ours["fingerprint"]:
                names = [f"{side['name']} ({side['fingerprint'][:8]})" for side in (theirs, ours)]
                raise ModelError(
                    f"{path} was fitted on the {source} of {names[0]}, and this machine has those of {names[1]}: "
                    "the two can't be mixed. Run make report here to make a model that fits."
                )

    @cached_property
    def _encoders(self) -> dict[str, Encoder]:
        return {"text": embedding.text_encoder(), "photo": embedding.photo_encoder()}

    def _blocks(self, posts: pd.DataFrame) -> dict[str, np.ndarray]:
        """The blocks that a member sees."""
        make = {
            "photo features": lambda: as_block(features.photo_features(posts["photo"]), "has_photo"),
            "text features": lambda: as_block(features.text_features(posts["text"]), "has_text"),
            "text words": lambda: Words.from_arrays(part("words", self.arrays)).transform(posts["text"]),
        }
        for kind, encoder in self._encoders.items():
            make[f"{kind} vector"] = lambda k=kind, e=encoder: embed(posts[k], e, cache=vectors_folder())
        seen = {b for member in self.about["members"].values() for b in member["blocks"]}
        return {name: make[name]() for name in seen}

    def _model(self, name: str, kind: str) -> Any:
        return _KINDS[kind].from_arrays(part(name, self.arrays))


def _made_with(used: dict[str, Encoder]) -> dict[str, dict[str, Any]]:
    """Per block of features: name and fingerprint of what makes it, and for vectors the encoder's description."""
    made = {}
    for kind, encoder in used.items():
        dtype = encoder.dtype(encoder.device("auto"))
        made[f"{kind} vector"] = encoder.describe() | {"dtype": dtype, "fingerprint": encoder.fingerprint(dtype)}
    measured = {"text features": features.text_features, "photo features": features.photo_features, "text words": Words}
    for block, of in measured.items():
        made[block] = {"name": of.__module__, "fingerprint": code_digest(of)}
    return made


def _digest(about: dict[str, Any], arrays: dict[str, np.ndarray]) -> str:
    """Digest of all that is in a file."""
    said = json.dumps({key: value for key, value in about.items() if key != "digest"}, sort_keys=True)
    return digest(said, *(p for key in sorted(arrays) for p in (key, _told(arrays[key]))))


def _told(values: np.ndarray) -> bytes:
    return f"{values.dtype.str} {values.shape} ".encode() + values.tobytes()
