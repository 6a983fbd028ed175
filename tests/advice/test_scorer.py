import dataclasses
import json

import numpy as np
import pytest
from advice_world import make_page, make_sample
from page_code import in_node, needs_node

from lib.advice import estimate, load_scorer, to_json
from lib.advice.draft import draft_tips
from lib.advice.scorer import FILE, ScorerEffect, already_there, from_json, save_scorer
from lib.models import MODEL_FILE, write_model
from lib.report.panel import page_data
from lib.storage import ModelError, digest


@pytest.fixture(scope="module")
def scorer():
    return estimate(make_sample(1200)).scorer


def topics_of(scorer):
    """The positions of the topics of cats, and of dogs where a question doubles the comments."""
    return [next(i for i, topic in enumerate(scorer.topics) if topic.name == name) for name in ("кошки", "собаки")]


def test_a_step_does_what_its_effect_says(scorer):
    rows = {(row.lever, row.activity, row.scope): row for row in scorer.effects}
    likes = rows["question", "like", "all"]
    gain = scorer.gain("like", "question", 0, {"question": 0})
    assert gain == pytest.approx((likes.effect, likes.low, likes.high, True))
    back = scorer.gain("like", "question", 0, {"question": 1}, undo=True)
    assert back.effect == pytest.approx(1 / (1 + likes.effect) - 1) and back.low < back.effect < back.high < 0
    cats, dogs = (scorer.gain("comment", "question", topic, {"question": 0}) for topic in topics_of(scorer))
    assert dogs.effect == pytest.approx(1.0, abs=0.4) and dogs.sure and not cats.sure and cats.low < 0 < cats.high
    mean, low, high = scorer.rate("comment", 0, {})
    assert 0 < low < mean < high < 1 and 0 < scorer.percentile("comment", mean) < 1


def test_half_of_a_step_has_half_of_its_effect_on_the_log_scale(scorer):
    low, high = next(lever.from_to["capitals"] for lever in scorer.levers if lever.name == "capitals")
    whole, half = (scorer.gain("like", "capitals", 0, {"capitals": v}) for v in (low, (low + high) / 2))
    for ends in zip(half[:3], whole[:3], strict=True):
        assert np.log1p(ends[0]) == pytest.approx(np.log1p(ends[1]) / 2)


def test_what_never_happens_has_no_rate_and_no_gain(scorer):
    like = dataclasses.replace(scorer.activities["like"], never={"question": 1.0})
    never = dataclasses.replace(scorer, activities={"like": like})
    assert never.rate("like", 0, {"question": 1}) == (0.0, 0.0, 0.0)
    assert never.rate("like", 0, {"question": 0})[0] > 0
    assert never.gain("like", "question", 0, {"question": 0}) is None
    assert never.gain("like", "emoji", 0, {"question": 1}) is None


def test_a_change_is_worth_what_it_does_to_all_activities(scorer):
    """A question doubles likes; with 2 for a like and -1 for a comment the net change is that of both."""
    rates, (_, dogs) = {"like": 0.01, "comment": 0.02}, topics_of(scorer)
    found = scorer.worth("question", dogs, {"question": 0}, rates, {"like": 2.0, "comment": -1.0})
    gains = {a: scorer.gain(a, "question", dogs, {"question": 0}).effect for a in rates}
    assert found.before == pytest.approx(0.0) and found.low < found.change < found.high
    assert found.change == pytest.approx(0.02 * gains["like"] - 0.02 * gains["comment"])
    none = scorer.worth("question", dogs, {"question": 0}, rates, {"like": 0.0, "comment": 0.0})
    assert none == (0, 0, 0, 0)


def by_the_page(code, given):
    """What an expression gives, with the draft scorer as ``s`` and what is given as ``i``."""
    return in_node(f"((s, i) => {code})(DraftScorer, given)", given)


@needs_node
def test_the_page_calculates_as_we_do(scorer):
    drafts = [{}, {"question": 1, "words": 5.5, "emoji": 1.0}, {"folded": 1, "brightness": 0.9, "capitals": 0.2}]
    topics, levers = range(len(scorer.topics)), [lever.name for lever in scorer.levers]
    asked = [
        (a, lever, t, d, u)
        for a in scorer.activities
        for lever in levers
        for t in topics
        for d in drafts
        for u in (0, 1)
    ]
    rates, value = {"like": 0.02, "comment": 0.001}, {"like": 1.0, "comment": -4.0}
    code = (
        "i.asked.map(([a, l, t, d, u]) => [s.rate(i.data, a, t, d),"
        "s.gain(i.data, a, l, t, d, u), s.percentile(i.data, a, s.rate(i.data, a, t, d)[0]),"
        "s.worth(i.data, l, t, d, i.rates, i.value, u)])"
    )
    found = by_the_page(code, {"data": page_data(scorer), "asked": asked, "rates": rates, "value": value})
    for (activity, lever, topic, values, undo), theirs in zip(asked, found, strict=True):
        ours = scorer.rate(activity, topic, values)
        gain, above = scorer.gain(activity, lever, topic, values, undo), scorer.percentile(activity, ours[0])
        assert theirs[0] == pytest.approx(ours, rel=1e-9) and theirs[2] == pytest.approx(above, abs=1e-9)
        assert theirs[1] == (None if gain is None else pytest.approx(list(gain), rel=1e-9, abs=1e-12))
        worth = scorer.worth(lever, topic, values, rates, value, undo)
        assert theirs[3] == pytest.approx(worth, rel=1e-9, abs=1e-15)


def varied(scorer, rng):
    """A scorer of four activities with effects of all sizes, in all topics and elsewhere, on some activities only."""
    like = scorer.activities["like"]
    activities = {name: like for name in ("like", "comment", "hide")}
    activities |= {"open_photo": like, "expand": dataclasses.replace(like, never={"folded": 0.0})}
    effects = []
    for lever in scorer.levers:
        for activity in activities:
            named = [str(at) for at in range(1, len(scorer.topics)) if rng.random() < 0.3]
            for scope in ["all", *named, *(["elsewhere"] if named else [])]:
                effect, error = float(np.expm1(rng.normal(0, 0.2))), 0.05
                ends = [float((1 + effect) * np.exp(z * error) - 1) for z in (-2, 2)]
                narrow = [float((1 + effect) * np.exp(z * error) - 1) for z in (-1, 1)]
                q = None if scope == "all" and named else float(rng.choice([0.001, 0.049, 0.051, 0.6]))
                narrow += [error / 2, None if q is None else q / 2]
                row = [0.01, effect, *ends, error, q, *narrow, 0.1, 1.5, "estimated"]
                if rng.random() < 0.1:
                    row = [None] * 12 + ["no overlap"]
                effects.append(ScorerEffect(lever.name, activity, scope, *row))
    eye = np.eye(len(activities)).tolist()
    levers = [dataclasses.replace(lever, correlation=eye) for lever in scorer.levers]
    return dataclasses.replace(scorer, activities=activities, levers=levers, effects=effects)


@needs_node
@pytest.mark.parametrize("narrow", [False, True])
def test_the_page_gives_the_tips_that_we_give(scorer, narrow):
    rng = np.random.default_rng(0)
    of = varied(scorer, rng)
    drafts = []
    for _ in range(16):
        values = {p.name: float(rng.integers(0, 2)) if p.binary else p.median for p in of.properties}
        values |= {name: values[name] * rng.uniform(0.5, 1.5) for name in ("words", "brightness", "capitals", "emoji")}
        lacking = rng.choice(["", "text", "photo"], p=[0.5, 0.2, 0.3])
        drafts.append({p.name: values[p.name] for p in of.properties if p.source != lacking})
    asked = [(goal, t, d) for goal in of.activities for t in range(len(of.topics)) for d in drafts]
    given = {"data": page_data(of), "asked": asked}
    found = by_the_page("i.asked.map(([g, t, d]) => s.tips(i.data, g, t, d))", given)
    if narrow:
        of = of.without_bias()
        wide, found = found, by_the_page("i.asked.map(([g, t, d]) => s.tips(s.withoutBias(i.data), g, t, d))", given)
        assert sum(map(len, wide)) < sum(map(len, found))
    for (goal, topic, values), theirs in zip(asked, found, strict=True):
        rates = {activity: of.rate(activity, topic, values)[0] for activity in of.activities}
        ours = draft_tips(of, goal, topic, values, rates)
        names = ("lever", "goal", "scope", "undo", "times")
        assert [[tip[name] for name in names] for tip in theirs] == [[getattr(t, name) for name in names] for t in ours]
        for tip, mine in zip(theirs, ours, strict=True):
            assert [tip[name] for name in ("base", "effect", "low", "high")] == pytest.approx(
                [mine.base, mine.effect, mine.low, mine.high], rel=1e-9
            )
            assert dict(tip["others"]) == pytest.approx(dict(mine.others), rel=1e-9)
    lengths = [len(tips) for tips in found]
    assert min(lengths) == 0 and max(lengths) > 3


@needs_node
def test_a_draft_without_a_photo_or_a_folded_text_says_why_an_activity_never_happens(scorer):
    of = varied(scorer, np.random.default_rng(0))
    whole = {p.name: 1.0 for p in of.properties}
    bare = {"question": 1.0, "folded": 0.0}
    reasons = by_the_page(
        "[i.whole, i.bare].map((d) => Object.keys(i.data.activities).map((a) => s.never(i.data, a, d)))",
        {"data": page_data(of), "whole": whole, "bare": bare},
    )
    assert list(of.activities) == ["like", "comment", "hide", "open_photo", "expand"]
    assert reasons == [[None] * 5, [None, None, None, "photo", "folded"]]
    assert of.rate("open_photo", 0, bare) == of.rate("expand", 0, bare) == (0, 0, 0)
    assert of.rate("open_photo", 0, whole)[0] > 0 and of.rate("like", 0, bare)[0] > 0
    assert of.gain("open_photo", "question", 0, bare, undo=True) is None


@needs_node
def test_goals_that_pull_one_lever_both_ways_are_listed(scorer):
    rows = [
        ScorerEffect(
            *("question", activity, "all", 0.01, effect, effect - 0.1, effect + 0.1, 0.04, 0.001),
            *(effect - 0.1, effect + 0.1, 0.04, 0.001, 0.1, 2.0, "estimated"),
        )
        for activity, effect in (("like", 0.5), ("comment", -0.3))
    ]
    data = page_data(dataclasses.replace(scorer, effects=rows))
    asked = "s.conflicts(i.data, 0, i.values).map((c) => [c.lever.name, c.goals])"
    assert by_the_page(asked, {"data": data, "values": {"question": 0}}) == [["question", [["like"], ["comment"]]]]
    agreeing = page_data(dataclasses.replace(scorer, effects=rows[:1]))
    assert by_the_page(asked, {"data": agreeing, "values": {"question": 0}}) == []


THERE = [
    ({"question": 1}, {"question": [0, 1]}, False, True),
    ({"question": 1}, {"question": [0, 1]}, True, False),
    ({}, {"question": [0, 1]}, False, True),
    ({"shape": -0.5}, {"shape": [-0.4, 0.4]}, True, True),
    ({"capitals": 0.07}, {"capitals": [0.03, 0.3]}, True, True),
    ({"capitals": 0.2}, {"capitals": [0.03, 0.3]}, True, False),
    ({"capitals": 0.2}, {"capitals": [0.03, 0.3]}, False, False),
    ({"words": 3, "folded": 1}, {"words": [4, 7], "folded": [0, 1]}, False, True),
]


@pytest.mark.parametrize(("values", "from_to", "undo", "there"), THERE)
def test_a_draft_that_has_a_levers_values_is_known(values, from_to, undo, there):
    assert already_there(values, from_to, undo) == there


@needs_node
def test_the_page_knows_it_too():
    asked = [(values, from_to, undo) for values, from_to, undo, _ in THERE]
    found = by_the_page("i.map(([v, f, u]) => s.alreadyThere(v, f, u))", asked)
    assert found == [already_there(*each) for each in asked]


def test_json_keeps_all_of_a_scorer(scorer):
    named = dataclasses.replace(scorer, source="a test", simulated=True, page=make_page())
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
    for of in (
        {"dispersion": [(4, 0)]},
        {"dispersion": [[4, 0], [4]]},
        {"terms": {"кот": [1, 2]}},
        {"terms": {"кот": [1, 2, 0.5]}},
    ):
        refused(fields | {"page": dataclasses.asdict(make_page()) | of}, tmp_path)
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
    ("topics.0.views", [None, [], [0], [1.5], ["1"], 3]),
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
    ("levers.0.correlation", [None, [1], [[1.0]], "like"]),
    ("activities.like", [None, [], {}]),
    ("activities.smell", [None, {"never": {}, "quantiles": [0.1], "topics": []}]),
    ("activities.like.never", [None, [], {"smell": 0}, {"question": "1"}]),
    ("activities.like.quantiles", [None, [], [None], ["1"], [float("nan")]]),
    ("activities.like.topics", [None, [], [None], {}]),
    ("activities.like.topics.0.level", NUMBERS),
    ("activities.like.topics.0.rate", ["1", float("nan"), True, 0.0, 1.0, -0.5]),
    ("activities.like.topics.0.rho", ["1", float("nan"), True, 1.0, -0.5]),
    ("activities.like.topics.0.slopes", [None, [], [1.0], ["1"]]),
    ("activities.like.topics.0.slopes.0", NUMBERS),
    ("activities.like.topics.0.cov", [None, [], [1.0]]),
    ("activities.like.topics.0.cov.0", NUMBERS),
    ("effects.0", [None, [], {}]),
    ("effects.0.lever", [None, "smell", 1]),
    ("effects.0.activity", [None, "smell", 1]),
    ("effects.0.scope", [None, 1]),
    ("effects.0.effect", ["1", float("nan"), True, -1, -2.5, 1e9]),
    ("effects.0.low", [None, "1", 1e9]),
    ("effects.0.error", [None, "1"]),
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
