import numpy as np
import pytest

from lib.features import make_blocks
from lib.models import MODELS, forecast_posts
from lib.study.explanations import CELLS, by_cell, covered, left_out, neighbours, parts_of, patched


def test_neighbours_are_the_nearest_and_no_copies(small):
    values, test = small.blocks["text_vector"], small.split.test
    copy = test[~np.isnan(values[test]).any(1)][0]
    values = np.vstack([values, values[copy]])
    found = neighbours(values, test, posts=10_000, nearest=2)
    assert {post.row for post in found} <= set(test) and copy in {post.row for post in found}
    for post in found:
        assert post.row not in post.nearest and len(values) - 1 not in post.nearest
        assert (np.diff(post.cosine) <= 0).all() and post.cosine[0] < 0.9999
    assert neighbours(values, test, nearest=len(values)) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Раз два  три", ["Раз ", "два  ", "три"]),
        ("Раз.\n\nДва", ["Раз.\n\n", "Два"]),
        ("Слово. " * 60 + "Конец", 61),
        ("строка\n" * 60 + "конец", 61),
        ("слово " * 59 + "конец", 60),
        ("слово " * 30 + ". Вот " + "слово " * 30, 2),
    ],
)
def test_parts_are_the_whole_text(text, parts):
    got = parts_of(text)
    assert "".join(got) == text
    assert got == parts if isinstance(parts, list) else len(got) == parts


def test_leaving_a_part_out_is_another_text(small):
    activity = small.activities[0]
    found = left_out(small, activity, each=1)
    assert len(found) == 2
    high, low = (small.forecast("text").mean[post.row, 0] for post in found)
    assert high > low
    spec, fitted = MODELS["text"], small.fitted("text")
    for post in found:
        texts = ["".join(parts) for parts in (post.parts, post.parts[1:])]
        posts = small.posts.iloc[:2].assign(text=texts)
        blocks = make_blocks(posts, spec.blocks, small.encoders, small.words)
        rates = forecast_posts(spec, fitted.model, fitted.structure, blocks, 2).mean[:, 0]
        assert np.log(rates[0] / rates[1]) == pytest.approx(post.effect[0], rel=1e-3, abs=1e-6)


def test_patches_cover_every_cell_in_turn():
    pixels = np.random.default_rng(0).integers(0, 100, (67, 40, 3), dtype=np.uint8)
    copies = patched(pixels)
    assert len(copies) == (CELLS - 1) ** 2
    changed = np.array([(copy != pixels).all(2) for copy in copies])
    assert changed.any(0).all() and all((copy[grey] == 127).all() for copy, grey in zip(copies, changed, strict=True))
    corner = by_cell(np.arange(len(copies)) == 0)
    assert (
        corner[0, 0] == 1 and corner[0, 1] == corner[1, 0] == 1 / 2 and corner[1, 1] == 1 / 4 and corner[2:].sum() == 0
    )


def test_covering_changes_the_rate_of_the_photo_shown(small):
    found = covered(small, small.activities[0], each=1)
    assert [post.effect.shape for post in found] == [(CELLS, CELLS)] * 2
    rates = [small.forecast("photo").mean[post.row, 0] for post in found]
    assert rates[0] > rates[1] and all(np.abs(post.effect).max() > 0 for post in found)


def test_a_feed_without_photos_and_texts_shows_nothing(plain):
    activity = plain.activities[0]
    assert covered(plain, activity) == left_out(plain, activity) == []
    assert neighbours(plain.blocks["text_vector"], plain.split.test) == []
