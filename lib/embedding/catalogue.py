"""The choice of an encoder: by name or by what this machine has, and the encoders that can be compared here."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from typing import Any

from lib.embedding import hub
from lib.embedding.encoder import Encoder, PhotoEncoder, TextEncoder
from lib.embedding.packaged import Lite0Photo, Lite1Photo, Lite2Photo, RandomLite0Photo, Thumbnail, UseText
from lib.embedding.transformer import HubPhoto, HubText
from lib.embedding.wordvectors import NavecMean, NavecSif

log = logging.getLogger(__name__)

_PACKAGED = {"text": (UseText, NavecSif, NavecMean), "photo": (Lite0Photo, Thumbnail)}
_ASKED = {"text": (), "photo": (Lite1Photo, Lite2Photo, RandomLite0Photo)}  # slow: only if they are named
_HUB = {"text": HubText, "photo": HubPhoto}


def text_encoder(name: str = "auto") -> TextEncoder:
    """The encoder of texts called ``name``.

    Parameters
    ----------
    name
        "auto": on a GPU the first model of ``hub.CARDS``, else the default packaged encoder. Or a name that
        :func:`known` lists, or the id of any model on the hub ("owner/model"), or a folder with a model.
        If the hub is out of reach, a line in the log says so and the default packaged encoder is used.

    Raises
    ------
    ValueError
        If there is no such model, or it isn't a text model that can be loaded safely.
    """
    return _named(name, "text")


def photo_encoder(name: str = "auto") -> PhotoEncoder:
    """The encoder of photos called ``name``, with the same choices as :func:`text_encoder`.

    Raises
    ------
    ValueError
        If there is no such model, or it isn't a photo model that can be loaded safely.
    """
    return _named(name, "photo")


def known(kind: str) -> list[str]:
    """Short names of the encoders of "text" or "photo", the packaged ones first."""
    return [*packaged(kind), *(encoder.name for encoder in _ASKED[kind]), *hub.CARDS[kind]]


def packaged(kind: str) -> dict[str, type[Encoder]]:
    """The encoders of "text" or "photo" that need no model hub, by name; the first is the default."""
    return {encoder.name: encoder for encoder in _PACKAGED[kind]}


def rivals(kind: str) -> Iterator[Encoder]:
    """The encoders of "text" or "photo" that can be compared here.

    These are all packaged encoders; those that the variable ``TEXT_RIVALS`` or ``PHOTO_RIVALS`` names (names, model ids
    or folders, separated by commas); larger ones and one with random weights if ``TRAIN`` is "full"; and on a GPU every
    model of ``hub.CARDS``. A model that can't be reached, or whose package isn't installed, is left out, with a line in
    the log.
    """
    from lib.embedding import device

    for encoder in _PACKAGED[kind]:
        yield encoder()
    names = [name.strip() for name in os.environ.get(f"{kind.upper()}_RIVALS", "").split(",") if name.strip()]
    if os.environ.get("TRAIN") == "full":
        names += [encoder.name for encoder in _ASKED[kind]]
    if device.pick("auto") != "cpu":
        names += hub.CARDS[kind]
    for name in dict.fromkeys(names):
        try:
            yield _further(name, kind)
        except hub.HubError as error:
            log.warning("%s: %s is left out of the comparison", error, name)


def _named(name: str, kind: str) -> Any:
    from lib.embedding import device

    at_hand = packaged(kind)
    default = next(iter(at_hand))
    if name == "auto":
        name = next(iter(hub.CARDS[kind])) if device.pick("auto") != "cpu" else default
    if name in at_hand:
        return at_hand[name]()
    try:
        return _further(name, kind)
    except hub.HubError as error:
        log.warning("%s: the packaged encoder %s is used instead of %s", error, default, name)
        return at_hand[default]()


def _further(name: str, kind: str) -> Encoder:
    """An encoder that isn't on every machine: of a package, else of the hub."""
    found = next((encoder() for encoder in _ASKED[kind] if encoder.name == name), None)
    if found is None:
        return _HUB[kind](name)
    try:
        _ = found.revision
    except PackageNotFoundError as error:
        raise hub.HubError(f"{error}; pip install -e '.[encoders]' adds it") from None
    return found
