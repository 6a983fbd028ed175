"""The simulated feed: posts that look like the real export, with the truth behind their counts known."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from lib import drawing, mechanism
from lib.drawing import KINDS, LETTERED
from lib.phrasing import LENGTHS, Dice, book, export_form, write
from lib.posts import ACTIVITIES, COLUMNS
from lib.text import text_features

_CHUNK = 500

# Shares of the kinds of picture within each topic, in the order of KINDS.
_KINDS = {
    "pets": [0.60, 0.06, 0.14, 0.02, 0.02, 0.01, 0.03, 0.02, 0.10],
    "news": [0.50, 0.12, 0.02, 0.04, 0.08, 0.15, 0.06, 0.00, 0.03],
    "recipes": [0.62, 0.02, 0.02, 0.05, 0.03, 0.06, 0.02, 0.04, 0.14],
    "football": [0.45, 0.16, 0.08, 0.04, 0.06, 0.12, 0.05, 0.01, 0.03],
    "games": [0.22, 0.04, 0.12, 0.02, 0.06, 0.08, 0.36, 0.06, 0.04],
    "horoscopes": [0.34, 0.06, 0.02, 0.40, 0.04, 0.12, 0.00, 0.00, 0.02],
    "memes": [0.10, 0.04, 0.60, 0.08, 0.00, 0.02, 0.15, 0.00, 0.01],
    "fashion": [0.14, 0.48, 0.02, 0.03, 0.04, 0.01, 0.01, 0.12, 0.15],
    "incidents": [0.74, 0.04, 0.02, 0.01, 0.03, 0.03, 0.10, 0.00, 0.03],
    "quotes": [0.28, 0.10, 0.02, 0.55, 0.01, 0.00, 0.02, 0.00, 0.02],
    "adverts": [0.12, 0.06, 0.02, 0.06, 0.22, 0.06, 0.04, 0.36, 0.06],
    "nature": [0.82, 0.03, 0.01, 0.04, 0.01, 0.01, 0.01, 0.00, 0.07],
}


@dataclass(frozen=True)
class Truth:
    """What made the counts of a simulated feed of n posts.

    Attributes
    ----------
    mean : (n, 7) float64
        True mean rate of each activity, in the order of ``ACTIVITIES``.
    rho : (7,) float64
        Intra-class correlation of each activity.
    effects : DataFrame
        ``lever``, ``change`` (what one unit of it is, in words), ``where`` it works ("everywhere", topics, or
        another lever that must be on), ``activity``, ``effect`` in log-odds per unit. Zeros are listed too.
    topic, theme, kind : (n,) str
        What the post is about, more closely, and the kind of its picture.
    levers : DataFrame (n, levers)
        What the author chose, in the units of ``effects``.
    """

    mean: np.ndarray
    rho: np.ndarray
    effects: pd.DataFrame
    topic: np.ndarray
    theme: np.ndarray
    kind: np.ndarray
    levers: pd.DataFrame


@dataclass(frozen=True)
class Feed:
    """A simulated feed.

    Attributes
    ----------
    posts : DataFrame
        The posts as `lib.posts.read_posts` gives them.
    truth : Truth
    """

    posts: pd.DataFrame
    truth: Truth


def simulate(posts: int = 4000, seed: int = 0) -> Feed:
    """Make a feed.

    Parameters
    ----------
    posts : int
        Number of posts.
    seed : int
        The same seed and number give the same feed on any machine.

    Raises
    ------
    ValueError
        If `posts` isn't positive.
    """
    if posts < 1:
        raise ValueError(f"a feed needs at least one post, not {posts}")
    rng = np.random.default_rng([seed, 0])
    topics = list(book()["topic"])
    shares = np.array([book()["topic"][name]["share"] for name in topics])
    topic = np.array(topics)[_choice(rng.random(posts), shares)]
    made = [
        _make(name, [seed, 1, i])
        for i, name in enumerate(tqdm(topic, "Drawing posts", unit="post", delay=2, disable=None))
    ]
    theme, kind, texts, photos, seen = (list(column) for column in zip(*made, strict=True))
    kind = np.array(kind)
    levers = _levers(texts, seen)
    mean = mechanism.mean_rates(topic, kind, levers)
    views = mechanism.draw_views(posts, rng)
    counts = mechanism.draw_counts(mean, mechanism.RHO, views, rng)
    table = pd.DataFrame({"view": views, **dict(zip(ACTIVITIES, counts.T, strict=True))})
    table["text"] = pd.Series(texts, dtype="str")
    table["photo"] = pd.Series(photos, dtype=object)
    table = table[list(COLUMNS)]
    for name in ("rejected", "photo_problems"):
        table.attrs[name] = pd.DataFrame({"row": np.zeros(0, np.int64), "reason": np.zeros(0, object)})
    truth = Truth(mean, mechanism.RHO.copy(), mechanism.effects_table(), topic, np.array(theme), kind, levers)
    return Feed(table, truth)


def write_csv(path: str | Path, posts: int = 4000, seed: int = 0) -> Path:
    """Write `simulate`'s posts as the raw export has them: no text is an empty field, photos in base64.

    Parameters
    ----------
    path : str or Path
        The CSV to write; one that is there is replaced.
    posts, seed : int
        As for `simulate`.
    """
    table = simulate(posts, seed).posts
    path = Path(path)
    for start in range(0, posts, _CHUNK):
        part = table.iloc[start : start + _CHUNK].copy()
        part.attrs = {}
        part["photo"] = [base64.b64encode(photo).decode("ascii") for photo in part["photo"]]
        part.to_csv(path, mode="a" if start else "w", header=not start, index=False)
    return path


def _make(topic: str, seed: list[int]) -> tuple[str, str, str, bytes, tuple[float, ...]]:
    """One post: theme, kind, raw text, photo, and what is seen of the photo."""
    dice = Dice(seed)
    chapter = book()["topic"][topic]
    theme = dice.pick(list(chapter["themes"]))
    kind = KINDS[_choice(np.array([dice.unit()]), np.array(_KINDS[topic]))[0]]
    length = LENGTHS[_choice(np.array([dice.unit()]), np.array(chapter["lengths"]))[0]]
    text = export_form(write(topic, theme, length, dice), dice)
    picture = drawing.draw(kind, topic, theme, dice)
    seen = (*_colours(picture), float(kind in LETTERED), np.log2(picture.width / picture.height))
    return theme, kind, text, drawing.jpeg(picture), seen


def _colours(picture) -> tuple[float, float]:
    """Brightness (mean luma, 0 to 1) and colourfulness (Hasler and Süsstrunk)."""
    red, green, blue = np.asarray(picture, np.float64).reshape(-1, 3).T
    first, second = red - green, (red + green) / 2 - blue
    spread, centre = np.hypot(first.std(), second.std()), np.hypot(first.mean(), second.mean())
    return float((0.299 * red + 0.587 * green + 0.114 * blue).mean() / 255), float(spread + 0.3 * centre)


def _levers(texts: list[str], seen: list[tuple[float, ...]]) -> pd.DataFrame:
    said = text_features(texts)
    brightness, colourfulness, lettering, shape = np.array(seen).T
    return pd.DataFrame(
        {
            "words": np.log2(1 + said["words"]),
            "folded": said["folded"],
            "question": said["question"],
            "call": said["call_to_action"],
            "emoji": np.log2(1 + said["emoji"]),
            "hashtags": (said["hashtags"] > 0).astype(float),
            "link": (said["links"] > 0).astype(float),
            "capitals": said["capitals"] * 10,
            "brightness": brightness * 10,
            "colourfulness": colourfulness / 20,
            "lettering": lettering,
            "shape": shape,
        }
    )


def _choice(unit: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Positions drawn with the given shares from uniform numbers."""
    edges = np.cumsum(shares)[:-1] / shares.sum()
    return np.searchsorted(edges, unit, side="right")
