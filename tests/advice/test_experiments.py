import pandas as pd
import pytest

from lib.advice import read_tests
from lib.posts import PostsError

ARMS = [  # test, headline, picture, impressions, clicks, date, flag
    ("a", "One", "p", "1000", "10", "2014-11-20T06:54:36", "0"),
    ("a", "Two", "p", "1010", "20", "2014-11-20", "0"),
    ("b", "One", "", "1000", "5", "1416466476", ""),
    ("b", "", "q", "990", "7", "", "0"),
    ("broken", "x", "", "1000", "5", "", "0"),
    ("broken", "y", "", "1000", "5", "", "1"),
    ("uneven", "x", "", "1000", "5", "", "0"),
    ("uneven", "y", "", "1200", "5", "", "0"),
    ("lone", "x", "", "1000", "5", "", "0"),
    ("halved", "x", "", "1000", "5", "", "0"),
    ("halved", "y", "", "10", "11", "", "0"),
    ("a", "Three", "p", "0", "0", "", "0"),
    ("a", "Three", "p", "-3", "0", "", "0"),
    ("a", "Three", "p", "1005", "1.5", "", "0"),
    ("a", "Three", "p", "1005", "1", "yesterday", "0"),
    ("a", "Three", "p", "1005", "1", "", "perhaps"),
    ("", "Three", "p", "1005", "1", "", "0"),
]
NAMES = ["clickability_test_id", "headline", "eyecatcher_id", "impressions", "clicks", "created", "problem_window"]


@pytest.fixture
def table(tmp_path):
    def write(arms=ARMS, names=NAMES):
        path = tmp_path / "tests.csv"
        pd.DataFrame(arms, columns=names).to_csv(path, index=False)
        return path

    return write


def test_arms_that_cannot_be_used_are_set_aside_with_their_reason(table):
    tests = read_tests(table())
    assert tests.activities == ("clicks",)
    assert tests.arms[["test", "text", "photo", "view", "clicks"]].to_numpy().tolist() == [
        ["a", "One", "p", 1000, 10],
        ["a", "Two", "p", 1010, 20],
        ["b", "One", "", 1000, 5],
        ["b", "", "q", 990, 7],
    ]
    assert tests.arms["time"].dt.strftime("%Y-%m-%d").fillna("").tolist() == ["2014-11-20"] * 3 + [""]
    found = dict(zip(tests.set_aside["row"], tests.set_aside["reason"], strict=True))
    assert list(found) == list(range(6, 19))
    for row, words in {
        6: "broken",
        7: "broken",
        8: "beyond chance",
        9: "beyond chance",
        10: "one usable arm",
        11: "one usable arm",
        12: "clicks exceeds impressions",
        13: "impressions is zero",
        14: "impressions is negative",
        15: "clicks is fractional",
        16: "neither an ISO 8601 date",
        17: "problem_window is not a number",
        18: "clickability_test_id is empty",
    }.items():
        assert words in found[row], row


def test_a_mismatch_is_known_from_the_views(table):
    tests = read_tests(table(), keep_mismatches=True)
    checked = tests.assignment.set_index("test")
    assert checked.index.tolist() == ["a", "b", "broken", "uneven"]
    assert checked["mismatch"].tolist() == [False, False, False, True]
    assert checked["flagged"].tolist() == [False, False, True, False]
    # (1000 - 1100)^2 / 1100 twice is 18.18 with one degree of freedom
    assert checked.loc["uneven", "p"] == pytest.approx(2.008e-5, rel=1e-3)
    assert "uneven" in set(tests.arms["test"])


def test_columns_may_have_any_name(table):
    path = table([row[:5] for row in ARMS[:4]], ["which", "what", "pic", "seen", "liked"])
    tests = read_tests(path, test="which", text="what", photo="pic", view="seen", counts=["liked"])
    assert len(tests.arms) == 4 and tests.activities == ("liked",) and tests.arms["time"].isna().all()


@pytest.mark.parametrize(
    ("arms", "names", "words"),
    [
        (ARMS[:4], ["which", *NAMES[1:]], "known as test"),
        (ARMS[:4], [*NAMES[:4], "hits", *NAMES[5:]], "known as a count"),
        (ARMS[8:9], NAMES, "none of its 1 arms can be used"),
        ([], NAMES, "none of its 0 arms can be used"),
    ],
)
def test_a_table_that_is_none_of_tests_is_refused(table, arms, names, words):
    with pytest.raises(PostsError, match=words):
        read_tests(table(arms, names))
