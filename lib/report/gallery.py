"""Posts as cards: photo, beginning of the text, counts or rates. Texts are untrusted: they are shown as text only."""

from __future__ import annotations

import base64
import io

import numpy as np
import pandas as pd
from matplotlib import colormaps
from PIL import Image

from lib.features import contrasts, property_values
from lib.posts import as_html, clean_text, decode_photo
from lib.report.numbers import label_of, number, pct
from lib.report.raw import Html
from lib.report.wording import lever_name, shown
from lib.study import Study
from lib.study.explanations import Covered, LeftOut, Neighbours

CARD = (
    "display:flex;flex-direction:column;gap:.4rem;border:1px solid rgba(128,128,128,.35);border-radius:.5rem;"
    "padding:.6rem;font-size:.8rem;line-height:1.35;text-align:left;overflow-wrap:anywhere"
)
GRID = "display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.8rem"
WIDE_GRID = "display:grid;grid-template-columns:repeat(auto-fill,minmax(18rem,1fr));gap:.8rem"
ROW = "display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.6rem;margin-bottom:1.4rem"
SHOWN_CHARACTERS = 140


def spread_over_views(study: Study, rows: int = 6) -> np.ndarray:
    """Row positions of posts that are spread evenly over the ranks of the views."""
    order = np.argsort(study.views, kind="stable")
    return order[np.linspace(0, len(order) - 1, rows).round().astype(int)]


def extremes(study: Study, name: str, activity: str, each: int = 4) -> np.ndarray:
    """Row positions of the test posts with the highest and then the lowest predicted rate of an activity.

    The array is empty if all posts have the same predicted rate.
    """
    test = study.split.test
    mean = study.forecast(name).mean[test, study.column(activity)]
    each = min(each, len(test) // 2) if np.ptp(mean) > 1e-6 * mean.max() else 0
    order = test[np.argsort(-mean, kind="stable")]
    return np.concatenate([order[:each], order[len(order) - each :]])


def show(study: Study, rows: np.ndarray, activities: list[str]) -> Html:
    """Cards of some posts, by their positions, with the counts of activities and of "view"."""
    posts = study.posts[activities]
    numbers = (" · ".join(f"{label_of(a)} {posts[a].iloc[row]:,}" for a in activities) for row in rows)
    return _grid([_card(study, row, words) for row, words in zip(rows, numbers, strict=True)])


def show_extremes(study: Study, name: str, activity: str) -> Html:
    """Cards of the posts of :func:`extremes`, in two groups, with predicted and actual rates."""
    rows, rates = extremes(study, name, activity), study.rates[activity]
    if not len(rows):
        return Html("<p><em>Every post has the same forecast.</em></p>")
    mean = study.forecast(name).mean[:, study.column(activity)]
    cards = [_card(study, row, _rates(activity, mean[row], rates.iloc[row])) for row in rows]
    return _two_groups(cards, "Highest predicted rates", "Lowest predicted rates")


def show_ends(study: Study) -> Html:
    """For brightness and colour, the photos that are nearest to the values before and after the contrast."""
    values, cards = property_values(study.readable), []
    for contrast in contrasts(values):
        if contrast.lever in ("brightness", "colour") and contrast.posts.any():
            for value in contrast.from_to[contrast.lever]:
                row = int((values[contrast.lever] - value).abs().argmin())
                words = f"{lever_name(contrast.lever)}: {shown(contrast.lever, value)}"
                cards.append(f'<div style="{CARD}">\n{_photo(study, row)}\n<div><strong>{words}</strong></div>\n</div>')
    return _grid(cards or ["<em>no photos</em>"])


def show_surprises(study: Study, table: pd.DataFrame) -> Html:
    """Cards of the posts on which a forecast is best and worst, from :func:`lib.study.diagnostics.surprises`."""
    cards = []
    for row in table.itertuples():
        rates = _rates(row.activity, row.predicted, row.observed)
        numbers = f"{row.gain:+.1f} nats".replace("-", "−") + f" · {rates}, without features {pct(row.usual)}"
        cards.append(_card(study, row.post, numbers))
    return _two_groups(cards, "Largest gain over no features", "Smallest gain over no features")


def show_neighbours(study: Study, found: list[Neighbours], activity: str) -> Html:
    """A row of cards for each post: the post and its neighbours, with the cosine and the actual rate of an activity."""
    if not found:
        return Html("<p><em>Too few posts to compare.</em></p>")
    rows = []
    for post in found:
        labels = ["the post", *(f"cosine {number(cosine)}" for cosine in post.cosine)]
        cards = [
            _card(study, row, f"{label} · {label_of(activity)} {pct(study.rates.iloc[row][activity])}")
            for row, label in zip([post.row, *post.nearest], labels, strict=True)
        ]
        rows.append(f'<div style="{ROW}">\n{"".join(cards)}</div>')
    return Html("\n".join(rows))


def show_covered(study: Study, found: list[Covered], activity: str) -> Html:
    """Grey photos whose parts are coloured by their effect on the predicted rate: red raises it, blue lowers it."""
    if not found:
        return Html("<p><em>No test post has a photo to look into.</em></p>")
    most = max(np.abs(post.effect).max() for post in found) or 1.0
    mean, cards = study.forecast("photo").mean[:, study.column(activity)], []
    for i, post in enumerate(found):
        image = Image.fromarray(coloured(post.pixels, post.effect / most))
        words = f"{'highest' if i < len(found) / 2 else 'lowest'}: {pct(mean[post.row])}"
        photo = f'<img src="{_data_uri(image)}" alt="photo of the post with coloured parts" style="width:100%">'
        cards.append(f'<div style="{CARD}">\n{photo}\n<div><strong>{words}</strong></div>\n</div>')
    return _grid(cards, ROW)


def coloured(pixels: np.ndarray, effect: np.ndarray) -> np.ndarray:
    """A photo in pale grey under the colours of the effects of its parts.

    Parameters
    ----------
    pixels
        (h, w, 3) uint8, as the result.
    effect
        (cells, cells) from -1, full blue, to 1, full red.
    """
    high, wide = pixels.shape[:2]
    smooth = np.asarray(Image.fromarray(effect.astype(np.float32)).resize((wide, high), Image.Resampling.BILINEAR))
    colour, shade = colormaps["RdBu_r"]((smooth + 1) / 2)[..., :3], 0.75 * np.abs(smooth[..., None]) ** 0.7
    grey = (pixels.mean(2, keepdims=True) + 60) / 380
    return np.uint8(255 * ((1 - shade) * grey + shade * colour))


def show_parts(study: Study, found: list[LeftOut], activity: str) -> Html:
    """Texts whose parts are coloured by their effect on the predicted rate: orange raises the rate, blue lowers it."""
    if not found:
        return Html("<p><em>No text of a fitting length.</em></p>")
    most = max(np.abs(post.effect).max() for post in found) or 1.0
    cards = []
    for post in found:
        spans = []
        for part, effect in zip(post.parts, post.effect, strict=True):
            colour = "194,65,12" if effect > 0 else "1,115,178"
            style = f"background:rgba({colour},{0.5 * abs(effect) / most:.2f});border-radius:.2rem"
            gap = "<br>" if "\n" in part[len(part.rstrip()) :] else " "
            spans.append(f'<span style="{style}" title="{100 * np.expm1(effect):+.0f} %">{as_html(part)}</span>{gap}')
        rate = study.forecast("text").mean[post.row, study.column(activity)]
        rates = _rates(activity, rate, study.rates.iloc[post.row][activity])
        cards.append(f'<div style="{CARD}">\n<div>{"".join(spans)}</div>\n<div><strong>{rates}</strong></div>\n</div>')
    return _two_groups(cards, "Highest predicted rates", "Lowest predicted rates", WIDE_GRID)


def _rates(activity: str, predicted: float, actual: float) -> str:
    return f"{label_of(activity)}: predicted {pct(predicted)}, actual {pct(actual)}"


def _grid(cards: list[str], style: str = GRID) -> Html:
    return Html(f'<div style="{style}">\n' + "\n".join(cards) + "\n</div>")


def _two_groups(cards: list[str], first: str, second: str, style: str = GRID) -> Html:
    """The first and the second half of some cards, each under its title."""
    half = (len(cards) + 1) // 2
    groups = [(first, cards[:half]), (second, cards[half:])]
    return Html("\n".join(f"<p><strong>{title}</strong></p>\n{_grid(of, style).markup}" for title, of in groups if of))


def _card(study: Study, row: int, numbers: str) -> str:
    text = as_html(clean_text(study.posts["text"].iloc[row]), SHOWN_CHARACTERS) or "<em>no text</em>"
    numbers = numbers.replace(" %", "&nbsp;%")
    return (
        f'<div style="{CARD}">\n{_photo(study, row)}\n<div>{text}</div>\n<div><strong>{numbers}</strong></div>\n</div>'
    )


def _photo(study: Study, row: int) -> str:
    photo = study.posts["photo"].iloc[row]
    if photo is None:
        return "<div><em>no photo</em></div>"
    return f'<img src="{thumbnail_data_uri(photo)}" alt="photo of the post" style="max-height:9rem;object-fit:contain">'


def thumbnail_data_uri(photo: bytes, size: int = 160) -> str:
    """A photo as a small JPEG in a ``data:`` address. The longer side is at most ``size`` pixels.

    The photo is encoded again, so that only the pixels of the untrusted file reach the page.
    """
    image = decode_photo(photo, side=size)
    image.thumbnail((size, size))
    return _data_uri(image)


def _data_uri(image: Image.Image) -> str:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode("ascii")
