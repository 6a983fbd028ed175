import pandas as pd
import pytest

from lib.advice import choose_tips, in_scope, quiet_levers

COLUMNS = ["lever", "activity", "scope", "base", "effect", "low", "high", "q"]
EFFECTS = pd.DataFrame(
    [
        ("question", "comment", "all", 0.001, 0.5, 0.35, 0.65, 0.001),
        ("question", "hide", "all", 0.002, 0.25, 0.1, 0.4, 0.01),
        ("link", "comment", "all", 0.001, -0.2, -0.3, -0.1, 0.01),
        ("emoji", "comment", "all", 0.001, 0.9, -0.2, 2.5, 0.4),
        ("long", "expand", "all", 0.01, 9.0, 7.0, 11.5, 0.0),
    ],
    columns=COLUMNS,
).assign(state="estimated", robustness=0.1, times=2.0)
BY_TOPIC = pd.DataFrame(
    [
        ("question", "comment", "all", 0.001, 0.5, 0.35, 0.65, None),
        ("question", "comment", "3", 0.002, 1.5, 1.0, 2.0, 0.001),
        ("question", "comment", "elsewhere", 0.001, 0.05, -0.1, 0.2, 0.5),
        ("question", "hide", "all", 0.002, 0.25, 0.1, 0.4, 0.01),
        ("link", "comment", "all", 0.001, 0.02, 0.01, 0.03, 0.001),
    ],
    columns=COLUMNS,
).assign(state="estimated", robustness=0.1, times=2.0)


def test_a_goal_ranks_what_serves_it_and_turns_round_what_does_not():
    ask, unlink = choose_tips(EFFECTS, "comment")
    assert (ask.lever, ask.undo, ask.others) == ("question", False, (("hide", 0.25),))
    assert (unlink.lever, unlink.undo) == ("link", True)
    assert unlink.effect == pytest.approx(0.25) and unlink.base == pytest.approx(0.0008)
    assert unlink.low == pytest.approx(1 / 0.9 - 1) and unlink.high == pytest.approx(1 / 0.7 - 1)
    (fewer,) = choose_tips(EFFECTS, "hide")
    assert fewer.undo and fewer.effect == pytest.approx(-0.2)
    assert choose_tips(EFFECTS, "like") == []
    with pytest.raises(ValueError, match="share_to_message"):
        choose_tips(EFFECTS, "fame")


def test_levers_without_evidence_are_named():
    table = pd.concat([EFFECTS, EFFECTS.head(1).assign(lever="mention", q=None, state="no overlap")])
    assert quiet_levers(table) == (["emoji"], ["mention"])


def test_a_tip_is_for_its_topic_and_small_effects_are_no_tips():
    """An average over topics of which one differs is no tip, and neither is a sure change of 2 %."""
    (tip,) = choose_tips(BY_TOPIC, "comment")
    assert (tip.scope, tip.effect, tip.base, tip.others) == ("3", 1.5, 0.002, (("hide", 0.25),))
    assert choose_tips(BY_TOPIC, "comment", "3") == [tip]
    assert choose_tips(BY_TOPIC, "comment", "1") == choose_tips(BY_TOPIC, "comment", "elsewhere") == []


@pytest.mark.parametrize(("scope", "effect"), [("3", 1.5), ("1", 0.05), ("elsewhere", 0.05), ("all", 0.05)])
def test_each_scope_has_one_effect_of_a_lever_on_an_activity(scope, effect):
    found = in_scope(BY_TOPIC, scope).set_index(["lever", "activity"])["effect"]
    assert found.to_dict() == {("question", "comment"): effect, ("question", "hide"): 0.25, ("link", "comment"): 0.02}
