"""Photos: every kind of file a feed may hold, and features against values worked out by hand."""

import base64
import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lib.features.photo import PHOTO_FEATURES, photo_features
from lib.posts.photo import MAX_PIXELS, PhotoError, decode_photo, photo_bytes
from lib.report.gallery import thumbnail_data_uri


def encode(image, kind="PNG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def picture(size=(64, 48)):
    """A left half in red and a right half in blue: any turn shows."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    return image


def bomb(width, height):
    """A PNG of a few bytes whose header declares width x height."""

    def chunk(name, data):
        crc = zlib.crc32(name + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + name + data + crc

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def grey16(value):
    return Image.fromarray(np.full((4, 4), value, dtype=np.uint16))


HALF = Image.new("RGBA", (4, 4), (255, 0, 0, 128))
FRAMES = [Image.new("RGB", (4, 4), c) for c in ("red", "lime")]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (encode(Image.new("RGB", (4, 4), "red"), "JPEG", quality=100), (254, 0, 0)),
        (encode(Image.new("RGB", (1, 1), "red")), (255, 0, 0)),
        (encode(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=100), (254, 0, 0)),
        (encode(Image.new("RGB", (4, 4), "red").convert("P")), (255, 0, 0)),
        (encode(Image.new("1", (4, 4), 1)), (255, 255, 255)),
        (encode(Image.new("LA", (4, 4), (0, 0))), (255, 255, 255)),
        (encode(HALF), (255, 127, 127)),
        (encode(HALF, "WEBP", lossless=True), (255, 127, 127)),
        (encode(Image.new("P", (4, 4), 0), transparency=0), (255, 255, 255)),
        (encode(grey16(0x8000)), (128, 128, 128)),
        (encode(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]), (255, 0, 0)),
        (encode(Image.new("RGB", (4, 4), "red"), "BMP"), (255, 0, 0)),
    ],
    ids=["jpeg", "pixel", "cmyk", "palette", "bilevel", "grey-alpha", "alpha", "webp", "clear", "16-bit", "gif", "bmp"],
)
def test_every_kind_becomes_rgb(data, expected):
    image = decode_photo(data)
    assert image.mode == "RGB"
    np.testing.assert_allclose(image.getpixel((0, 0)), expected, atol=2)


def test_exif_orientation_turns_the_photo_and_its_measures():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it rotated by 90 degrees clockwise
    data = encode(picture((64, 48)), "JPEG", exif=exif, quality=95)
    image = decode_photo(data)
    assert image.size == (48, 64)
    assert image.getpixel((24, 5))[0] > 200 and image.getpixel((24, 60))[2] > 200
    row = photo_features([data]).iloc[0]
    assert (row["width"], row["height"]) == (48, 64)


def test_a_small_side_is_decoded_at_a_smaller_scale():
    data = encode(picture((640, 320)), "JPEG")
    assert decode_photo(data, side=100).size == (160, 80)
    assert decode_photo(data, side=1000).size == (640, 320)


JPEG = encode(picture((256, 200)), "JPEG")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not an image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
        (JPEG[:10], "damaged"),
        (JPEG[:-200], "cut short"),
        (encode(Image.effect_noise((64, 64), 90))[:-600], "cut short|damaged"),
        (bomb(30_000, 30_000), f"{MAX_PIXELS // 10**6} million pixels"),
        (bomb(10_000, 6_000), f"{MAX_PIXELS // 10**6} million pixels"),
        (bomb(2**31 - 1, 2**31 - 1), f"{MAX_PIXELS // 10**6} million pixels"),
        (encode(picture(), "TIFF"), "not an image"),  # not among the formats opened
    ],
    ids=["empty", "svg", "head", "cut-jpeg", "cut-png", "bomb", "small-bomb", "largest-bomb", "tiff"],
)
def test_unusable_files_are_refused_with_a_reason(data, reason):
    for side in (None, 1):
        with pytest.raises(PhotoError, match=reason):
            decode_photo(data, side=side)


PLAIN = base64.b64encode(JPEG).decode()


@pytest.mark.parametrize(
    "field",
    [
        PLAIN,
        f"  {PLAIN}\n",
        "\r\n".join(PLAIN[i : i + 76] for i in range(0, len(PLAIN), 76)),
        PLAIN.rstrip("="),
        base64.urlsafe_b64encode(JPEG).decode(),
        f"data:image/jpeg;base64,{PLAIN}",
        f"DATA:image/jpeg;charset=utf-8;BASE64,{PLAIN}",
        f"b'{PLAIN}'",
    ],
    ids=["plain", "spaces", "lines", "unpadded", "url-safe", "data", "data-upper", "repr"],
)
def test_base64_in_its_guises(field):
    assert photo_bytes(field) == JPEG


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("https://example.org/cat.jpg", "a link"),
        ("cat.jpg", "not base64"),
        ("привет", "not base64"),
        ("data:image/svg+xml,<svg/>", "not base64"),
        ("abcde", "not base64"),
        ("ab=cd", "not base64"),
        ("A" * (45 * 2**20), "over 32 MiB"),
    ],
    ids=["link", "name", "cyrillic", "data", "length", "padding", "large"],
)
def test_other_fields_are_refused_with_a_reason(field, reason):
    with pytest.raises(PhotoError, match=reason):
        photo_bytes(field)


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
    (picture(), {"hue_share": 0.5, "main_colours": 2, "width": 64, "height": 48, "log_aspect": np.log(4 / 3)}),
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


def test_lettering_is_told_from_shading():
    ramp = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (128, 1)))
    lettered, shaded = photo_features([encode(letters()), encode(ramp)])["text_likeness"]
    assert lettered > 0.3 and shaded == 0


def test_absent_photos_are_rows_of_nan_in_place():
    table = photo_features([None, encode(picture()), None])
    assert list(table) == list(PHOTO_FEATURES)
    assert table["has_photo"].tolist() == [0, 1, 0]
    assert table.drop(columns="has_photo").isna().all(axis=1).tolist() == [True, False, True]
    assert photo_features([]).shape == (0, len(PHOTO_FEATURES))
    with pytest.raises(PhotoError, match="photo 1: not an image"):
        photo_features([None, b"no"])


def test_a_thumbnail_holds_new_pixels_only():
    data = encode(picture((400, 300)), "JPEG", comment=b"<script>alert(1)</script>")
    assert b"script" in data
    uri = thumbnail_data_uri(data, size=100)
    head, _, body = uri.partition(",")
    assert head == "data:image/jpeg;base64"
    small = base64.b64decode(body, validate=True)
    assert b"script" not in small
    assert Image.open(io.BytesIO(small)).size == (100, 75)
