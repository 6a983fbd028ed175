"""The explore page: all test posts on a map and in a table, and the script with their numbers that the page loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lib.models import BASELINE
from lib.posts import clean_text
from lib.report.gallery import thumbnail_data_uri
from lib.report.numbers import Text, count, label_of
from lib.report.panel import LETTERS, SHOWN, assets, data_script, may_show_posts
from lib.report.raw import Html
from lib.storage import write_whole
from lib.study import Study, scores
from lib.study.groups import by_topic, map_of_both

FILE = "explore-data.js"
SCRIPTS = ("element.js", "datatables/dataTables.min.js", "explore.js")
THUMBNAIL = 64  # pixels


def explorer() -> Html:
    """The map and the table as a raw block, and the code that loads ``FILE``."""
    return Html((assets() / "explore.html").read_text(encoding="utf-8").replace("{{data}}", FILE))


def shown_texts(study: Study) -> Text:
    """Of how many of the test posts the page shows texts and photos."""
    posts, shown = len(study.split.test), min(SHOWN, len(study.split.test)) if may_show_posts(study) else 0
    if shown == posts:
        return Text("Every post is shown with the beginning of its text and with its photo.")
    if not shown:
        return Text("Texts and photos of real posts are left out; `SHOW_POSTS=1` before `make report` shows them.")
    return Text(f"Of {count(posts)} posts, {shown} are shown with the beginning of their texts and with their photos.")


def write_explore_data(study: Study, folder: Path) -> Path:
    """Write the code and the numbers of the explore page to ``FILE`` in the folder of the site.

    Raises
    ------
    FileError
        If the file can't be written there.
    """
    write_whole(folder / FILE, page_script(explore_data(study)).encode())
    return folder / FILE


def page_script(data: dict[str, Any]) -> str:
    """The code of the explore page and its data as a classic script, which a page can load from a disk too."""
    return data_script(SCRIPTS, "EXPLORE_DATA", data)


def explore_data(study: Study) -> dict[str, Any]:
    """The test posts as columns: a list has one entry for each post, in the order of ``study.split.test``.

    ``post``
        Positions in the feed, from 1.
    ``views``
        Whole numbers.
    ``topics``, ``topic``
        Names of the topics, and the position of each post's topic among them.
    ``map``
        Places x and y from 0 to 1, x to the right and y up; empty if there is no map.
    ``activities``
        For each activity its ``label`` and lists: ``predicted`` by the best forecast and ``actual``, rates per 10,000
        views; and ``score``, the log score of the best forecast beside no features, in nats.
    ``texts``, ``photos``
        The beginnings of texts and ``data:`` addresses of photos by position in these lists, of at most ``SHOWN``
        posts: those that are predicted best and worst, and others.
    """
    test, best = study.split.test, scores.best(study)
    gain = scores.log_scores(study, best) - scores.log_scores(study, BASELINE)
    mean = study.forecast(best).mean[test]
    topic, (points, _) = by_topic(study).iloc[test], map_of_both(study)
    places = points - points.min(axis=0, initial=np.inf)
    texts, photos = {}, {}
    for at in _shown(study, gain).tolist():
        post = study.posts.iloc[test[at]]
        texts[at] = clean_text(post["text"])[:LETTERS]
        if post["photo"] is not None:
            photos[at] = thumbnail_data_uri(post["photo"], THUMBNAIL)
    return {
        "post": (test + 1).tolist(),
        "views": study.views[test].tolist(),
        "topics": [str(name) for name in topic.cat.categories],
        "topic": topic.cat.codes.tolist(),
        "map": (places / places.max(initial=1e-9)).round(3).T.tolist() if len(points) else [],
        "activities": {
            activity: {
                "label": label_of(activity),
                "predicted": _rounded(1e4 * mean[:, study.column(activity)]),
                "actual": _rounded(1e4 * study.rates[activity].to_numpy()[test]),
                "score": gain[activity].round(3).tolist(),
            }
            for activity in study.activities
        },
        "texts": texts,
        "photos": photos,
    }


def _shown(study: Study, gain: pd.DataFrame) -> np.ndarray:
    """Positions among the test posts of those whose texts and photos the page shows, the most telling first."""
    if not may_show_posts(study):
        return np.empty(0, int)
    order = np.argsort(gain.sum(axis=1).to_numpy(), kind="stable")
    ends = np.concatenate([order[: SHOWN // 4], order[-SHOWN // 4 :]])
    others = np.random.default_rng(0).permutation(np.setdiff1d(order, ends))
    return np.concatenate([np.unique(ends), others])[:SHOWN]


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.4g}") for value in values]
