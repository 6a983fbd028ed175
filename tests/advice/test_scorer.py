import dataclasses
import json
import shutil
import subprocess

import numpy as np
import pytest
from advice_world import world

from lib.advice import effects, regressions, scorer
from lib.advice.draft import consult
from lib.models import saved
from lib.models.forecast import Rates
from lib.report import panel
from lib.storage.arrays import ModelError


class Forecast:
    """A saved model that expects the same of every draft."""

    activities, views = ("like", "comment"), 5000

    def __init__(self):
        self.activities = list(self.activities)

    def predict(self, posts):
        return Rates(np.tile([0.02, 0.0004], (len(posts), 1)), np.array([0.02, 0.001]))

    def percentile(self, mean):
        return np.full(mean.shape, 50.0)


@pytest.fixture(scope="module")
def scorer():
    posts = world(1200)
    sides, foretold = effects.comparable(posts), regressions.predicted(posts)
    topics = effects.by_topic(posts, foretold, sides)
    fits = regressions.regressions(posts, foretold, effects.differing(posts, topics))
    found = effects.effects(posts, fits, sides)
    made = scorer.scorer(posts, fits, found) | {"source": "a test", "simulated": True}
    return json.loads(json.dumps(made | {"effects": json.loads(found.to_json(orient="records"))}))


def test_a_change_does_what_its_effect_says(scorer):
    effect, low, high = scorer.gain(scorer, "like", 0, {"question": 0}, {"question": 1})
    assert low < 1.0 < high and effect == pytest.approx(1.0, abs=0.3)
    inside, outside = (scorer.gain(scorer, "comment", t, {"question": 0}, {"question": 1})[0] for t in (2, 1))
    assert inside == pytest.approx(1.0, abs=0.4) and outside == pytest.approx(0.0, abs=0.25)
    mean, low, high = scorer.rate(scorer, "comment", 0, {})
    assert 0 < low < mean < high < 1 and 0 < scorer.percentile(scorer, "comment", mean) < 1


def test_a_feed_without_long_texts_has_no_such_lever():
    posts = world(300)
    posts = dataclasses.replace(posts, columns=posts.columns.assign(folded=posts.columns["folded"] * 0))
    fits, sides = regressions.regressions(posts), effects.comparable(posts)
    made = scorer.scorer(posts, fits, effects.effects(posts, fits, sides))
    assert "long" not in [lever["name"] for lever in made["levers"]]
    assert "null" not in json.dumps(made["levers"][0]["ends"]) and "DraftScorer" in panel.panel(made)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_page_calculates_as_we_do(scorer):
    drafts = [{}, {"question": 1, "words": 5.5, "emoji": 1.0}, {"folded": 1, "brightness": 0.9, "link": 0}]
    asked = [(a, t, d) for a in scorer["activities"] for t in range(len(scorer["topics"])) for d in drafts]
    to = {"question": 0.5, "words": 7.0}
    code = (
        f"const s = require({json.dumps(str(panel.SCRIPT))});"
        "const i = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "console.log(JSON.stringify(i.asked.map(([a, t, d]) => [s.rate(i.data, a, t, d), s.gain(i.data, a, t, d, i.to),"
        "s.percentile(i.data, a, s.rate(i.data, a, t, d)[0])])))"
    )
    given = json.dumps({"data": scorer, "asked": asked, "to": to})
    done = subprocess.run(["node", "-e", code], input=given, capture_output=True, text=True, check=True)
    for (activity, topic, values), (rate, gain, above) in zip(asked, json.loads(done.stdout), strict=True):
        ours = scorer.rate(scorer, activity, topic, values)
        assert rate == pytest.approx(ours, rel=1e-9)
        assert gain == pytest.approx(scorer.gain(scorer, activity, topic, values, to), rel=1e-6, abs=1e-12)
        assert above == pytest.approx(scorer.percentile(scorer, activity, ours[0]), abs=1e-9)


def test_the_panel_holds_hostile_words_as_text(scorer):
    hostile = {**scorer, "topics": [*scorer["topics"], {"words": ["</script><script>alert(1)"], "posts": 1}]}
    html = panel.panel(hostile)
    assert "alert(1)" in html and html.count("</script>") == 1 and "{{" not in html


@pytest.mark.parametrize(
    ("values", "ends", "undo", "there"),
    [
        ({"question": 1}, {"question": [0, 1]}, False, True),
        ({"question": 1}, {"question": [0, 1]}, True, False),
        ({"shape": -0.5}, {"shape": [-0.4, 0.4]}, True, True),
        ({"words": 3, "folded": 1}, {"words": [4, 7], "folded": [0, 1]}, False, True),
    ],
)
def test_a_lever_already_pulled_is_known(values, ends, undo, there):
    assert scorer.pulled(values, ends, undo) == there


def test_a_draft_gets_the_tips_that_apply_to_it(scorer):
    plain = consult(scorer, Forecast(), "Наш кот спит.", None)
    assert [tip["lever"] for tip in plain["tips"]["like"]] == ["question"] and plain["topic"] == []
    assert consult(scorer, Forecast(), "Наш кот спит?", None)["tips"]["like"] == []
    assert set(plain["rates"]) == {"like", "comment"} and plain["simulated"] and plain["views"] == 5000
    like = plain["rates"]["like"]
    assert like["rate"] == 0.02 and like["low"] < 100 < like["high"] and like["percentile"] == 50
    assert list(consult(scorer, Forecast(), "Кот.", None, "comment")["tips"]) == ["comment"]


def test_the_command_line(scorer, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(scorer.load, "__defaults__", (tmp_path,))
    monkeypatch.setattr(saved, "load_model", Forecast)
    broken = tmp_path / "photo.jpg"
    assert main(["advise", "--text", "Кот."]) == 1
    assert "make report first" in capsys.readouterr().err
    scorer.save(scorer, tmp_path)
    broken.write_bytes(b"not a photo")
    for arguments, says in [
        (["--text", " <br> "], "nothing to score"),
        (["--photo", str(tmp_path / "none.jpg")], "No such file"),
        (["--photo", str(broken)], "not an image"),
        (["--text", "Кот.", "--goal", "fame"], "like, comment"),
    ]:
        assert main(["advise", *arguments]) == 1
        err = capsys.readouterr().err
        assert says in err and err.count("\n") == 1
    assert main(["advise", "--text", "Наш кот спит.", "--goal", "like"]) == 0
    out = capsys.readouterr().out
    assert "Ask the reader a question" in out and "nothing here is a finding" in out and "More comments" not in out
    assert main(["advise", "--text", "Наш кот спит.", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rates"]["like"]["rate"] > 0
    (tmp_path / scorer.FILE).write_text('{"format": 99}')
    with pytest.raises(ModelError, match="make report again"):
        scorer.load(tmp_path)
