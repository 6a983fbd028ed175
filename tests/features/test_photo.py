"""Features of photos against values worked out by hand."""

import numpy as np
import pytest
from photo_files import encode, halves
from PIL import Image, ImageDraw

from lib.features.photo import PHOTO_FEATURES, photo_features
from lib.posts import PhotoError


def test_exif_orientation_turns_the_measures():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it rotated by 90 degrees clockwise
    row = photo_features([encode(halves((64, 48)), "JPEG", exif=exif, quality=95)]).iloc[0]
    assert (row["width"], row["height"]) == (48, 64)


def stripes(period, size=64):
    columns = (np.arange(size) // period % 2 * 255).astype(np.uint8)
    return Image.fromarray(np.tile(columns, (size, 1))).convert("RGB")


def letters():
    image = Image.new("RGB", (256, 128), "white")
    draw = ImageDraw.Draw(image)
    for y in range(4, 120, 12):
        draw.text((4, y), "the quick brown fox jumps over the lazy dog", fill="black")
    return image


# Worked out by hand. Red has R-G = 255 and (R+G)/2 - B = 127.5 everywhere, so M3 = 0.3 * hypot(255, 127.5).
# Columns 0, 255, 0, 255, ...: two neighbours differ by 255 inside, so the Laplacian is +-510; at the two
# edges, where the border is repeated, one neighbour does: +-255.
LAPLACIAN = np.array([255, *[-510, 510] * 31, -255])
KNOWN = [
    (
        Image.new("RGB", (64, 64), "red"),
        {
            "aspect": 1,
            "log_aspect": 0,
            "brightness": 0.299,
            "contrast": 0,
            "colourfulness": 0.3 * np.hypot(255, 127.5),
            "sharpness": 0,
            "flat_area": 1,
            "text_likeness": 0,
            "hue_x": 1,
            "hue_y": 0,
            "hue_share": 1,
            "main_colours": 1,
        },
    ),
    (
        stripes(1),
        {
            "brightness": 0.5,
            "contrast": 0.5,
            "colourfulness": 0,
            "sharpness": np.log1p(LAPLACIAN.var()),
            "flat_area": 0,
            "hue_share": 0,
            "main_colours": 2,
        },
    ),
    (halves(), {"hue_share": 0.5, "main_colours": 2, "width": 64, "height": 48, "log_aspect": np.log(4 / 3)}),
    (Image.new("RGB", (5, 5), "lime"), {"hue_x": -0.5, "hue_y": np.sqrt(3) / 2, "flat_area": 1, "sharpness": 0}),
    (Image.new("RGB", (1, 1)), {"brightness": 0, "contrast": 0, "flat_area": 1, "main_colours": 1, "aspect": 1}),
    (Image.new("RGB", (256, 37), "white"), {"brightness": 1, "aspect": 256 / 37}),
    (Image.new("RGB", (1000, 500), "white"), {"width": 1000, "height": 500, "aspect": 2}),
]


@pytest.mark.parametrize(("image", "expected"), KNOWN)
def test_features_worked_out_by_hand(image, expected):
    row = photo_features([encode(image)]).iloc[0]
    assert row.notna().all()
    for name, value in expected.items():
        assert row[name] == pytest.approx(value, abs=1e-5), name


def test_lettering_is_not_shading():
    ramp = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (128, 1)))
    lettered, shaded = photo_features([encode(letters()), encode(ramp)])["text_likeness"]
    assert lettered > 0.3 and shaded == 0


def test_absent_photos_are_rows_of_nan_in_place():
    table = photo_features([None, encode(halves()), None])
    assert list(table) == list(PHOTO_FEATURES)
    assert table["has_photo"].tolist() == [0, 1, 0]
    assert table.drop(columns="has_photo").isna().all(axis=1).tolist() == [True, False, True]
    assert photo_features([]).shape == (0, len(PHOTO_FEATURES))
    with pytest.raises(PhotoError, match="photo 1: not an image"):
        photo_features([None, b"no"])
