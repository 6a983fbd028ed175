"""Scenes of the simulated feed, one for each theme of the phrase book."""

from __future__ import annotations

from lib.simulation.drawing import animals, people, scenes_home, scenes_nature, scenes_play, scenes_town, things
from lib.simulation.drawing.canvas import WHITE, Canvas
from lib.simulation.drawing.people import SKINS


def paint(c: Canvas, topic: str, theme: str) -> None:
    """Fill a canvas with the scene of a theme."""
    _SCENES[topic, theme](c)


def portrait(c: Canvas, topic: str, theme: str) -> None:
    """A person close up, in front of the scene of a theme out of focus."""
    dice = c.dice
    paint(c, topic, theme)
    c.blur(dice.between(2.5, 5))
    c.tint(dice.pick([WHITE, (250, 240, 224), (40, 44, 60)]), dice.between(0.08, 0.22))
    if topic == "fashion":
        scenes_home.model(c, theme)
        return
    hat = dice.pick(_HATS.get(topic, ["", "", "cap", "beanie"]))
    size = dice.between(0.92, 1.12) * min(1, 1.15 * c.m)
    if dice.hit(0.12) and c.a > 0.9:
        people.bust(c, 0.3 * c.a, 1.02, size * 0.9, hat=dice.pick(_HATS.get(topic, [""])))
        people.bust(c, 0.7 * c.a, 1.02, size * 0.95, hat=hat, skin=dice.pick(SKINS))
    else:
        people.bust(c, dice.between(0.42, 0.58) * c.a, 1.02, size, hat=hat)


_HATS = {
    "recipes": ["chef"],
    "football": ["scarf", "scarf", "cap", ""],
    "games": ["headset"],
    "incidents": ["helmet"],
    "news": ["", "", "helmet"],
    "nature": ["beanie", "cap"],
    "horoscopes": [""],
}


_SCENES = {
    ("pets", "cat"): scenes_home.pet(animals.cat),
    ("pets", "dog"): scenes_home.pet(animals.dog),
    ("pets", "bird"): scenes_home.birds,
    ("news", "city"): scenes_town.city,
    ("news", "money"): scenes_town.money,
    ("news", "science"): scenes_town.science,
    ("recipes", "pie"): scenes_home.pie,
    ("recipes", "soup"): scenes_home.soup,
    ("recipes", "salad"): scenes_home.salad,
    ("football", "match"): scenes_play.match,
    ("football", "fans"): scenes_play.fans,
    ("games", "fantasy"): scenes_play.gaming(scenes_play.fantasy),
    ("games", "racing"): scenes_play.gaming(scenes_play.racing),
    ("games", "space"): scenes_play.gaming(scenes_play.space),
    ("horoscopes", "stars"): scenes_play.zodiac,
    ("horoscopes", "moon"): scenes_play.lunar,
    ("memes", "work"): scenes_home.office,
    ("memes", "home"): scenes_home.homely,
    ("memes", "study"): scenes_home.school,
    ("fashion", "dress"): scenes_home.wardrobe(things.dress),
    ("fashion", "coat"): scenes_home.wardrobe(things.coat),
    ("fashion", "shoes"): scenes_home.shoes,
    ("incidents", "crash"): scenes_town.crash,
    ("incidents", "fire"): scenes_town.fire,
    ("incidents", "storm"): scenes_town.storm,
    ("quotes", "love"): scenes_nature.seaside,
    ("quotes", "life"): scenes_nature.road,
    ("adverts", "giveaway"): scenes_town.giveaway,
    ("adverts", "shop"): scenes_town.shopfront,
    ("adverts", "flat"): scenes_town.newbuild,
    ("nature", "mountains"): scenes_nature.mountains,
    ("nature", "forest"): scenes_nature.forest,
    ("nature", "lake"): scenes_nature.lake,
}
