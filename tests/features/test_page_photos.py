"""The page measures a photo as the library does."""

import base64
import html
import io
import json
import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from page_code import in_node, needs_node
from photo_files import blots, encode
from PIL import Image, ImageOps

from lib.features import page_rules, photo_features
from lib.report.panel import assets

CHROMIUM = shutil.which("chromium")
LIMITS = {
    "brightness": 0.005,
    "contrast": 0.005,
    "colourfulness": 0.5,
    "hue_x": 0.005,
    "hue_y": 0.005,
    "hue_share": 0.005,
}


def photos():
    """Sixty image files: of every format and shape, smooth and noisy, small and large, turned and transparent."""
    rng, made = np.random.default_rng(0), []
    shapes = [(96, 64), (256, 256), (300, 200), (257, 611), (1000, 250), (1024, 768), (90, 700), (40, 3), (530, 531)]
    for i in range(60):
        size = shapes[i % len(shapes)]
        image = blots(i, size)
        if i % 3 == 1:
            noise = np.asarray(image) + rng.normal(0, 25, (size[1], size[0], 3))
            image = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
        exif = Image.Exif()
        exif[0x0112] = 1 + i % 8
        if i % 4 == 0:
            made.append(encode(image, "JPEG", quality=90, exif=exif))
        elif i % 4 == 1:
            made.append(encode(image, "PNG"))
        elif i % 4 == 2:
            made.append(encode(image, "WEBP", quality=90))
        else:
            image.putalpha(Image.fromarray(rng.integers(0, 256, (size[1], size[0]), dtype=np.uint8)))
            made.append(encode(image, ("PNG", "WEBP")[i // 4 % 2], **({"lossless": True} if i // 4 % 2 else {})))
    return made


def pixels(file):
    """The pixels of a file as a canvas gives them."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(file))).convert("RGBA")
    return {"data": base64.b64encode(image.tobytes()).decode(), "width": image.width, "height": image.height}


@pytest.fixture(scope="module")
def files():
    return photos()


@pytest.fixture(scope="module")
def ours(files):
    return photo_features(files)


@needs_node
def test_the_page_measures_pixels_as_the_library_does(files, ours):
    rules = {name: page_rules()[name] for name in ("measured_side", "chroma")}
    code = (
        "given.photos.map((p) => DraftPhoto.measure(given.rules, "
        "{ ...p, data: Buffer.from(p.data, 'base64') }, p.width / p.height))"
    )
    theirs = pd.DataFrame(in_node(code, {"rules": rules, "photos": [pixels(file) for file in files]}))
    for name in theirs:
        np.testing.assert_allclose(theirs[name], ours[name], atol=1e-3, rtol=1e-3, err_msg=name)


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_a_browser_measures_files_as_the_library_does(files, ours, tmp_path):
    rules = json.dumps({name: page_rules()[name] for name in ("measured_side", "chroma")})
    images = "".join(f'<img src="data:;base64,{base64.b64encode(file).decode()}">' for file in files)
    page = tmp_path / "page.html"
    page.write_text(
        f"<meta charset=utf-8>{images}<pre id=out></pre><script>{(assets() / 'draft-photo.js').read_text('utf-8')}"
        "window.onload = () => { document.querySelector('#out').textContent = JSON.stringify("
        f"[...document.images].map((image) => DraftPhoto.measureImage({rules}, image))); }}</script>",
        encoding="utf-8",
    )
    asked = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", page.as_uri()]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=120)
    found = re.search(r"<pre id=\"out\">(.+?)</pre>", done.stdout, re.DOTALL)
    theirs = pd.DataFrame(json.loads(html.unescape(found[1])))
    for name, limit in LIMITS.items():
        assert (theirs[name] - ours[name]).abs().max() < limit, name
