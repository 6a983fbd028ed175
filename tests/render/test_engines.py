"""Which engine renders, and what is printed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from lib.render import engines, find_chapter, find_quarto, render
from lib.render.portable.qmd import ChapterError


@pytest.mark.parametrize("asked", ["3", "03", "03-image-model", "chapters/03-image-model.qmd", "03-image-model.qmd"])
def test_a_chapter_is_found_by_number_or_name(asked):
    assert find_chapter(asked, ["index.qmd", "chapters/03-image-model.qmd"]) == "chapters/03-image-model.qmd"


@pytest.mark.parametrize("asked", ["", "9", "image"])
def test_a_chapter_nobody_knows_lists_those_there_are(asked):
    with pytest.raises(ChapterError, match="index, 03-image-model"):
        find_chapter(asked, ["index.qmd", "chapters/03-image-model.qmd"])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["```{python}", "#| label: sums", "x = 1", "x / 0", "```"],
            ["chapters/02-second.qmd:10: the cell sums failed", "ZeroDivisionError", "x / 0"],
        ),
        (
            ["", "A `{python} missing` one."],
            ["chapters/02-second.qmd:11: the expression `missing` failed", "NameError"],
        ),
        (["A `{python} 'text'` one."], ["chapters/02-second.qmd:10: the expression `'text'` would be printed"]),
    ],
)
def test_a_failing_cell_stops_the_render_and_says_where(edited, lines, expected, capsys):
    root = edited(*lines)
    assert render("02", root=root, engine="portable") == 1
    printed = capsys.readouterr().err
    for text in expected:
        assert text in printed
    assert "\x1b[" not in printed
    assert not (root / "_book").exists()


def test_the_last_lines_name_the_page_and_the_engine(edited, capsys):
    root = edited()
    assert render("02", encoders="texts by words", root=root, engine="portable") == 0
    page, made = capsys.readouterr().out.splitlines()[-2:]
    assert page.startswith("Read it: ")
    assert Path(page.removeprefix("Read it: ")).resolve() == root / "_book/chapters/02-second.html"
    assert made.startswith("Made by the portable renderer")
    assert made.endswith("; texts by words")


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_quarto_is_used_where_it_is_on_the_path(edited, tmp_path, monkeypatch, capfd):
    root = edited()
    (root / ".quarto/xref").mkdir(parents=True)  # as after a render of the whole book
    names = ("index", "chapters/01-first", "chapters/02-second", "references")
    (root / ".quarto/xref/INDEX").write_text(json.dumps({f"{name}.qmd": {} for name in names}), encoding="utf-8")
    quarto = program(tmp_path / "bin/quarto", 'echo "$PWD|$@|$QUARTO_PYTHON|$(command -v python)"')
    monkeypatch.setenv("PATH", f"{quarto.parent}:/usr/bin:/bin")
    assert render("02", encoders="texts by words", root=root) == 0
    printed = capfd.readouterr().out
    python = Path(sys.executable).with_name("python")
    assert f"{root}|render chapters/02-second.qmd|{sys.executable}|{python}" in printed
    assert "Made by Quarto" in printed
    assert "texts by words" in printed
    program(quarto, "exit 7")
    assert render(root=root) == 7


def test_a_chapter_of_a_book_that_quarto_has_not_rendered_is_made_by_the_portable_renderer(
    edited, tmp_path, monkeypatch, capfd
):
    root = edited()
    quarto = program(tmp_path / "bin/quarto", "echo called")
    monkeypatch.setenv("PATH", f"{quarto.parent}:/usr/bin:/bin")
    assert render("02", root=root) == 0
    assert (root / "_book/chapters/02-second.html").is_file() and (root / "_book/chapters/01-first.html").is_file()
    printed = capfd.readouterr().out
    assert "called" not in printed and "Quarto can render one chapter after the whole book" in printed


def with_command(root: Path, command: str, when: str = "post-render") -> Path:
    config = root / "_quarto.yml"
    config.write_text(config.read_text("utf-8").replace("project:\n", f"project:\n  {when}: {command}\n", 1), "utf-8")
    return root


SAY = """import os, sys
named = "QUARTO_PROJECT_RENDER_ALL", "QUARTO_PROJECT_OUTPUT_DIR"
print(*sys.argv[1:], os.getcwd(), *(os.environ.get(name) for name in named), sys.executable, sep="|")
open("_book/made.txt", "w").close()
"""


def test_a_command_of_the_project_precedes_the_render(edited, capfd):
    root = with_command(edited(), "python -c 'import sys; sys.exit(3)'", "pre-render")
    assert render(root=root, engine="portable") == 3 and not (root / "_book").exists()
    assert "exit status 3" in capfd.readouterr().err


def test_a_command_of_the_project_follows_the_render(edited, capfd):
    """The page is there when the command runs, and what the command made outlasts the render of one chapter."""
    root = with_command(edited(), "python say.py 'a b'")
    (root / "say.py").write_text(SAY, encoding="utf-8")
    assert render(root=root, engine="portable") == 0
    *_, said, page, _ = capfd.readouterr().out.splitlines()
    assert said == f"a b|{root}|1|{root / '_book'}|{sys.executable}" and page.startswith("Read it: ")
    kept = (root / "_book/made.txt").stat()
    (root / "_book/chapters/old.html").write_text("a page of a chapter that was renamed", encoding="utf-8")
    (root / "say.py").write_text(SAY.replace("open(", "# open("), encoding="utf-8")
    assert render("02", root=root, engine="portable") == 0
    assert f"|None|{root / '_book'}|" in capfd.readouterr().out
    assert (root / "_book/made.txt").stat() == kept
    assert render(root=root, engine="portable") == 0
    assert not (root / "_book/made.txt").exists() and not (root / "_book/chapters/old.html").exists()


@pytest.mark.parametrize(
    ("command", "status", "says"),
    [
        ("[python -c pass, python -c 'exit(5)', python -c 'exit(6)']", 5, "exit(5)'` stopped with exit status 5"),
        ("no-such-program --now", 1, "there is no program to run 'no-such-program --now'"),
    ],
)
def test_a_command_that_fails_after_the_render_is_named(edited, capfd, command, status, says):
    assert render(root=with_command(edited(), command), engine="portable") == status
    printed = capfd.readouterr()
    assert says in printed.err and "Traceback" not in printed.err and "Read it" not in printed.out


@pytest.mark.parametrize("in_reach", [False, True])
def test_quarto_is_installed_by_pip_or_a_failed_download_is_remembered(tmp_path, monkeypatch, capsys, in_reach):
    """The interpreter is a script that notes its calls; as pip it copies a Quarto into the environment."""
    quarto = program(tmp_path / "download/quarto", "exit 0")
    pip = f'[ "$1" = -c ] || /bin/cp {quarto} {tmp_path}/bin/quarto' if in_reach else "exit 1"
    python = program(tmp_path / "bin/python", f'echo "$1" >> {tmp_path}/calls\n{pip}')
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setenv("PATH", "")
    expected = str(tmp_path / "bin/quarto") if in_reach else None
    assert find_quarto() == expected
    assert find_quarto() == expected
    assert (tmp_path / "calls").read_text().split() == (["-c", "-m"] if in_reach else ["-c"])
    assert capsys.readouterr().out.count("trying to install it") == 1


def test_a_command_that_hangs_is_ended():
    assert engines._quietly(["sleep", "60"], 0.2) is False
    assert engines._quietly(["true"], 30) is True
