import pytest
import transformers
from PIL import Image

from lib.embedding import pixels


def test_a_long_strip_does_not_fill_the_memory():
    made = pixels.Recipe(None, 256, 3, (224, 224), (0.0,) * 3, (1.0,) * 3)
    assert made(Image.new("RGB", (30_000, 1), "red")).shape == (224, 224, 3)
    assert (made(Image.new("RGB", (1, 30_000), "red"))[0, 0] == (255, 0, 0)).all()


def test_another_kind_of_processor_is_refused():
    with pytest.raises(ValueError, match="isn't supported"):
        pixels.recipe(transformers.ConvNextImageProcessorPil(size={"shortest_edge": 224}))
