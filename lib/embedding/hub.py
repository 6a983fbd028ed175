"""Models of the Hugging Face hub: the known ones, and how to get a model without waiting for long."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from lib.embedding.modules import missing

PATIENCE = 10  # seconds that the hub has to answer before it counts as out of reach
# Weights in the safetensors format only: the older formats can run code when they are read.
FILES = ("*.json", "*.safetensors", "*.txt", "*.model")


class HubError(OSError):
    """The hub can't be reached, or a setting forbids it: the message says which."""


@dataclass(frozen=True)
class Card:
    """How a model is to be used, as its model card says.

    Attributes
    ----------
    id
        Id on the hub, or a local folder.
    licence
        Licence of the weights.
    pooling
        A pooling of :data:`lib.embedding.modules.POOLINGS`, such as "mean" (over tokens, or over the photo) or "cls"
        (the first token), or "pooler" (the model's own head). None takes what the model's folder says; if it says
        nothing, the last token of a model that reads from left to right only, and the mean of any other.
    normalise
        Whether vectors are scaled to length one. None takes what the model's folder says.
    prefix
        Words that are put before every text; None takes the default prompt that the model's folder says.
    max_length
        The largest number of tokens of a text; None takes what the model's folder says, or else the model's limit, at
        most 512.
    revision
        Commit; None takes the newest one.
    """

    id: str
    licence: str = "see its model card"
    pooling: str | None = None
    normalise: bool | None = None
    prefix: str | None = None
    max_length: int | None = None
    revision: str | None = None


# By kind; "auto" takes the first of each kind on a GPU. Each model has 0.3 to 2.2 GB. None was loaded from the hub so
# far. Revisions are those that public code pins. Pooling and prefix follow the model's card or its authors' code; for
# SigLIP 2, the image features of transformers; for the reference answer's models, the notebook of that answer.
CARDS: dict[str, dict[str, Card]] = {
    "text": {
        "user-bge-m3": Card(
            "deepvk/USER-bge-m3",
            licence="Apache-2.0",
            pooling="cls",
            normalise=True,
            prefix="",
            max_length=1024,  # of 8192: no post in the data is much longer, and memory grows with the length
            revision="0cc6cfe48e260fb0474c753087a69369e88709ae",
        ),
        "ru-en-rosberta": Card(
            "ai-forever/ru-en-RoSBERTa",
            licence="MIT",
            pooling="cls",
            normalise=True,
            prefix="classification: ",
            max_length=512,
            revision="89fb1651989adbb1cfcfdedafd7d102951ad0555",
        ),
        "multilingual-e5-large": Card(
            "intfloat/multilingual-e5-large",
            licence="MIT",
            pooling="mean",
            normalise=True,
            prefix="query: ",
            max_length=512,
            revision="3d7cfbdacd47fdda877c5cd8a79fbcc4f2a574f3",
        ),
        # The reference answer's encoder: an English model, mean of all tokens.
        "bert-base-uncased": Card(
            "google-bert/bert-base-uncased",
            licence="Apache-2.0",
            pooling="mean",
            normalise=False,
            prefix="",
            max_length=512,
            revision="86b5e0934494bd15c9632b12f734a8a67f723594",
        ),
    },
    "photo": {
        "siglip2-base": Card(
            "google/siglip2-base-patch16-224",
            licence="Apache-2.0",
            pooling="pooler",
            normalise=False,
            revision="75de2d55ec2d0b4efc50b3e9ad70dba96a7b2fa2",
        ),
        "dinov2-base": Card(
            "facebook/dinov2-base",
            licence="Apache-2.0",
            pooling="cls",
            normalise=False,
            revision="f9e44c814b77203eaa57a6bdbbd535f21ede1415",
        ),
        # The reference answer's encoder: mean of all tokens, including the first one.
        "vit-base-patch16-224": Card(
            "google/vit-base-patch16-224",
            licence="Apache-2.0",
            pooling="mean",
            normalise=False,
            revision="3f49326eb077187dfe1c2a2bb15fbd74e6ab91e3",
        ),
    },
}


def card(name: str, kind: str) -> Card:
    """The card for a short name, a model id or a local folder; an unknown model gets a card without settings."""
    known = CARDS[kind]
    if name in known:
        return known[name]
    by_id = {c.id: c for c in known.values()} | {c.id.split("/")[-1]: c for c in known.values()}
    return by_id.get(name, Card(name))


def locate(card: Card) -> tuple[Path, str]:
    """The folder with a model's files, and the model's revision; missing files are downloaded.

    A local folder comes first, then the cache of the hub's client, then the hub, which has ``PATIENCE`` seconds to
    answer. The settings ``HF_HUB_OFFLINE`` and ``TRANSFORMERS_OFFLINE`` are obeyed.

    Raises
    ------
    HubError
        If the files aren't on this machine and the hub can't be reached.
    ValueError
        If there is no such model, it has no weights in the safetensors format, or it has a module that can't be
        followed (see :mod:`lib.embedding.modules`).
    """
    folder = Path(card.id).expanduser()
    if folder.is_dir():
        lacks = missing(folder, card.id)
        if lacks:
            raise ValueError(
                f"{folder} lacks {lacks}: save a model with save_pretrained, with its weights in the safetensors format"
            )
        return folder, f"local {_digest(folder)[:12]}"
    if os.sep in card.id and card.id.startswith((".", "~", os.sep)):
        raise ValueError(f"there is no folder {card.id}")
    return _from_hub(card.id, card.revision)


def _from_hub(model: str, revision: str | None) -> tuple[Path, str]:
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HFValidationError

    lacks = ""
    try:
        folder = Path(snapshot_download(model, revision=revision, local_files_only=True, allow_patterns=FILES))
        lacks = missing(folder, model)
        if not lacks:
            return folder, folder.name
    except HFValidationError as error:
        raise ValueError(f"{model!r} is neither a local folder nor a model id like 'owner/model'") from error
    except OSError:
        pass
    if constants.is_offline_mode():
        raise HubError(f"{model} isn't on this machine{lacks and f' (no {lacks})'} and the hub is set to offline")
    commit, names = _ask(model, revision)
    if not any(name.endswith(".safetensors") for name in names):
        raise ValueError(f"{model} has no weights in the safetensors format; others aren't loaded for safety")
    try:
        return Path(snapshot_download(model, revision=commit, allow_patterns=FILES)), commit
    except Exception as error:  # the client raises its own errors, those of its HTTP library, and OSError
        raise HubError(f"the download of {model} broke off ({first_line(error)})") from error


_silent: list[str] = []  # why the hub didn't answer; a process waits for the hub only once


def _ask(model: str, revision: str | None) -> tuple[str, list[str]]:
    """Commit and file names of a model, from the hub; raises HubError after ``PATIENCE`` seconds."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    if _silent:
        raise HubError(_silent[0])
    answer: list = []

    def ask() -> None:
        try:
            info = HfApi().model_info(model, revision=revision, timeout=PATIENCE)
            answer.append((info.sha, [file.rfilename for file in info.siblings or []]))
        except Exception as error:
            answer.append(error)

    # In a thread, because the look-up of a host's address can hang for longer than any timeout of the client.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    found = answer[0] if answer else TimeoutError(f"no answer within {PATIENCE} s")
    if isinstance(found, RepositoryNotFoundError | RevisionNotFoundError):
        raise ValueError(f"the hub has no model {model} (revision {revision or 'main'}) that is open to you")
    if isinstance(found, Exception):
        _silent.append(f"the model hub is out of reach ({first_line(found)})")
        raise HubError(_silent[0]) from found
    return found


def first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]


def _digest(folder: Path) -> str:
    """Digest of a model's configuration, tokenizer and weights, those of its modules included."""
    of = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".json", ".safetensors", ".txt", ".model") and path.is_file():
            of.update(path.relative_to(folder).as_posix().encode())
            with path.open("rb") as file:
                of.update(hashlib.file_digest(file, "sha256").digest())
    return of.hexdigest()
