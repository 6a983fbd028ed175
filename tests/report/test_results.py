"""The file of results: its schema, what it says beside the study, and how forecasts are ranked."""

import dataclasses
import json
import re
import typing
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

from lib.advice import LEAST_POSTS_A_SIDE, study_estimates
from lib.models import BASELINE, BLEND, TRUTH, calibrate
from lib.report.results import Results, write_results
from lib.study import importance, scores, worth

README = Path(__file__).parents[2] / "data/README.md"


@pytest.fixture(scope="module")
def written(small, tmp_path_factory):
    return write_results(small, tmp_path_factory.mktemp("book"))


@pytest.fixture(scope="module")
def results(written):
    return json.loads(written.read_text(encoding="utf-8"))


def fields(of=Results, prefix=""):
    """The keys of the file as the page describes them: a list of objects is ``key[]``."""
    hints = typing.get_type_hints(of, include_extras=True)
    for field in dataclasses.fields(of):
        hint = hints[field.name]
        key = prefix + next((m.alias for m in getattr(hint, "__metadata__", ())), field.name)
        inner = typing.get_args(hint)[0] if typing.get_origin(hint) is list else hint
        if dataclasses.is_dataclass(inner):
            yield from fields(inner, f"{key}{'[]' if inner is not hint else ''}.")
        else:
            yield key


def test_the_page_describes_every_field_and_no_other():
    section = README.read_text(encoding="utf-8").partition("## Results\n")[2].partition("\n## ")[0]
    described = [key for row in re.findall(r"(?m)^\| (`.+?) \|", section) for key in re.findall(r"`(.+?)`", row)]
    assert sorted(described) == sorted(fields())


def test_the_file_keeps_to_its_schema(written):
    found = TypeAdapter(Results).validate_json(written.read_bytes())
    assert TypeAdapter(Results).dump_json(found, by_alias=True, indent=1) + b"\n" == written.read_bytes()
    with pytest.raises(ValueError, match="best"):
        TypeAdapter(Results).validate_json(written.read_bytes().replace(b'"best"', b'"winner"', 1))


def test_forecasts_are_those_of_the_leaderboard(results, small):
    board = scores.leaderboard(small).set_index("name")
    rows = {row["name"]: row for row in results["leaderboard"]}
    assert list(rows) == list(board.index)
    for name, row in rows.items():
        shares = ["gap_closed", "gap_low", "gap_high"]
        expected = board.loc[name, ["log_score", "value", "low", "high", *shares]]
        assert [row[key] for key in ("log_score", "gain", "low", "high", *shares)] == expected.tolist()
    assert (rows[BASELINE]["gain"], rows[BASELINE]["auc"], rows[BASELINE]["lift"]) == (0, 0.5, pytest.approx(1))
    assert rows[TRUTH]["lift"] > 1.5 and rows[TRUTH]["auc"] > 0.55
    choice = results["choices"][0]
    assert choice["choice"] == "best" and results["best"] == choice["chosen"] == scores.best(small)
    assert results["best"] in (max(choice["cross_fitted"], key=choice["cross_fitted"].get), BLEND)
    assert TRUTH not in choice["cross_fitted"] and set(choice["cross_fitted"]) == set(small.forecasts)


def test_worth_and_importance_are_those_of_the_book(results, small):
    board = {row["name"]: row for row in results["leaderboard"]}
    assert {row["forecast"] for row in results["worth"]} == {results["best"], TRUTH}
    overall = {row["forecast"]: row for row in results["worth"] if row["activity"] == worth.ALL}
    assert 0 < overall[results["best"]]["views"] < overall[TRUTH]["views"]
    assert len(results["worth"]) == 2 * (len(small.activities) + 1)
    lost = {row["blocks"]: row["loss"] for row in results["importance"] if row["activity"] == importance.ALL}
    assert 0 < max(lost.values()) < 7 * board[TRUTH]["gain"]
    assert results["networks"] == []  # these posts are too few


def test_splits_are_there_for_posts_with_groups_and_dates(results, grouped, tmp_path):
    assert results["splits"] == []
    found = json.loads(write_results(grouped, tmp_path).read_text(encoding="utf-8"))
    assert {row["split"] for row in found["splits"]} == {"random", "time", "group"}
    board = {row["name"]: row for row in found["leaderboard"]}
    for row in found["splits"]:
        if row["split"] == "random":
            assert (row["gain"], row["low"], row["high"]) == tuple(
                board[row["name"]][key] for key in ("gain", "low", "high")
            )
            assert row["chosen"] == (row["name"] == found["best"])


def test_coverage_is_a_share_for_each_activity(results, small):
    table = scores.coverage(small, results["best"])
    expected = [{"activity": a, "50": low, "90": high} for a, low, high in table.itertuples(index=False)]
    assert results["coverage"] == expected and [row["activity"] for row in expected] == results["feed"]["activities"]


def test_diagnostics_are_those_of_the_best_forecast(results, small):
    held, found = small.held_out(results["best"]), results["diagnostics"]
    calibration = calibrate(held.counts, held.views, held.forecast)
    rows = found["activities"]
    assert [row["activity"] for row in rows] == held.activities
    assert [row["slope"] for row in rows] == calibration.slope.tolist()
    assert found["p_calibration"] == calibration.p_joint
    board = {row["name"]: row for row in results["leaderboard"]}[results["best"]]
    for key in ("gain", "auc", "lift"):
        assert np.mean([row[key] for row in rows]) == pytest.approx(board[key])
    departures = {row["check"]: row for row in found["departures"]}
    assert list(departures) == ["pit", "reliability", "views", "counts"]  # no topic has enough test posts
    assert departures["pit"]["points"] == 10 * len(held.activities)
    assert all(0 < row[p] <= 1 for row in departures.values() for p in ("p_farthest", "p_all", "p_side"))


def test_an_effect_is_a_ratio_of_rates(results, small):
    table = study_estimates(small).effects
    rows = [row for row in results["effects"] if row["scope"] == "all"]
    assert [(row["lever"], row["activity"], row["state"]) for row in rows] == list(
        table[["lever", "activity", "state"]].itertuples(index=False, name=None)
    )
    estimated = (table["state"] == "estimated").to_numpy()
    assert 0 < estimated.sum() < len(rows)
    for key in ("effect", "low", "high", "narrow_low", "narrow_high"):
        found = np.array([np.nan if row[key] is None else row[key] for row in rows])
        np.testing.assert_allclose(found, 1 + table[key])
        assert (found[estimated] > 0).all() and np.isnan(found[~estimated]).all()
    assert {row["scope"] for row in results["effects"]} <= {"all", *(topic["id"] for topic in results["topics"])}
    assert sum(topic["posts"] for topic in results["topics"]) == results["feed"]["posts"]


def test_a_tip_is_a_discovery_for_its_goal(results):
    effects = {(row["lever"], row["activity"]): row for row in results["effects"] if row["scope"] == "all"}
    for tip in results["tips"]:
        of = effects[tip["lever"], tip["goal"]]
        assert of["q"] <= 0.05
        assert tip["effect"] == pytest.approx(1 / of["effect"] if tip["undo"] else of["effect"])
        assert (tip["effect"] > 1) == (tip["goal"] != "hide") and tip["low"] <= tip["effect"] <= tip["high"]
        assert tip["posts"] >= LEAST_POSTS_A_SIDE


def test_a_real_feed_without_texts_and_photos_has_results_too(sparse, tmp_path):
    found = json.loads(write_results(sparse, tmp_path).read_text(encoding="utf-8"))
    assert found["feed"]["source"] == "posts.csv" and not found["feed"]["simulated"]
    assert found["feed"]["set_aside"] == ["comment", "hide"]
    assert [row["name"] for row in found["leaderboard"]] == [BASELINE] == [found["best"]]
    assert found["leaderboard"][0]["gap_closed"] is None and found["leaderboard"][0]["gap_low"] is None
    assert [choice["choice"] for choice in found["choices"]] == ["best"]
