"""The slow steps of a book, computed side by side."""

from dataclasses import replace

import pytest

from lib.report import prepare
from lib.study import open_study

ROWS = 60


@pytest.fixture
def book(monkeypatch, tmp_path):
    monkeypatch.setenv("FEED_ROWS", str(ROWS))
    monkeypatch.setenv("VIEW_TO_ACTION_HOME", str(tmp_path))
    return open_study()


@pytest.mark.slow
def test_chapters_find_what_was_prepared(book, monkeypatch):
    monkeypatch.setenv("FEED_ROWS", "70")  # a process that is there already may have another environment
    lines = []
    prepare.prepare(book, lines.append)
    assert len(lines) == 1 + len(steps_of(book)) and all(line.endswith(" s") for line in lines)
    lines.clear()
    prepare.prepare(open_study(rows=ROWS), lines.append)
    assert not lines
    monkeypatch.setenv("SHOW_POSTS", "1")
    prepare.prepare(open_study(rows=ROWS), lines.append)
    assert lines
    kept, again = set(book.folder.iterdir()), open_study(rows=ROWS)
    for step in steps_of(again):
        step.compute(again, *step.arguments)
    assert set(book.folder.iterdir()) == kept


def steps_of(study):
    return [step for steps in prepare.rounds(study) for step in steps]


def test_no_forecast_of_a_feed_with_groups_needs_one_of_its_round(grouped):
    first, context, last = prepare.rounds(grouped)
    forecasts = [
        {(step.by, step.arguments[0]) for step in steps if "forecast" in step.words} for steps in (first, context)
    ]
    assert {by for by, _ in forecasts[0]} == {by for by, _ in forecasts[1]} == {"random", "time", "group"}
    assert ("time", "trees") in forecasts[0] and ("time", "trees_context") in forecasts[1] and last
    for made in forecasts:
        for by, name in made:
            study = replace(grouped, by=by)
            others = study.spec(name).others
            assert not {(by, of) for other in others for of in (other, *study.spec(other).members)} & made


def test_a_step_that_fails_is_left_to_its_chapter(book):
    def fails(study, what):
        raise ValueError(what)

    step = prepare.Step("a step", fails, ("no contrast",))
    assert prepare._run(step, book, "one call") == ("  a step: no contrast", False)


def test_what_failed_is_tried_again(book, monkeypatch):
    monkeypatch.setattr(prepare, "rounds", lambda study: [[prepare.Step("a step", float, ("no number",))]])
    for _ in range(2):
        lines = []
        prepare.prepare(book, lines.append)
        assert len(lines) == 2 and lines[1].startswith("  a step: ") and not lines[1].endswith(" s")
