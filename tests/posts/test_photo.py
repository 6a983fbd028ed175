"""Photos: every kind of file that a feed may hold, as pixels or refused with a reason."""

import base64
import zlib
from urllib.parse import quote

import numpy as np
import pytest
from photo_files import blots, encode, halves
from PIL import Image

from lib.posts.photo import MAX_PIXELS, SEEN_SIDE, PhotoError, decode_photo, map_photos, open_photo, photo_bytes


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


def test_exif_orientation_turns_the_photo():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it rotated by 90 degrees clockwise
    data = encode(halves((64, 48)), "JPEG", exif=exif, quality=95)
    image = decode_photo(data)
    assert image.size == (48, 64)
    assert image.getpixel((24, 5))[0] > 200 and image.getpixel((24, 60))[2] > 200


def test_a_small_side_is_decoded_at_a_smaller_scale():
    data = encode(halves((640, 320)), "JPEG")
    assert decode_photo(data, side=100).size == (160, 80)
    assert decode_photo(data, side=1000).size == (640, 320)


JPEG = encode(halves((256, 200)), "JPEG")


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
        (encode(halves(), "TIFF"), "not an image"),  # not among the formats opened
    ],
    ids=["empty", "svg", "head", "cut-jpeg", "cut-png", "bomb", "small-bomb", "largest-bomb", "tiff"],
)
def test_unusable_files_are_refused_with_a_reason(data, reason):
    for side in (None, 1):
        with pytest.raises(PhotoError, match=reason):
            decode_photo(data, side=side)


PLAIN = base64.b64encode(JPEG).decode()


def folded(text, by, width=76):
    return by.join(text[i : i + width] for i in range(0, len(text), width))


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
        f'"{PLAIN}"',
        f"'{PLAIN}'",
        f'""{PLAIN}""',
        PLAIN.replace("/", "\\/"),
        f'"{PLAIN}"'.replace("/", "\\/").replace("+", "\\u002b").replace("=", "\\u003D"),
        quote(PLAIN, safe=""),
        PLAIN.replace("+", " "),
        PLAIN.replace("+", " ").rstrip("="),
        f"data:image/jpeg;base64, {PLAIN}".replace("+", " "),
        folded(PLAIN, " "),
        folded(PLAIN, "\\n"),
        folded(PLAIN, "\t"),
        folded(PLAIN, "\n").replace("+", " "),
    ],
)
def test_base64_in_its_guises(field):
    assert photo_bytes(field) == JPEG


@pytest.mark.parametrize("width", [64, 76, 75, 100, 20])
def test_spaces_in_base64_never_give_another_photo(width):
    """Spaces where lines were folded, where each or half of the + were, or both at once."""
    read = 0
    for seed in range(40):
        data = encode(blots(seed, (20 + seed, 30)), ("JPEG", "PNG", "GIF")[seed % 3])
        plain = base64.b64encode(data).decode()
        lost = plain.replace("+", " ")
        half = plain.replace("+", " ", plain.count("+") // 2)
        for field in (lost, half, *(folded(each, " ", width) for each in (plain, lost, half, lost.rstrip("=")))):
            try:
                assert photo_bytes(field) == data
                read += 1
            except PhotoError as error:
                assert "spaces in the base64, where + may have been" in str(error)
    assert read >= 40


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("https://example.org/cat.jpg", "a link"),
        ("cat.jpg", "not base64"),
        ("привет", "not base64"),
        ("data:image/svg+xml,<svg/>", "not base64"),
        ("abcde", "not base64"),
        ("\\xffd8ffe0", "hexadecimal digits, not base64"),
        ("b'\\xff\\xd8'", "not base64"),
        ("[255, 216, 255]", "not base64|spaces"),
        (PLAIN.replace("+", " ", 1), "spaces in the base64"),
        ("ab=cd", "not base64"),
        ("A" * (45 * 2**20), "over 32 MiB"),
    ],
    ids=lambda value: value[:20],
)
def test_other_fields_are_refused_with_a_reason(field, reason):
    with pytest.raises(PhotoError, match=reason):
        photo_bytes(field)


@pytest.mark.parametrize(
    ("size", "orientation", "shown", "pixels"),
    [
        ((64, 48), 1, (64, 48), (64, 48)),
        ((64, 48), 6, (48, 64), (48, 64)),  # lies on its side
        ((64, 48), 3, (64, 48), (64, 48)),  # upside down
        ((4 * SEEN_SIDE, 2 * SEEN_SIDE), 6, (2 * SEEN_SIDE, 4 * SEEN_SIDE), (SEEN_SIDE // 2, SEEN_SIDE)),
    ],
    ids=["plain", "turned", "upside-down", "large"],
)
def test_an_open_photo_has_the_size_of_the_whole_and_the_pixels_of_what_is_seen(size, orientation, shown, pixels):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(halves(size), "JPEG", exif=exif)
    photo = open_photo(data)
    assert (photo.width, photo.height) == shown
    assert photo.pixels.size == pixels
    assert photo.pixels == decode_photo(data, side=SEEN_SIDE)


def test_a_photo_that_cannot_be_opened_is_refused():
    with pytest.raises(PhotoError, match="cut short"):
        open_photo(JPEG[:-200])


def test_photos_are_mapped_in_their_order_and_an_error_is_passed_on():
    photos = [encode(Image.new("RGB", (i + 1, 1))) for i in range(50)]
    assert [image.width for image in map_photos(decode_photo, photos, "Decoding")] == list(range(1, 51))
    assert list(map_photos(decode_photo, [], "Decoding")) == []
    with pytest.raises(PhotoError, match="not an image"):
        list(map_photos(decode_photo, [*photos, b"no"], "Decoding"))
