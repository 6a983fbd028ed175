import numpy as np
import pytest

from lib.embedding.catalogue import photo_encoder, text_encoder
from lib.report import gallery, sentences
from lib.storage import cache
from lib.study import explanations, study
from lib.study.explanations import CELLS, LeftOut, by_cell, left_out, neighbours, parts_of, patched
from lib.study.study import open_study

ROWS = 310  # another size than in other tests: what is kept in memory is told apart by it


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The study of a small simulated feed with the fast encoders, with a cache of its own."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("cache")
    for module in (cache, study):
        patch.setattr(module, "CACHE", folder)
    for variable in ("POSTS", "FEED_ROWS"):
        patch.delenv(variable, raising=False)
    opened = open_study(rows=ROWS)
    opened.__dict__.update(text_encoder=text_encoder("navec-sif"), photo_encoder=photo_encoder("thumbnail"))
    yield opened
    patch.undo()


def test_neighbours_are_the_nearest_and_no_copies(small):
    values = small.blocks["text vector"]
    copy = small.split.test[~np.isnan(values[small.split.test]).any(1)][0]
    values = np.vstack([values, values[copy]])
    other = study.Study(None, ROWS)
    other.__dict__.update(blocks={"text vector": values}, split=small.split)
    found = neighbours(other, "text", posts=10_000, nearest=2)
    assert {post.row for post in found} <= set(small.split.test) and copy in {post.row for post in found}
    for post in found:
        assert post.row not in post.nearest and len(values) - 1 not in post.nearest
        assert (np.diff(post.cosine) <= 0).all() and post.cosine[0] < 0.9999
    assert neighbours(other, "text", nearest=len(values)) == []


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
    for post in found:
        rates = []
        for parts in (post.parts, post.parts[1:]):
            posts = small.posts.assign(text="".join(parts))
            other = study.Study(None, ROWS)
            key = f"other {post.row} {len(parts)}"
            made_by = {name: getattr(small, name) for name in ("text_encoder", "photo_encoder", "words")}
            other.__dict__.update(posts=posts, key=key, **made_by)
            rates.append(small.model("text").predict(other.features("text", [0])).mean[0, 0])
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
    found = explanations.covered(small, small.activities[0], each=1)
    assert [post.effect.shape for post in found] == [(CELLS, CELLS)] * 2
    rates = [small.forecast("photo").mean[post.row, 0] for post in found]
    assert rates[0] > rates[1] and all(np.abs(post.effect).max() > 0 for post in found)
    assert "4 photos" in sentences.most_covered(small, small.activities[0])


def test_a_feed_without_photos_and_texts_shows_nothing(small, tmp_path):
    path = tmp_path / "posts.csv"
    small.posts.assign(photo="", text="").to_csv(path, index=False)
    other = open_study(path)
    other.__dict__.update(text_encoder=small.text_encoder, photo_encoder=small.photo_encoder)
    activity = other.activities[0]
    assert explanations.covered(other, activity) == left_out(other, activity) == neighbours(other, "text") == []
    assert "Too few" in gallery.show_neighbours(other, [], activity).data
    assert "No text" in gallery.show_parts(other, [], activity).data
    assert "No test post" in sentences.most_covered(other, activity) + sentences.most_left_out(other, activity)


def test_parts_are_shown_as_text_only(small):
    post = LeftOut(
        int(small.split.test[0]), ["<script>alert(1)</script> ", '"><b>x</b>\n', "*y* $z$"], np.array([1, -0.5, 0])
    )
    shown = gallery.show_parts(small, [post], small.activities[0]).data
    assert "<script" not in shown and "<b>" not in shown and "*y*" not in shown and "$z$" not in shown
    assert shown.count("<span") == 3 and "194,65,12,0.65" in shown and "1,115,178,0.33" in shown
