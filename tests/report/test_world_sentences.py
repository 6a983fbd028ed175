import re
from types import SimpleNamespace

import pytest

from lib.report import feed_sentences, model_sentences, sentences, world_sentences
from lib.report.numbers import decimal
from lib.simulation import WORLDS
from lib.study import SimulatedFeed


def of_world(world):
    return SimpleNamespace(simulated=True, source=SimulatedFeed(4000, world=world))


def test_the_kept_figures_are_those_of_every_world():
    of = world_sentences.bench()
    assert list(of["worlds"]) == list(WORLDS) == list(world_sentences.BREAKS)
    assert of["feeds"] >= 10 and of["posts"] >= 2000 and of["command"].startswith("python bench/worlds.py")
    plain = of["worlds"]["plain"]
    assert 0.88 < plain["inside_90"] < 0.92 and plain["inside"] > 0.93 and plain["false"] < 1
    assert of["worlds"]["hidden-cause"]["false"] > 5 * max(plain["false"], 0.5)


@pytest.mark.parametrize("world", WORLDS)
def test_a_verdict_has_the_figures_of_its_world(world):
    of, said = world_sentences.bench()["worlds"][world], world_sentences.verdict(world)
    assert said.startswith(f"*{world}* (") and f"Of {decimal(of['listed'], 1)} discoveries" in said
    assert ("robustness value" in said) == (world == "hidden-cause")
    assert ("suffers" in said) == (world != "plain")


def test_the_verdict_follows_from_the_figures(monkeypatch):
    row = {"inside_50": 0.5, "inside_90": 0.9, "inside": 0.95, "listed": 10, "false": 0, "wrong_sign": 0}
    row["false_discovery_rate"] = 0.0
    row["faults"] = dict.fromkeys(world_sentences.CHECKS, 0)
    worse = row | {"inside": 0.7, "faults": row["faults"] | {"pit": 11}}
    worlds = {"plain": row, "ranking": row, "mixture": worse}
    monkeypatch.setattr(world_sentences, "bench", lambda: {"feeds": 12, "worlds": worlds})
    assert world_sentences.verdict("ranking").endswith(
        "Neither an interval nor the share of false discoveries suffers. No check of the forecast notices."
    )
    said = world_sentences.verdict("mixture")
    assert said.endswith("the effects' intervals. Checks that notice: distribution (11 of 12 feeds; plain: 0).")


@pytest.mark.parametrize(("weak_false", "says"), [(0.2, "does not show the false ones as frail"), (2.0, "shows the")])
def test_whether_false_discoveries_look_frail_follows_from_the_figures(monkeypatch, weak_false, says):
    bench = world_sentences.bench()
    hidden = bench["worlds"]["hidden-cause"] | {"false": 3.0, "weak": 2.5, "weak_false": weak_false}
    worlds = bench["worlds"] | {"hidden-cause": hidden}
    monkeypatch.setattr(world_sentences, "bench", lambda: bench | {"worlds": worlds})
    assert says in world_sentences.verdict("hidden-cause")


def test_the_tables_have_a_row_for_each_world():
    assert list(world_sentences.figures_by_world()["name"]) == list(WORLDS)
    table = world_sentences.checks_by_world()
    assert list(table["name"]) == list(WORLDS) and list(table)[1:-1] == list(world_sentences.CHECKS)
    assert re.search(r"\d+ feeds of [\d,]+ posts .*`python bench/worlds.py", world_sentences.source())


def test_a_book_names_its_world_unless_it_is_the_plain_one():
    other, plain = of_world("ranking"), of_world("plain")
    assert "*ranking* world" in sentences.banner(other) and "world, which" not in sentences.banner(plain)
    assert sentences.source(other) == "a simulated feed (seed 0, ranking world)"
    assert sentences.source(plain) == "a simulated feed (seed 0)"
    assert "in the *ranking* world" in world_sentences.lead(other) and "world" not in world_sentences.lead(plain)


def test_the_assumptions_are_named_of_a_real_feed_too(sparse):
    assert "need not be true of this feed" in world_sentences.lead(sparse)


def test_the_figures_of_random_splits_are_not_those_of_another_world():
    assert "posts.csv" in model_sentences.other_splits(of_world("mixture"))


def test_the_simulation_says_that_it_was_tuned(small, sparse):
    said = feed_sentences.published(small)
    assert (
        "which was tuned to these figures" in said and "best published model of the original data reaches 0.33" in said
    )
    assert "tuned" not in feed_sentences.published(sparse)
