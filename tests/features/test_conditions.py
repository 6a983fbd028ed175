import io

import pandas as pd
import pytest
from PIL import Image

from lib.features import CONDITIONS, READABLE_BLOCKS, conditions_met, make_blocks


def png(*size):
    file = io.BytesIO()
    Image.new("RGB", size).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("text", "size", "met"),
    [
        ("Кот спит.", (90, 30), ["text not folded"]),
        ("Кот спит. " * 100, (91, 30), ["banner"]),
        ("Кот спит. " * 100, (30, 91), []),
        ("", (40, 30), ["no text", "text not folded"]),
        ("Кот спит. " * 100, None, ["no photo"]),
    ],
)
def test_a_post_meets_the_conditions_that_its_readable_features_say(text, size, met):
    posts = pd.DataFrame({"text": [text], "photo": pd.Series([png(*size) if size else None], dtype=object)})
    blocks = make_blocks(posts, READABLE_BLOCKS, {})
    for known in ([], ["text_features"], ["photo_features"], READABLE_BLOCKS):
        found = conditions_met({name: blocks[name] for name in known}, 1)
        of_photo = {"no photo", "banner"}
        seen = {name for name in met if ("photo" if name in of_photo else "text") + "_features" in known}
        assert {name for name, is_met in zip(CONDITIONS, found[0], strict=True) if is_met} == seen
