import base64
import io

import numpy as np
import pytest
from PIL import Image

from lib.models import BASELINE
from lib.report import gallery
from lib.study import diagnostics, open_study
from lib.study.explanations import Covered, LeftOut, neighbours


def jpeg(size, comment=b""):
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "JPEG", comment=comment)
    return out.getvalue()


@pytest.fixture(scope="module")
def hostile(small):
    """A real feed whose texts would act on a page, and whose posts have no photo but one."""
    posts = small.posts.assign(text="<script>alert(1)</script> *y* $z$", photo=None)
    posts.at[0, "photo"] = jpeg((400, 300))
    return open_study(posts)


def test_cards_show_texts_as_text_and_numbers(hostile):
    activity = hostile.activities[0]
    shown = gallery.show(hostile, np.array([0, 1]), ["view", activity]).markup
    assert "alert&#40;1&#41;" in shown and "<script" not in shown and "*y*" not in shown and "$z$" not in shown
    assert shown.count("data:image/jpeg;base64,") == 1 and shown.count("no photo") == 1
    assert all(f"view {hostile.views[row]:,}" in shown for row in (0, 1))


def test_posts_are_spread_over_the_ranks_of_their_views(small):
    rows = gallery.spread_over_views(small, rows=5)
    views = small.views[rows]
    assert len(rows) == 5 and (np.diff(views) >= 0).all()
    assert (views[0], views[-1]) == (small.views.min(), small.views.max())


def test_extremes_are_test_posts_and_none_where_all_have_the_same_forecast(small):
    activity = small.activities[0]
    rows = gallery.extremes(small, "text", activity, each=3)
    mean = small.forecast("text").mean[:, 0]
    test = small.split.test
    assert set(rows) <= set(test) and len(set(rows)) == 6
    assert mean[rows[0]] == mean[test].max() and mean[rows[-1]] == mean[test].min()
    assert not len(gallery.extremes(small, BASELINE, activity))
    assert "same forecast" in gallery.show_extremes(small, BASELINE, activity).markup


def test_each_group_of_a_gallery_has_its_title(small):
    """The highest and the lowest rates were eight cards in three columns."""
    first, second = gallery.show_extremes(small, "text", small.activities[0]).markup.split("Lowest predicted rates")
    assert first.count("predicted ") - first.count("Highest predicted ") == second.count("predicted ") == 4
    assert "actual" in first and "&nbsp;%" in first
    shown = gallery.show_surprises(small, diagnostics.surprises(small, "text", each=3)).markup
    assert [part.count(" nats") for part in shown.split("Smallest gain")] == [3, 3]


def test_surprises_have_a_card_each(small):
    table = diagnostics.surprises(small, "text", each=2)
    shown = gallery.show_surprises(small, table).markup
    assert shown.count(" nats ·") == 4 and "without features" in shown


def test_neighbours_have_a_row_each(small):
    found = neighbours(small.blocks["text_vector"], small.split.test, posts=2, nearest=2)
    shown = gallery.show_neighbours(small, found, small.activities[0]).markup
    assert shown.count("the post ·") == 2 and shown.count("cosine ") == 4
    assert "Too few" in gallery.show_neighbours(small, [], small.activities[0]).markup


def test_parts_are_shown_as_text_only(small):
    parts = ["<script>alert(1)</script> ", '"><b>x</b>\n', "*y* $z$"]
    post = LeftOut(int(small.split.test[0]), parts, np.array([1, -0.5, 0]))
    shown = gallery.show_parts(small, [post], small.activities[0]).markup
    assert "<script" not in shown and "<b>" not in shown and "*y*" not in shown and "$z$" not in shown
    assert shown.count("<span") == 3 and "194,65,12,0.50" in shown and "1,115,178,0.25" in shown
    assert "No text" in gallery.show_parts(small, [], small.activities[0]).markup


def test_a_part_that_raises_the_rate_is_red_and_one_that_lowers_it_blue(small):
    pixels = np.full((40, 40, 3), 100, np.uint8)
    post = Covered(int(small.split.test[0]), pixels, np.array([[0.5, 0.0], [0.0, -0.5]]))
    image = gallery.coloured(post.pixels, post.effect).astype(int)
    assert image[2, 2, 0] > image[2, 2, 2] + 40 and image[37, 37, 2] > image[37, 37, 0] + 40
    assert np.ptp(image[20, 20]) <= 12
    shown = gallery.show_covered(small, [post], small.activities[0]).markup
    assert shown.count("<img") == 1 and "highest: " in shown
    assert "No test post" in gallery.show_covered(small, [], small.activities[0]).markup


def test_a_thumbnail_holds_new_pixels_only():
    data = jpeg((400, 300), comment=b"<script>alert(1)</script>")
    assert b"script" in data
    uri = gallery.thumbnail_data_uri(data, size=100)
    head, _, body = uri.partition(",")
    assert head == "data:image/jpeg;base64"
    small = base64.b64decode(body, validate=True)
    assert b"script" not in small
    assert Image.open(io.BytesIO(small)).size == (100, 75)


def test_the_ends_of_brightness_and_colour_are_shown_by_photos(small):
    shown = gallery.show_ends(small).markup
    assert shown.count("<img") == 4 and shown.count("brightness: ") == shown.count("colour: ") == 2
    assert "no photos" in gallery.show_ends(open_study(small.posts.assign(photo=None))).markup
