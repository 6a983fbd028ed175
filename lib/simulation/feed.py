"""The simulated feed: posts that look like the real export, with known true rates and effects."""

from __future__ import annotations

import base64
import csv
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from PIL import Image, ImageEnhance
from tqdm import tqdm

from lib.features import colourfulness, style_features, text_features
from lib.posts import ACTIVITIES, COLUMNS, PhotoError, decode_photo
from lib.simulation import mechanism
from lib.simulation.drawing.pictures import KINDS, LETTERED, draw_with_words, jpeg
from lib.simulation.phrasing import LENGTHS, Dice, book, export_form, write
from lib.simulation.worlds import PLAIN, WORLDS
from lib.storage import check_target, make_folder, replacing

warnings.filterwarnings("ignore", module=r"joblib\.")  # of a worker that stopped: another does its work

REPOSTS = ("", "unchanged", "retouched", "other photo")
_REPOSTED = 0.02
MOST_POSTS = 1_000_000  # the photos of more would fill the memory of most machines
DAMAGED = {"cut short": 0.0007, "a page instead": 0.0003}
CHUNK = 250  # posts that a process makes at a time

# Shares of the kinds of photo within each topic, in the order of KINDS.
_KINDS = {
    "pets": [0.60, 0.06, 0.14, 0.02, 0.02, 0.01, 0.03, 0.02, 0.10],
    "news": [0.52, 0.12, 0.02, 0.04, 0.06, 0.15, 0.06, 0.00, 0.03],
    "recipes": [0.62, 0.02, 0.02, 0.05, 0.03, 0.06, 0.02, 0.04, 0.14],
    "football": [0.47, 0.16, 0.08, 0.04, 0.04, 0.12, 0.05, 0.01, 0.03],
    "games": [0.24, 0.04, 0.12, 0.02, 0.04, 0.08, 0.36, 0.06, 0.04],
    "horoscopes": [0.34, 0.06, 0.02, 0.40, 0.04, 0.12, 0.00, 0.00, 0.02],
    "memes": [0.10, 0.04, 0.60, 0.08, 0.00, 0.02, 0.15, 0.00, 0.01],
    "fashion": [0.14, 0.48, 0.02, 0.03, 0.04, 0.01, 0.01, 0.12, 0.15],
    "incidents": [0.74, 0.04, 0.02, 0.01, 0.03, 0.03, 0.10, 0.00, 0.03],
    "quotes": [0.28, 0.10, 0.02, 0.55, 0.01, 0.00, 0.02, 0.00, 0.02],
    "adverts": [0.15, 0.06, 0.02, 0.07, 0.16, 0.06, 0.04, 0.38, 0.06],
    "nature": [0.82, 0.03, 0.01, 0.04, 0.01, 0.01, 0.01, 0.00, 0.07],
}


@dataclass(frozen=True)
class Truth:
    """The true values that the counts of a simulated feed of n posts were drawn from.

    Attributes
    ----------
    mean : (n, 7) float64
        True mean rate of each activity, in the order of ``ACTIVITIES``.
    rho : (7,) or (n, 7) float64
        Intra-class correlation of each activity, or of each post and activity.
    effects : DataFrame
        Those of the plain world: ``lever``; ``change``, one unit of the lever in words; ``where`` the lever has this
        effect ("everywhere", topics, or another lever that must be on); ``activity``; ``effect`` in log-odds per unit.
        Zeros are included.
    topic, theme, kind : (n,) str
        The post's topic, its theme within the topic, and the kind of its photo.
    levers : DataFrame (n, levers)
        The author's choices, in the units of ``effects``.
    world : str
        A key of :data:`lib.simulation.worlds.WORLDS`.
    hidden : (n,) float64, or None for zeros
        The value of a hidden cause.
    lettering : (n,) str, or None if they weren't kept
        The words on the post's photo, "" if none.
    """

    mean: np.ndarray
    rho: np.ndarray
    effects: pd.DataFrame
    topic: np.ndarray
    theme: np.ndarray
    kind: np.ndarray
    levers: pd.DataFrame
    world: str = PLAIN
    hidden: np.ndarray | None = None
    lettering: np.ndarray | None = None

    def mean_at(self, over: np.ndarray, levers: pd.DataFrame) -> np.ndarray:
        """The true means of the posts `over`, (n,) bool, if their levers were these: (posts, 7) float64."""
        hidden = (np.zeros(len(self.topic)) if self.hidden is None else self.hidden)[over]
        return WORLDS[self.world].mean(self.topic[over], self.theme[over], self.kind[over], levers, hidden)


@dataclass(frozen=True)
class Feed:
    """A simulated feed.

    Attributes
    ----------
    posts : DataFrame
        The posts as `lib.posts.read_posts` returns them.
    truth : Truth
    """

    posts: pd.DataFrame
    truth: Truth


def simulate(posts: int = 4000, seed: int = 0, world: str = PLAIN) -> Feed:
    """Simulate a feed.

    Parameters
    ----------
    posts : int
        The number of posts.
    seed : int
        The same seed and number of posts give the same feed on any machine.
    world : str
        A key of :data:`lib.simulation.worlds.WORLDS`. The texts and photos are the same in every world.

    Raises
    ------
    ValueError
        If `posts` is not a number from 1 to ``MOST_POSTS``, `seed` is negative, or there is no such world.
    """
    return _build(posts, seed, world)[0]


def write_csv(path: str | Path, posts: int = 4000, seed: int = 0, world: str = PLAIN, with_photos: bool = True) -> Path:
    """Write a simulated feed in the format of the raw export: a missing text is an empty field, photos are base64.

    Parameters
    ----------
    path : str or Path
        The CSV to write, whole or not at all. An existing file is replaced.
    posts, seed, world
        As for `simulate`.
    with_photos : bool
        False leaves the photos out, and nobody opens one; the other counts are the same.

    Raises
    ------
    FileError
        If the file can't be written.
    """
    path = Path(path)
    check_target(path)
    feed, photos = _build(posts, seed, world)
    with replacing(path) as partial, open(partial, "x", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        table = feed.posts.drop(columns="photo")
        if not with_photos:
            table["open_photo"], photos = 0, [b""] * posts
        for values, photo in zip(table.itertuples(index=False, name=None), photos, strict=True):
            rows.writerow([*values, base64.b64encode(photo).decode("ascii")])
    return path


def write_shards(
    folder: Path, posts: int, seed: int = 0, world: str = PLAIN, with_photos: bool = True, *, shards: int
) -> list[Path]:
    """Write a simulated feed as so many CSVs, one at a time. Each is a feed with a seed of its own, from `seed` up.

    Raises
    ------
    FileError
        If the folder or a file can't be written.
    """
    make_folder(folder)
    ends = [posts * i // shards for i in range(shards + 1)]
    return [
        write_csv(folder / f"posts-{i:04}.csv", ends[i + 1] - ends[i], seed + i, world, with_photos)
        for i in range(shards)
    ]


def _build(posts: int, seed: int, world: str) -> tuple[Feed, list[bytes]]:
    """The feed, and all photos as they were uploaded, including damaged ones."""
    if not 1 <= posts <= MOST_POSTS:
        raise ValueError(f"a feed has at least one post and at most {MOST_POSTS:,}, not {posts:,}")
    if seed < 0:
        raise ValueError(f"a seed is 0 or more, not {seed}")
    if world not in WORLDS:
        raise ValueError(f"there is no world {world!r}; there are {', '.join(WORLDS)}")
    rng = np.random.default_rng([seed, 0])
    topics = list(book()["topic"])
    topic = np.array(topics)[_choice(rng.random(posts), [book()["topic"][name]["share"] for name in topics])]
    source, repost = _reposts(posts, rng)
    topic = topic[source]
    damage = _choice(rng.random(posts), [1 - sum(DAMAGED.values()), *DAMAGED.values()])
    plans = [
        (str(topic[i]), [seed, 1, int(source[i])], [seed, 2, i], REPOSTS[repost[i]], ["", *DAMAGED][damage[i]])
        for i in range(posts)
    ]
    theme, kind, texts, photos, seen, words = (list(column) for column in zip(*_made(plans), strict=True))
    theme, kind, levers = np.array(theme), np.array(kind), _levers(texts, seen)
    drawn = WORLDS[world].draw(topic, theme, kind, levers, rng)
    effects = mechanism.effects_table()
    lettering = np.array(words)
    truth = Truth(drawn.mean, drawn.rho, effects, topic, theme, kind, levers, world, drawn.hidden, lettering)
    return Feed(_table(drawn.views, drawn.counts, texts, photos), truth), photos


def _table(views: np.ndarray, counts: np.ndarray, texts: list[str], photos: list[bytes]) -> pd.DataFrame:
    """The posts as `read_posts` returns them."""
    table = pd.DataFrame({"view": views, **dict(zip(ACTIVITIES, counts.T, strict=True))})
    table["text"] = pd.Series(texts, dtype="str")
    readable, problems = list(photos), []
    for i, photo in enumerate(photos):
        if not photo.startswith(b"\xff\xd8") or not photo.endswith(b"\xff\xd9"):
            try:
                decode_photo(photo)
            except PhotoError as error:
                readable[i] = None
                problems.append((i + 2, str(error)))
    table["photo"] = pd.Series(readable, dtype=object)
    table.attrs["rejected"] = pd.DataFrame([], columns=["row", "reason", "value"])
    table.attrs["photo_problems"] = pd.DataFrame(problems, columns=["row", "reason"])
    table.attrs["ignored_columns"] = ()
    return table


def _reposts(posts: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The post whose content each post has (mostly itself), and how it is reposted, as a position in REPOSTS."""
    order = rng.permutation(posts)
    number = int(_REPOSTED * posts)
    source, how = np.arange(posts), np.zeros(posts, dtype=np.int64)
    source[order[:number]] = order[number + rng.integers(0, posts - number, number)]
    how[order[:number]] = 1 + rng.integers(0, len(REPOSTS) - 1, number)
    return source, how


def _made(plans: list[tuple]) -> Iterator[tuple]:
    """The posts of the plans, in order. Several processes make them if there are many."""
    chunks = [plans[i : i + CHUNK] for i in range(0, len(plans), CHUNK)]
    jobs = min(joblib.cpu_count(), 8) if len(plans) > 4 * CHUNK else 1
    done = joblib.Parallel(n_jobs=jobs, return_as="generator")(joblib.delayed(_make_all)(chunk) for chunk in chunks)
    with tqdm(total=len(plans), desc="Making posts", unit=" posts", delay=2, disable=None) as bar:
        for chunk in done:
            yield from chunk
            bar.update(len(chunk))


def _make_all(plans: list[tuple]) -> list[tuple]:
    return [_make(*plan) for plan in plans]


def _make(topic: str, seed: list[int], own_seed: list[int], repost: str, damage: str) -> tuple:
    """One post: theme, kind, raw text, photo, the measured properties of the photo, and the words on it."""
    dice, own = Dice(seed), Dice(own_seed)
    chapter = book()["topic"][topic]
    theme = dice.pick(list(chapter["themes"]))
    kind = KINDS[_choice(dice.unit(), _KINDS[topic])]
    length = LENGTHS[_choice(dice.unit(), chapter["lengths"])]
    text = write(topic, theme, length, dice)
    picture, words = draw_with_words(kind, topic, theme, dice)
    quality = 75
    if repost == "retouched":
        text += dice.pick([" (с)", "\nРепост", " 👍", "\n#репост"]) if text else ""
        width, height = picture.size
        picture = picture.resize((max(1, width * 9 // 10), max(1, height * 9 // 10)), Image.Resampling.LANCZOS)
        picture = ImageEnhance.Brightness(picture).enhance(own.between(0.94, 1.06))
        quality = 60
    elif repost == "other photo":
        picture, words = draw_with_words(kind, topic, theme, own)
    text = export_form(text, own if repost == "retouched" else dice)
    photo = jpeg(picture, quality)
    if damage == "cut short":
        photo = photo[: len(photo) // 3]
    elif damage == "a page instead":
        photo = b"<html><head><title>404 Not Found</title></head><body>nginx</body></html>"
    seen = (*_colours(picture), float(kind in LETTERED), float(np.log2(picture.width / picture.height)))
    return theme, kind, text, photo, seen, words


def _colours(picture) -> tuple[float, float]:
    """Brightness (mean luma, 0 to 1) and colourfulness (Hasler and Süsstrunk)."""
    rgb = np.moveaxis(np.asarray(picture, np.float64), 2, 0)
    return float(np.tensordot([0.299, 0.587, 0.114], rgb.mean((1, 2)), 1) / 255), colourfulness(rgb)


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
            "number": style_features(texts)["number"].to_numpy(),
            "brightness": (brightness - 0.5) * 10,
            "colourfulness": (colourfulness - 50) / 20,
            "lettering": lettering,
            "shape": shape,
        }
    )


def _choice(unit, shares):
    """Positions drawn with the given shares, from uniform random numbers."""
    edges = np.cumsum(shares)[:-1] / np.sum(shares)
    return np.searchsorted(edges, unit, side="right")
