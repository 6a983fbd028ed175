"""Figures of a site with a palette."""

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from lib.render.small_figures import shrink_figures


def test_a_figure_takes_fewer_bytes_and_looks_the_same(tmp_path):
    path = tmp_path / "chapters/01-first_files/figure-html/cell-2-output-1.png"
    path.parent.mkdir(parents=True)
    rng = np.random.default_rng(0)
    figure, ax = plt.subplots()
    ax.scatter(*rng.normal(size=(2, 3000)), c=rng.uniform(size=3000), alpha=0.8)
    figure.savefig(path, transparent=True, dpi=192)
    plt.close(figure)
    drawn, before = np.asarray(Image.open(path).convert("RGBA")).astype(float), path.stat().st_size
    shrink_figures(tmp_path)
    with Image.open(path) as small:
        assert round(small.info["dpi"][0]) == 192
        seen = np.asarray(small.convert("RGBA")).astype(float)
    assert path.stat().st_size < before / 3
    clear = drawn[..., 3] == 0
    assert (seen[..., 3] == 0)[clear].all() and np.abs(seen - drawn)[~clear].mean() < 8
    once = path.read_bytes()
    shrink_figures(tmp_path)
    assert path.read_bytes() == once


def test_other_pictures_stay(tmp_path):
    path = tmp_path / "assets/picture.png"
    path.parent.mkdir()
    Image.effect_noise((40, 40), 50).convert("RGBA").save(path)
    before = path.read_bytes()
    shrink_figures(tmp_path)
    assert path.read_bytes() == before
