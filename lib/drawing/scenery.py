"""Scenes of the simulated feed, one for each theme of the phrase book."""

from __future__ import annotations

from lib.drawing import animals, people, things
from lib.drawing import scenes_home as home
from lib.drawing import scenes_nature as nature
from lib.drawing import scenes_play as play
from lib.drawing import scenes_town as town
from lib.drawing.canvas import WHITE, Canvas
from lib.drawing.people import SKINS


def paint(c: Canvas, topic: str, theme: str) -> None:
    """Fill a canvas with the scene of a theme."""
    _SCENES[topic, theme](c)


def portrait(c: Canvas, topic: str, theme: str) -> None:
    """Somebody close, before the scene of a theme out of focus."""
    dice = c.dice
    paint(c, topic, theme)
    c.blur(dice.between(2.5, 5))
    c.tint(dice.pick([WHITE, (250, 240, 224), (40, 44, 60)]), dice.between(0.08, 0.22))
    if topic == "fashion":
        home.model(c, theme)
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
    ("pets", "cat"): home.pet(animals.cat),
    ("pets", "dog"): home.pet(animals.dog),
    ("pets", "bird"): home.birds,
    ("news", "city"): town.city,
    ("news", "money"): town.money,
    ("news", "science"): town.science,
    ("recipes", "pie"): home.pie,
    ("recipes", "soup"): home.soup,
    ("recipes", "salad"): home.salad,
    ("football", "match"): play.match,
    ("football", "fans"): play.fans,
    ("games", "fantasy"): play.gaming(play.fantasy),
    ("games", "racing"): play.gaming(play.racing),
    ("games", "space"): play.gaming(play.space),
    ("horoscopes", "stars"): play.zodiac,
    ("horoscopes", "moon"): play.lunar,
    ("memes", "work"): home.office,
    ("memes", "home"): home.homely,
    ("memes", "study"): home.school,
    ("fashion", "dress"): home.wardrobe(things.dress),
    ("fashion", "coat"): home.wardrobe(things.coat),
    ("fashion", "shoes"): home.shoes,
    ("incidents", "crash"): town.crash,
    ("incidents", "fire"): town.fire,
    ("incidents", "storm"): town.storm,
    ("quotes", "love"): nature.seaside,
    ("quotes", "life"): nature.road,
    ("adverts", "giveaway"): town.giveaway,
    ("adverts", "shop"): town.shopfront,
    ("adverts", "flat"): town.newbuild,
    ("nature", "mountains"): nature.mountains,
    ("nature", "forest"): nature.forest,
    ("nature", "lake"): nature.lake,
}
