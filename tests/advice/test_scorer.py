import dataclasses
import json
import shutil
import subprocess

import numpy as np
import pytest
from advice_world import make_sample

from lib.advice import estimate, load_scorer, to_json
from lib.advice.scorer import FILE, already_there, from_json, save_scorer
from lib.report.panel import assets
from lib.storage import ModelError


@pytest.fixture(scope="module")
def scorer():
    return estimate(make_sample(1200)).scorer


def test_a_step_does_what_its_effect_says(scorer):
    effect, low, high = scorer.gain("like", 0, {"question": 0}, {"question": 1})
    assert low < 1.0 < high and effect == pytest.approx(1.0, abs=0.3)
    inside, outside = (scorer.gain("comment", topic, {"question": 0}, {"question": 1})[0] for topic in (2, 1))
    assert inside == pytest.approx(1.0, abs=0.4) and outside == pytest.approx(0.0, abs=0.25)
    mean, low, high = scorer.rate("comment", 0, {})
    assert 0 < low < mean < high < 1 and 0 < scorer.percentile("comment", mean) < 1


def test_what_never_happens_has_no_rate_and_no_gain(scorer):
    like = dataclasses.replace(scorer.activities["like"], never={"question": 1.0})
    never = dataclasses.replace(scorer, activities={"like": like})
    assert never.rate("like", 0, {"question": 1}) == (0.0, 0.0, 0.0)
    assert never.rate("like", 0, {"question": 0})[0] > 0
    assert never.gain("like", 0, {"question": 0}, {"question": 1}) is None
    assert never.gain("like", 0, {"question": 1}, {"emoji": 1}) is None


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_page_calculates_as_we_do(scorer):
    drafts = [{}, {"question": 1, "words": 5.5, "emoji": 1.0}, {"folded": 1, "brightness": 0.9, "link": 0}]
    asked = [(a, t, d) for a in scorer.activities for t in range(len(scorer.topics)) for d in drafts]
    to = {"question": 0.5, "words": 7.0}
    code = (
        f"const s = require({json.dumps(str(assets() / 'draft-scorer.js'))});"
        "const i = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "console.log(JSON.stringify(i.asked.map(([a, t, d]) => [s.rate(i.data, a, t, d), s.gain(i.data, a, t, d, i.to),"
        "s.percentile(i.data, a, s.rate(i.data, a, t, d)[0])])))"
    )
    given = json.dumps({"data": to_json(scorer), "asked": asked, "to": to})
    done = subprocess.run(["node", "-e", code], input=given, capture_output=True, text=True, check=True)
    for (activity, topic, values), (rate, gain, above) in zip(asked, json.loads(done.stdout), strict=True):
        ours = scorer.rate(activity, topic, values)
        assert rate == pytest.approx(ours, rel=1e-9)
        assert gain == pytest.approx(scorer.gain(activity, topic, values, to), rel=1e-6, abs=1e-12)
        assert above == pytest.approx(scorer.percentile(activity, ours[0]), abs=1e-9)


THERE = [
    ({"question": 1}, {"question": [0, 1]}, False, True),
    ({"question": 1}, {"question": [0, 1]}, True, False),
    ({"shape": -0.5}, {"shape": [-0.4, 0.4]}, True, True),
    ({"words": 3, "folded": 1}, {"words": [4, 7], "folded": [0, 1]}, False, True),
]


@pytest.mark.parametrize(("values", "from_to", "undo", "there"), THERE)
def test_a_draft_that_has_a_levers_values_is_known(values, from_to, undo, there):
    assert already_there(values, from_to, undo) == there


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_page_knows_it_too():
    asked = [(values, from_to) for values, from_to, undo, _ in THERE if not undo]
    code = (
        f"const s = require({json.dumps(str(assets() / 'draft-scorer.js'))});"
        f"console.log(JSON.stringify({json.dumps(asked)}.map(([v, f]) => s.alreadyThere(v, f))))"
    )
    done = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [already_there(values, from_to) for values, from_to in asked]


def test_json_keeps_all_of_a_scorer(scorer):
    named = dataclasses.replace(scorer, source="a test", simulated=True)
    assert from_json(json.loads(json.dumps(to_json(named)))) == named
    assert np.isfinite(named.rate("like", 0, {})).all()


def test_a_saved_scorer_is_loaded_whole_or_not_at_all(scorer, tmp_path):
    with pytest.raises(ModelError, match="make report first"):
        load_scorer(tmp_path)
    assert save_scorer(scorer, tmp_path) == tmp_path / FILE
    assert load_scorer(tmp_path) == scorer
    fields = to_json(scorer)
    for damaged in ('{"format": 99}', "{", "[]", json.dumps(fields | {"surplus": 1}), json.dumps({"format": 2})):
        (tmp_path / FILE).write_text(damaged)
        with pytest.raises(ModelError, match="make report again"):
            load_scorer(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="can't be written"):
        save_scorer(scorer, tmp_path / "file")
