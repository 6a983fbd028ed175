import pandas as pd
import pytest

from lib.advice import choice
from lib.features.levers import LEVERS
from lib.posts import activities
from lib.report import wording

NBSP = "\u00a0"


def effects(*rows):
    """(lever, activity, effect, low, high, q)."""
    table = pd.DataFrame(rows, columns=["lever", "activity", "effect", "low", "high", "q"])
    return table.assign(state="estimated")


TABLE = effects(
    ("question", "comment", 0.5, 0.35, 0.65, 0.001),
    ("question", "hide", 0.25, 0.1, 0.4, 0.01),
    ("link", "comment", -0.2, -0.3, -0.1, 0.01),
    ("emoji", "comment", 0.9, -0.2, 2.5, 0.4),
    ("long", "expand", 9.0, 7.0, 11.5, 0.0),
)


def test_a_goal_ranks_what_serves_it_and_turns_round_what_does_not():
    ask, unlink = choice.tips(TABLE, "comment")
    assert (ask.lever, ask.undo, ask.others) == ("question", False, (("hide", 0.25),))
    assert (unlink.lever, unlink.undo) == ("link", True)
    assert unlink.effect == pytest.approx(0.25)
    assert unlink.low == pytest.approx(1 / 0.9 - 1) and unlink.high == pytest.approx(1 / 0.7 - 1)
    (fewer,) = choice.tips(TABLE, "hide")
    assert fewer.undo and fewer.effect == pytest.approx(-0.2)
    assert choice.tips(TABLE, "like") == []
    with pytest.raises(ValueError, match="share_to_message"):
        choice.tips(TABLE, "fame")


@pytest.mark.parametrize(
    ("goal", "language", "do", "brings", "rest"),
    [
        (
            "comment",
            "en",
            "Ask the reader a question",
            "comments +50 % (95 % interval +35 % to +65 %)",
            "It costs: hides +25 %",
        ),
        (
            "comment",
            "ru",
            "Задайте читателю вопрос",
            "комментариев больше на 50 % (95 %-й интервал: от 35 до 65 %)",
            "Цена: скрытий больше на 25 %",
        ),
        (
            "hide",
            "ru",
            "Не задавайте вопросов",
            "скрытий меньше на 20 % (95 %-й интервал: от 9,1 до 29 %)",
            "Цена: комментариев меньше на 33 %",
        ),
        (
            "expand",
            "en",
            "Write a text long enough to be folded: 100 words, not 20",
            "unfolded texts × 10.0 (95 % interval × 8.0 to × 12.5)",
            "",
        ),
        (
            "expand",
            "ru",
            "Пишите текст, который лента свернёт: слов 100, а не 20",
            "раскрытий текста больше в 10,0 раза (95 %-й интервал: от 8,0 до 12,5 раза)",
            "",
        ),
    ],
)
def test_a_tip_in_words(goal, language, do, brings, rest):
    import math

    ends = {"question": {"question": (0, 1)}, "long": {"words": (math.log2(21), math.log2(101)), "folded": (0, 1)}}
    tip = choice.tips(TABLE, goal)[0]
    assert [text.replace(NBSP, " ") for text in wording.tip_words(tip, ends[tip.lever], language)] == [do, brings, rest]


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_every_lever_and_goal_has_its_words(language):
    assert set(wording.WORDING) == set(LEVERS)
    for lever in LEVERS:
        column = {"length": "words", "long": "words"}.get(lever, lever)
        for words in (*wording.steps(lever, {column: (0.2, 0.6)}, language), wording.lever_name(lever, language)):
            assert words and "{" not in words
            assert (language == "ru") == any("а" <= c.casefold() <= "я" for c in words)
    assert {wording.goal_name(goal, language).split()[0] for goal in activities.GOALS} == (
        {"more", "fewer"} if language == "en" else {"больше", "меньше"}
    )


def test_levers_without_evidence_are_named():
    table = pd.concat([TABLE, TABLE.head(1).assign(lever="mention", q=None, state="no comparable posts")])
    assert choice.quiet_levers(table) == (["emoji"], ["mention"])


def test_words_of_topics_are_shown_as_text():
    assert wording.topic_words(["<b>", "кот", "x", "y"]) == "&#60;b&#62;, кот, x"
