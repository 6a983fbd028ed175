import numpy as np
import pytest

from lib.features.topic_names import topic_names

SAID = {
    "футбол": ("Вратарь взял мяч в матче #футбол", "Тренеры о матче: мячи, удары и голы #футбол #матч"),
    "рецепт": ("Простой рецепт: добавьте соль", "Рецепт пирога, добавьте муки и соли"),
    "release": ("The release of a package", "New release and this is the package"),
}


@pytest.mark.parametrize(
    ("topic", "typical", "name"),
    [
        ("футбол", ["матче", "вратарь"], "футбол"),  # a hashtag comes before words
        ("рецепт", ["добавьте", "рецепт"], "рецепт"),  # a verb is no name
        ("release", ["the", "release"], "release"),
        ("рецепт", [], ""),
    ],
)
def test_a_topic_is_named_by_a_noun(topic, typical, name):
    texts = list(SAID[topic]) * 3 + ["Доброе утро"] * 3
    assert topic_names(texts, np.repeat([0, 1], [6, 3]), [typical, []]) == (name, "")


def test_names_differ():
    texts = [*SAID["рецепт"]] * 4
    assert topic_names(texts, np.arange(8) // 4, [["рецепт", "соль"]] * 2) in {("рецепт", "соль"), ("соль", "рецепт")}
