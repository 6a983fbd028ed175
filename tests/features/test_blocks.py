import numpy as np
import pandas as pd
import pytest
from photo_files import blots, encode
from tiny_models import Letters

from lib.embedding import PhotoEncoder
from lib.features import (
    BLOCKS,
    PAGE_BLOCKS,
    PHOTO_BLOCKS,
    Words,
    block_makers,
    make_blocks,
    photo_features,
    present,
    readable_features,
    text_features,
)
from lib.features.blocks import as_block
from lib.storage import code_digest


class Corner(PhotoEncoder):
    """The colour of a photo's first pixel, and a note of every photo that was embedded."""

    name, dim, licence, source, revision, budget = "corner", 3, "MIT", "here", "1", {"cpu": 8}

    def __init__(self):
        self.seen = 0

    def device(self, wanted):
        return "cpu"

    def dtype(self, device):
        return "float32"

    def pixels(self, image):
        return np.asarray(image)[:1, :1]

    def load(self, device):
        def forward(samples):
            self.seen += len(samples)
            return np.stack(samples)[:, 0, 0].astype(np.float32)

        return forward


TEXTS = ["оса и оса", "", "ещё оса и мёд", "мёд и соль", None]
PHOTOS = [encode(blots(0)), encode(blots(1)), None, encode(blots(2)), None]


@pytest.fixture
def posts():
    posts = pd.DataFrame({"text": [text or "" for text in TEXTS], "photo": PHOTOS, "group": ["b", "", "c", "a", "b"]})
    return posts.assign(time=pd.to_datetime(["2024-01-01", None, "2024-05-01", None, None]).astype("datetime64[s]"))


GROUPS = ("a", "b")


@pytest.fixture
def encoders():
    return {"text": Letters(), "photo": Corner()}


@pytest.fixture(scope="module")
def words():
    return Words().fit([f"оса и мёд и {word}" for word in ["соль"] * 8 + ["пчела"] * 8])


def test_every_block_has_rows_of_nan_where_the_post_has_none(posts, encoders, words):
    blocks = make_blocks(posts, BLOCKS, encoders, words, groups=GROUPS)
    assert list(blocks) == list(BLOCKS)
    contexts = {"group": posts["group"].isin(GROUPS), "season": posts["time"].notna()}
    for name, values in blocks.items():
        has = contexts.get(name, posts["photo"].notna() if name in PHOTO_BLOCKS else posts["text"] != "")
        assert values.dtype == np.float32 and len(values) == len(posts)
        assert present(values).tolist() == has.tolist() and np.isnan(values[~has]).all(), name
    assert blocks["text_vector"][0].tolist() == [2, 2, 0]
    np.testing.assert_array_equal(blocks["text_words"], words.transform(posts["text"]))


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_is_the_same_alone_as_with_others(posts, encoders, words, block):
    together = make_blocks(posts, BLOCKS, encoders, words)
    np.testing.assert_array_equal(make_blocks(posts, [block], encoders, words)[block], together[block])


@pytest.mark.parametrize("block", BLOCKS)
def test_only_what_a_block_needs_is_read(posts, encoders, words, block):
    kind, _, how = block.replace("season", "time").partition("_")
    encoders = {kind: encoders[kind]} if how == "vector" else {}
    assert list(make_blocks(posts[[kind]], iter([block]), encoders, words if how == "words" else None)) == [block]


def test_readable_features_that_are_given_are_used(posts):
    readable = {kind: table + 1 for kind, table in readable_features(posts).items()}
    readable["text"]["has_text"] = 1.0
    readable["photo"]["has_photo"] = 0.0
    blocks = make_blocks(posts, ["text_features", "photo_features"], {}, readable=readable)
    np.testing.assert_array_equal(blocks["text_features"], as_block(readable["text"], "has_text"))
    assert present(blocks["text_features"]).all() and np.isnan(blocks["photo_features"]).all()


def test_vectors_are_kept_in_the_folder(posts, encoders, tmp_path):
    asked = ["text_vector", "photo_vector"]
    first = make_blocks(posts, asked, encoders, vectors=tmp_path)
    again = {"text": Letters(), "photo": Corner()}
    for name, values in make_blocks(posts, asked, again, vectors=tmp_path).items():
        np.testing.assert_array_equal(values, first[name])
    assert again["text"].seen == [] and again["photo"].seen == 0 < encoders["photo"].seen


def test_a_block_has_signed_logarithms():
    table = pd.DataFrame({"has_text": [1.0, 0.0], "words": [np.e - 1, 5.0], "tilt": [1 - np.e, 5.0]})
    block = as_block(table, "has_text")
    assert block.dtype == np.float32 and block[0] == pytest.approx([1, -1]) and np.isnan(block[1]).all()


def test_makers_differ_by_weights_number_format_and_code(encoders):
    class Later(Letters):
        revision = "2"

    makers = block_makers(encoders)
    assert set(makers) == {*BLOCKS, *PAGE_BLOCKS}
    assert makers["group"] == makers["season"]  # one module
    assert len({makers[block]["fingerprint"] for block in BLOCKS}) == len(BLOCKS) - 1
    assert makers["text_vector"] == Letters().describe() | {
        "dtype": "float32",
        "fingerprint": Letters().fingerprint("float32"),
    }
    for block, maker in {"text_features": text_features, "photo_features": photo_features, "text_words": Words}.items():
        assert makers[block] == {"name": maker.__module__, "fingerprint": code_digest(maker)}
    changed = block_makers({**encoders, "text": Later()})
    assert {block for block in BLOCKS if changed[block] != makers[block]} == {"text_vector"}
