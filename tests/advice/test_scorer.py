import dataclasses
import json
import shutil
import subprocess

import numpy as np
import pytest
from advice_world import make_sample

from lib.advice import estimate, load_scorer, to_json
from lib.advice.scorer import FILE, already_there, from_json, save_scorer
from lib.models import MODEL_FILE, write_model
from lib.report.panel import assets
from lib.storage import ModelError, digest


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


def refused(fields, folder, says="Run make report again"):
    """The message with which advice is refused whose digest is right."""
    fields = {key: value for key, value in fields.items() if key != "digest"}
    text = json.dumps(fields | {"digest": digest(json.dumps(fields, sort_keys=True))})
    (folder / FILE).write_text(text)
    with pytest.raises(ModelError, match=says) as refusal:
        load_scorer(folder)
    assert str(folder / FILE) in str(refusal.value) and "\n" not in str(refusal.value) and len(str(refusal.value)) < 400
    return str(refusal.value)


GARBAGE = [None, {"a": 1}, "text", float("nan"), float("-inf"), -1, 1.5, [["b"]], [None], [1]]


def test_advice_that_is_garbage_is_refused_in_one_line(scorer, tmp_path):
    fields = to_json(scorer)
    for field in ("properties", "topics", "rule", "levers", "activities", "effects", "source", "simulated", "format"):
        for value in GARBAGE:
            if (field, value) != ("source", "text"):
                refused(fields | {field: value}, tmp_path)
    for field in ("properties", "topics", "rule", "levers", "activities", "format"):
        refused({key: value for key, value in fields.items() if key != field}, tmp_path)
    for value in GARBAGE:
        (tmp_path / FILE).write_text(json.dumps(value))
        with pytest.raises(ModelError, match="is in format None"):
            load_scorer(tmp_path)


NUMBERS = [None, "1", float("nan"), float("inf"), True, [], {}]
INSIDE = [
    ("properties.0.name", [None, 1, "smell"]),
    ("properties.0.source", [None, "smell"]),
    ("properties.0.binary", [None, 1, "yes"]),
    ("properties.0.median", NUMBERS),
    ("topics.0", [None, [], "a"]),
    ("topics", [[]]),
    ("topics.0.words", [None, "a", [1]]),
    ("topics.0.posts", [None, "a", 1.5]),
    ("topics.0.number", [None, "a", 1.5]),
    ("topics.0.name", [None, 1]),
    ("rule.weights", [None, [], {"кот": [1]}, {"кот": [0.5, 1]}]),
    ("rule.base", [None, "a", [1], ["1", 2]]),
    ("rule.margin", [None, "1", 0.5]),
    ("levers.0.name", [None, "smell"]),
    ("levers.0.folded", [1, "no"]),
    (
        "levers.0.from_to",
        [None, [], {"smell": [0, 1]}, {"question": [0]}, {"question": [0, 1, 2]}, {"question": ["0", 1]}],
    ),
    ("levers.0.found", [None, [1], "like"]),
    ("activities.like", [None, [], {}]),
    ("activities.smell", [None, {"never": {}, "quantiles": [0.1], "topics": []}]),
    ("activities.like.never", [None, [], {"smell": 0}, {"question": "1"}]),
    ("activities.like.quantiles", [None, [], [None], ["1"], [float("nan")]]),
    ("activities.like.topics", [None, [], [None], {}]),
    ("activities.like.topics.0.level", NUMBERS),
    ("activities.like.topics.0.slopes", [None, [], [1.0], ["1"]]),
    ("activities.like.topics.0.slopes.0", NUMBERS),
    ("activities.like.topics.0.cov", [None, [], [1.0]]),
    ("activities.like.topics.0.cov.0", NUMBERS),
    ("activities.like.topics.0.own", [None, [1], "a"]),
    ("effects.0", [None, [], {}]),
    ("effects.0.lever", [None, "smell", 1]),
    ("effects.0.activity", [None, "smell", 1]),
    ("effects.0.effect", ["1", float("nan"), True, -1, -2.5]),
    ("effects.0.q", ["1", float("nan"), True]),
    ("effects.0.state", [None, 1]),
]


@pytest.mark.parametrize(("place", "values"), INSIDE, ids=[place for place, _ in INSIDE])
def test_advice_with_garbage_inside_is_refused_in_one_line(scorer, tmp_path, place, values):
    *path, last = [int(key) if key.isdigit() else key for key in place.split(".")]
    for value in values:
        fields = json.loads(json.dumps(to_json(scorer)))
        at = fields
        for key in path:
            at = at[key]
        at[last] = value
        refused(fields, tmp_path, "is damaged: .*Run make report again")


def test_a_changed_number_of_the_advice_is_noticed(scorer, tmp_path):
    data = save_scorer(scorer, tmp_path).read_bytes()
    for at in np.random.default_rng(0).integers(0, len(data), 300):
        (tmp_path / FILE).write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(ModelError, match=r"(damaged|in format).*Run make report again"):
            load_scorer(tmp_path)


def test_the_advice_and_the_model_belong_to_one_report(scorer, tmp_path):
    write_model({"forecast": "a"}, {}, tmp_path)
    save_scorer(scorer, tmp_path)
    assert load_scorer(tmp_path) == scorer
    write_model({"forecast": "b"}, {}, tmp_path)
    with pytest.raises(ModelError, match=r"not of the same report\. Run make report again") as refusal:
        load_scorer(tmp_path)
    assert all(str(tmp_path / name) in str(refusal.value) for name in (FILE, MODEL_FILE))
    assert "\n" not in str(refusal.value)
    (tmp_path / MODEL_FILE).write_text("no model")  # load_model says what is wrong with it
    assert load_scorer(tmp_path) == scorer
