"""Figures of real posts and tests: a folder of made files, the merge with the stored figures, what chapter 7 says."""

import copy
import html
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lib.__main__ import main
from lib.models import BASELINE
from lib.posts import PostsError
from lib.report import figures, real, real_tables
from lib.report import real_sentences as say
from lib.simulation import simulate
from lib.storage import real_figures
from lib.study import scores

TESTS = 60
TABLES = ("broken.csv", "posts.csv", "tests.csv")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table of posts, one of randomised tests in which a question helps, and one that can't be used."""
    folder = tmp_path_factory.mktemp("real")
    simulate(150, seed=3).posts.assign(photo="", text="").to_csv(folder / "posts.csv", index=False)
    rng, words = np.random.default_rng(0), "cats dogs birds trees rain snow people houses".split()
    rows = []
    for test in range(TESTS):
        for _ in range(4):
            asks = rng.random() < 0.5
            text = f"{' '.join(rng.choice(words, rng.integers(4, 8)))}{'?' * asks} {test if rng.random() < 0.5 else ''}"
            rows.append((test, text, 3000, rng.binomial(3000, 0.02 * (1.3 if asks else 1))))
    pd.DataFrame(rows, columns=["test", "headline", "impressions", "clicks"]).to_csv(folder / "tests.csv", index=False)
    (folder / "broken.csv").write_text("view,like\n1,1\n")
    (folder / "notes.txt").write_text("no table")
    return folder


@pytest.fixture(scope="module")
def found(folder, home):
    return [real.file_figures(folder / name, draws=2) for name in TABLES[1:]]


def test_a_file_of_posts_and_one_of_tests_have_their_figures(found, folder):
    posts, tests = found
    for of, kind in ((posts, "posts"), (tests, "tests")):
        assert of["kind"] == kind and of["file"] == f"{kind}.csv" and len(of["sha256"]) == 64 and of["version"]
    assert (posts["posts"], posts["letters"], posts["forecast"], posts["value"]) == (150, "", BASELINE, 0)
    assert tests["tests"] == TESTS and tests["arms"] == 4 * TESTS and list(tests["against"]) == ["undated"]
    assert tests["against"]["undated"]["draws"] in (0, 2)
    asks = next(row for row in tests["effects"] if row["lever"] == "question")
    assert asks["low"] < 0.3 < asks["high"] and asks["p"] < 0.001
    assert str(folder) not in json.dumps(found)


def test_a_feed_has_its_gain_and_its_coverage(small):
    found = real.feed_figures(small)
    assert found["letters"] == "Cyrillic" and found["forecast"] == scores.best(small)
    assert found["low"] <= found["value"] <= found["high"] and 0.5 < found["auc"] < 1
    assert found["band"][0] < 0.9 < found["band"][1] and found["test_posts"] == len(small.split.test)


def test_the_command_names_a_table_that_fails_and_writes_the_others(found, folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("VIEW_TO_ACTION_HOME", str(tmp_path / "home"))
    (tmp_path / "posts.csv").write_bytes((folder / "posts.csv").read_bytes())
    (tmp_path / "broken.csv").write_bytes((folder / "broken.csv").read_bytes())
    assert main(["real", str(tmp_path)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "1 of 2: broken.csv" and said[1].startswith("broken.csv is left out: lacks the columns")
    assert said[2] == "2 of 2: posts.csv" and "150 posts" in said[3] and len(said) == 4
    assert json.loads(real_figures().read_text("utf-8"))["files"] == found[:1]
    own = real.real_files("posts")[-1]
    assert own["state"] == "yours" and "posts.csv" in html.unescape(say.provenance()) and "1 yours" in say.how_many()
    assert real_tables.feeds()["what"].iloc[-1] == "posts.csv"
    real_figures().write_text('{"format": 0}')
    with pytest.raises(ValueError, match="Run make real"):
        real.real_files("posts")
    real_figures().unlink()
    (tmp_path / "posts.csv").unlink()
    with pytest.raises(PostsError, match="no table that can be used"):
        real.compute_folder(tmp_path, None, print)
    with pytest.raises(PostsError, match="there is no such file"):
        real.compute_folder(tmp_path / "missing", None, print)
    assert not real_figures().exists()


def test_figures_of_the_same_file_replace_the_stored_ones():
    stored = [{"kind": "posts", "sha256": name, "value": 1} for name in "ab"] + [{"kind": "tests", "sha256": "t"}]
    own = [{"kind": "posts", "sha256": name, "value": 2} for name in "cb"]
    rows = [(of["sha256"], of["value"], of["state"]) for of in real.merged(stored, own, "posts")]
    assert rows == [("a", 1, "stored"), ("b", 2, "recomputed"), ("c", 2, "yours")]
    assert [of["state"] for of in real.merged(stored, own, "tests")] == ["stored"]


@pytest.fixture
def archive(monkeypatch, tmp_path):
    """Figures of the stored tests that a test may change, as the user's own of the same file."""
    monkeypatch.setenv("VIEW_TO_ACTION_HOME", str(tmp_path))
    of = copy.deepcopy(real_tables.archive())
    (tmp_path / "data").mkdir()

    def write():
        real_figures().write_bytes(real.as_json({"format": real.FORMAT, "files": [of]}))

    return of, write


def study(dated):
    return SimpleNamespace(simulated=False, controls=SimpleNamespace(dated=dated))


@pytest.mark.parametrize(
    ("same", "share", "words"),
    [(0.95, 0.95, "as many as they should"), (0.5, 0.6, "fewer than they should"), (0.9, 1.0, "more than they should")],
)
@pytest.mark.parametrize("dated", [False, True])
def test_the_verdict_on_the_advice_follows_from_the_numbers(archive, same, share, words, dated):
    of, write = archive
    against = of["against"]["dated" if dated else "undated"]
    for row in against["levers"]:
        row["same_sign"] = same
    for kind in against["methods"]["adjusted"].values():
        kind |= {"same_sign": same, "coverage": share, "coverage_error": 0.02}
    write()
    assert say.archive()["state"] == "recomputed" and words in say.held(study(dated))
    for language, coin in (("en", "coin"), ("ru", "монет")):
        quote = say.right_here(study(dated), language)
        assert f"{100 * same:.0f} %" in quote and f"{100 * share:.0f} %" in quote and (coin in quote) == (same == 0.5)
        assert quote == say.right_about(dated, language) != say.right_about(not dated, language)


@pytest.mark.parametrize(
    ("dated", "words"), [(0.02, "more than half"), (0.05, "about half"), (0.1, "hardly"), (0.2, "makes it larger")]
)
def test_what_the_date_does_follows_from_the_numbers(archive, dated, words):
    of, write = archive
    of["against"]["undated"]["deviation"], of["against"]["dated"]["deviation"] = 0.1, dated
    write()
    assert words in say.dates()


def test_claims_pairs_and_methods_follow_from_the_numbers(archive):
    of, write = archive
    methods = of["against"]["undated"]["methods"]
    methods["adjusted"]["narrow"] |= {"claims": 0, "unconfirmed": None, "root_mean_square": 0.1}
    methods["double"]["narrow"]["root_mean_square"], methods["unadjusted"]["narrow"]["root_mean_square"] = 0.2, 0.05
    (pairs,) = of["pairs"].values()
    pairs["better_named"]["all"]["difference"] = {"mean": -0.1, "std_err": 0.01, "pairs": 9}
    pairs["calibration"] = [{"stated": 0.6, "mean": 0.5, "std_err": 0.01, "pairs": 9}]
    of["set_aside"] = {}
    write()
    assert "our method claims nothing" in say.claims()
    assert "less often than the peer" in say.pairs() and "in 1 of 1 classes" in say.pairs()
    assert "farther than posts compared as they are" in say.methods(study(False))
    assert "nearer than double machine learning" in say.methods(study(False))
    assert say.set_aside() == "No arm was left out."
    del of["against"]["dated"]
    write()
    assert "no date" in say.dates() and say.right_about(True) == say.right_about(False)


@pytest.mark.parametrize(("shift", "words"), [(0, "gains beyond chance"), (-9, "loses to no features")])
def test_what_the_feeds_show_follows_from_the_numbers(archive, shift, words):
    posts = [of | {end: of[end] + shift for end in ("value", "low", "high")} for of in real.real_files("posts")]
    posts = [of | {"worst": 0.5 if shift and i == 0 else np.mean(of["band"])} for i, of in enumerate(posts)]
    real_figures().write_bytes(real.as_json({"format": real.FORMAT, "files": posts}))
    assert words in say.feeds() and ("off by more" in say.feeds()) == bool(shift)
    assert say.lead(study(False)).startswith(f"On {0 if shift else len(posts)} of {len(posts)} real feeds")


def test_every_table_and_the_figure_are_made_of_the_stored_figures():
    for dated in (False, True):
        levers = real_tables.levers(dated)
        assert (levers["low"] < levers["narrow_low"]).all() and (levers["truth_low"] < levers["truth"]).all()
        assert say.allowance(study(dated)) and say.banner(study(dated)) is None
        figures.experiment(study(dated))
    assert len(real_tables.methods()) == 5 and len(real_tables.pairs()) == 3 and len(real_tables.tests()) == 1
    stored = [*real.real_files("posts"), *real.real_files("tests")]
    assert all(of["state"] == "stored" and of["language"] and of["source"] for of in stored)
    assert all(of["sha256"] in say.provenance() and of["version"] and of["date"] for of in stored)
    assert "10.1038/s41597-021-00934-7" in say.provenance()
