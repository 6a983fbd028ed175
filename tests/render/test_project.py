"""The configuration of a book."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_notebook

from lib.render.portable.project import Book, chapter_names, output_folder, read_config
from lib.render.portable.qmd import ChapterError


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (None, "has no _quarto.yml"),
        ("a: [", "not YAML"),
        ("project:\n  type: book\n", "names no chapters"),
        ("", "names no chapters"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_named(tmp_path, source, why):
    if source is not None:
        (tmp_path / "_quarto.yml").write_text(source, encoding="utf-8")
    with pytest.raises(ChapterError, match=why):
        read_config(tmp_path)


def test_chapters_in_parts_and_appendices_are_chapters():
    parts = [{"part": "one.qmd", "chapters": ["a.qmd"]}, {"part": "Two", "chapters": ["b.qmd"]}]
    config = {"book": {"chapters": ["index.qmd", *parts], "appendices": ["z.qmd"]}}
    assert chapter_names(config) == ["index.qmd", "one.qmd", "a.qmd", "b.qmd", "z.qmd"]


@pytest.mark.parametrize(("project", "folder"), [({}, "_book"), ({"output-dir": "docs"}, "docs")])
def test_the_site_is_where_the_configuration_says(tmp_path, project, folder):
    assert output_folder(tmp_path, {"project": project}) == tmp_path / folder


def test_a_chapter_overrides_the_options_of_the_project(tmp_path):
    config = {"execute": {"echo": True, "warning": False}, "format": {"html": {"code-fold": True, "toc": True}}}
    chapter = new_notebook(metadata={"name": "a.qmd", "front": {"execute": {"echo": False}, "fig-dpi": 200}})
    expected = {"echo": False, "warning": False, "code-fold": True, "fig-dpi": 200}
    assert Book(tmp_path, config, [chapter]).defaults(chapter) == expected
