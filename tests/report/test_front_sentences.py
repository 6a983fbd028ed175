"""What the front page says was found."""

import pytest

from lib.report import front_sentences
from lib.study import scores


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", ("can be foreseen", "tells", "nats", "of {truth} that can be known", "How far to trust it")),
        ("ru", ("можно предвидеть", "говор", "ната", "из {truth}, которые вообще можно узнать", "Насколько")),
    ],
)
def test_five_sentences_say_what_was_found(small, language, says):
    lines = front_sentences.found(small, language).splitlines()
    truth = f"{scores.gain(small, 'truth').value:.2f}"
    assert len(lines) == 5 and all(line.startswith("1. **") for line in lines)
    for line, words in zip(lines, (*says[:3], "", says[4]), strict=True):
        assert words in line
    assert says[3].format(truth=truth if language == "en" else truth.replace(".", ",")) in lines[2]


def test_a_feed_that_says_nothing_promises_nothing(plain):
    said = front_sentences.found(plain)
    assert "could not be foreseen" in said and "No change is surely worth making" in said
    assert "tells more" not in said and "that can be known" not in said and "tell 0" not in said
    assert front_sentences.strongest_changes(plain).empty


def test_one_source_is_not_called_two(grouped):
    """A feed of texts alone was told what text and photo tell together."""
    said = [front_sentences.found(grouped, language) for language in ("en", "ru")]
    assert "The best forecast adds" in said[0] and "Лучший прогноз прибавляет" in said[1]
    assert "Together" not in said[0] and "Вместе" not in said[1]


def test_each_goal_has_its_strongest_change(advised):
    table = front_sentences.strongest_changes(advised)
    assert len(table) and table["activity"].is_unique and (table["low"] < table["effect"]).all()
    assert all("→" in words for words in table["words"])
