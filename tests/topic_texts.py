"""Texts of two topics, with vectors that show the topic."""

import numpy as np

TALK = {
    "football": "матч ворота мяч тренер судья гол удар поле защита пенальти болельщики финал",
    "kitchen": "соль перец масло мука тесто сковорода духовка рецепт яйца сахар молоко ложка",
}


def talk(n=700, seed=0, silent=0.4):
    """n texts of 12 words, a share of them empty; vectors (n, 20); the topics (n,); which posts are silent (n,)."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    said = [" ".join(rng.choice(TALK[list(TALK)[t]].split(), 12)) for t in truth]
    silent = rng.random(n) < silent
    texts = ["" if s else f"{text} https://x.example/{i}" for i, (s, text) in enumerate(zip(silent, said, strict=True))]
    return texts, rng.normal(size=(n, 20)) + 4 * truth[:, None] * (np.arange(20) < 3), truth, silent
