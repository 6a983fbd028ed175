"""The slow steps of a book, computed side by side."""

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
    assert len(lines) == 1 + len(prepare.steps(book)) and all(line.endswith(" s") for line in lines)
    kept, again = set(book.folder.iterdir()), open_study(rows=ROWS)
    for step in prepare.steps(again):
        step.compute(again, *step.arguments)
    assert set(book.folder.iterdir()) == kept


def test_a_step_that_fails_is_left_to_its_chapter(book):
    def fails(study, what):
        raise ValueError(what)

    assert prepare._run(prepare.Step("a step", fails, ("no contrast",)), book, "one call") == "  a step: no contrast"
