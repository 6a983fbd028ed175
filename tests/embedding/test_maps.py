import numpy as np
import torch
from tiny_models import noise

from lib.embedding import Lite0Maps, Lite0Pixels, SmallPixels, embed, photo_encoder

PHOTOS = [noise(seed=1, format="PNG"), None, noise(seed=2, format="PNG")]


def test_the_maps_go_on_to_the_vector_of_the_whole_network():
    maps, encoder = embed(PHOTOS, Lite0Maps()), photo_encoder("efficientnet-lite0")
    assert maps.shape == (3, 192 * 7 * 7) and np.isnan(maps[1]).all()
    tail = Lite0Maps().tail()
    assert all(p.requires_grad for p in tail.parameters())
    with torch.no_grad():
        found = tail(torch.from_numpy(maps[[0, 2]]).view(2, *Lite0Maps.shape)).mean((2, 3))
    np.testing.assert_allclose(found, embed(PHOTOS, encoder)[[0, 2]], atol=1e-3)
    whole, pixels = Lite0Pixels(), np.stack([Lite0Pixels().prepare(photo) for photo in (PHOTOS[0], PHOTOS[2])])
    scaled = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - whole.mean[0]) / whole.std[0]
    with torch.no_grad():
        np.testing.assert_allclose(whole.tail()(scaled).mean((2, 3)), found, atol=1e-3)


def test_small_pixels_are_planes_of_colours():
    found = embed(PHOTOS, SmallPixels())[0].reshape(SmallPixels.shape)
    np.testing.assert_allclose(found.transpose(1, 2, 0) * 255, SmallPixels().prepare(PHOTOS[0]), atol=1e-3)
