import pandas as pd
import pytest

from lib.advice import choose_tips, quiet_levers

COLUMNS = ["lever", "activity", "effect", "low", "high", "q"]
EFFECTS = pd.DataFrame(
    [
        ("question", "comment", 0.5, 0.35, 0.65, 0.001),
        ("question", "hide", 0.25, 0.1, 0.4, 0.01),
        ("link", "comment", -0.2, -0.3, -0.1, 0.01),
        ("emoji", "comment", 0.9, -0.2, 2.5, 0.4),
        ("long", "expand", 9.0, 7.0, 11.5, 0.0),
    ],
    columns=COLUMNS,
).assign(state="estimated")


def test_a_goal_ranks_what_serves_it_and_turns_round_what_does_not():
    ask, unlink = choose_tips(EFFECTS, "comment")
    assert (ask.lever, ask.undo, ask.others) == ("question", False, (("hide", 0.25),))
    assert (unlink.lever, unlink.undo) == ("link", True)
    assert unlink.effect == pytest.approx(0.25)
    assert unlink.low == pytest.approx(1 / 0.9 - 1) and unlink.high == pytest.approx(1 / 0.7 - 1)
    (fewer,) = choose_tips(EFFECTS, "hide")
    assert fewer.undo and fewer.effect == pytest.approx(-0.2)
    assert choose_tips(EFFECTS, "like") == []
    with pytest.raises(ValueError, match="share_to_message"):
        choose_tips(EFFECTS, "fame")


def test_levers_without_evidence_are_named():
    table = pd.concat([EFFECTS, EFFECTS.head(1).assign(lever="mention", q=None, state="no overlap")])
    assert quiet_levers(table) == (["emoji"], ["mention"])
