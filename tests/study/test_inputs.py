import re

import pytest
from books import ROOT

from lib.storage import real_figures
from lib.study import open_study, page_inputs
from lib.study.inputs import VARIABLES


@pytest.fixture
def root(tmp_path):
    for name in ("lib/a.py", "lib/b/c.json", "assets/d.js", "bench/results/e.json", "chapters/f.qmd", "_book/g.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    return tmp_path


@pytest.mark.parametrize("name", ["lib/a.py", "lib/b/c.json", "assets/d.js", "bench/results/e.json", "lib/new.py"])
def test_a_change_of_what_pages_read_is_seen(small, root, name):
    before = page_inputs(small, root)
    assert page_inputs(small, root) == before
    (root / name).write_text("2")
    assert page_inputs(small, root) != before


@pytest.mark.parametrize("name", ["chapters/f.qmd", "_book/g.html", "lib/__pycache__/a.pyc", "catboost_info/x"])
def test_what_pages_do_not_read_does_not_count(small, root, name):
    before = page_inputs(small, root)
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text("2")
    assert page_inputs(small, root) == before


@pytest.mark.parametrize("name", VARIABLES)
def test_a_change_of_a_setting_is_seen(small, root, name, monkeypatch, tmp_path):
    before = page_inputs(small, root)
    monkeypatch.setenv(name, "cpu" if name == "DEVICE" else "thumbnail" if "RIVALS" in name else str(tmp_path))
    assert page_inputs(small, root) != before


def test_other_posts_packages_and_figures_are_seen(small, root, monkeypatch, tmp_path):
    monkeypatch.setenv("VIEW_TO_ACTION_HOME", str(tmp_path / "home"))
    before = page_inputs(small, root)
    assert page_inputs(open_study(rows=len(small.posts) + 1), root) != before
    real_figures().parent.mkdir(parents=True)
    real_figures().write_text("{}")
    figures = page_inputs(small, root)
    monkeypatch.setattr("lib.study.inputs.distributions", list)
    assert len({before, figures, page_inputs(small, root)}) == 3


def test_a_program_and_encoders_that_are_not_there_are_seen(small, root, monkeypatch):
    monkeypatch.setenv("OCR", "full")
    monkeypatch.setattr("lib.study.inputs.reader", lambda: "")
    before = page_inputs(small, root)
    monkeypatch.setattr("lib.study.inputs.reader", lambda: "tesseract 5")
    read = page_inputs(small, root)
    monkeypatch.setenv("TEXT_RIVALS", "nobody/nothing")
    assert len({before, read, page_inputs(small, root)}) == 3


def test_every_variable_that_the_library_reads_is_one_of_them():
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "lib").rglob("*.py"))
    read = set(re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', code)) | set(re.findall(r'in_full\("([A-Z_]+)"', code))
    assert len(read) > 8
    assert read - {"PATH", "QUARTO_PROJECT_OUTPUT_DIR", "QUARTO_PROJECT_RENDER_ALL"} <= set(VARIABLES)
