import numpy as np
import pandas as pd
import pytest
from tiny_models import Letters, noise

from lib.embedding import embed
from lib.embedding.packaged import Lite0Photo, Thumbnail
from lib.features import present
from lib.storage import code_digest


def test_texts_that_read_the_same_are_one():
    encoder = Letters()
    vectors = embed(["кот &amp; пёс", "кот & пёс", "кот <b>&</b> пёс", "\ud800кот & пёс"], encoder)
    assert encoder.seen == ["кот & пёс"] and present(vectors).all()


@pytest.mark.parametrize("encoder", [Letters(), Thumbnail()], ids=["text", "photo"])
@pytest.mark.parametrize("item", [None, float("nan"), pd.NA, np.nan])
def test_a_missing_item_has_no_content(encoder, item):
    assert encoder.content(item) is None


@pytest.mark.parametrize(
    ("encoder", "item", "words"),
    [
        (Letters(), b"jpeg", "must be a str"),
        (Letters(), 3, "must be a str"),
        (Lite0Photo(), "text", "must be the bytes"),
        (Thumbnail(), [b"jpeg"], "must be the bytes"),
    ],
)
def test_an_item_of_another_type_is_refused(encoder, item, words):
    with pytest.raises(ValueError, match=words):
        embed([item], encoder)


def test_a_fingerprint_is_of_the_weights_the_number_format_and_the_code():
    class Later(Letters):
        revision = "2"

    class Same(Letters):
        pass

    first = Letters().fingerprint()
    assert first == Letters().fingerprint() == Letters().fingerprint("float32")
    assert len({first, Letters().fingerprint("float16"), Later().fingerprint(), Same().fingerprint()}) == 4


def test_a_photo_encoder_depends_on_the_module_that_decodes_photos():
    assert code_digest("lib.posts.photo") in Thumbnail().code()


def test_a_model_is_loaded_once():
    encoder = Letters()
    assert encoder.on("cpu") is encoder.on("cpu")


def test_a_photo_that_cannot_be_decoded_is_no_sample():
    assert Thumbnail().prepare(b"no image") is None
    assert Thumbnail().prepare(noise()).shape == (16, 16, 3)
