"""The command line: what each command prints, writes and returns."""

import re
import subprocess
import sys

import pytest

from lib.__main__ import main
from lib.posts import read_posts

HEADER = "view,like,comment,hide,expand,open_photo,open,share_to_message,text,photo\n"


def run(*arguments):
    return subprocess.run([sys.executable, "-m", "lib", *arguments], capture_output=True, text=True)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "empty"),
        ("view,likes\n1,2\n", "comment"),
        (HEADER.replace(",", ";") + "1;1;1;1;1;1;1;1;a;\n", "semicolon"),
        (HEADER + "0,0,0,0,0,0,0,0,a,\n", "zero"),
    ],
)
def test_a_broken_table_is_named_in_one_line(tmp_path, content, says):
    path = tmp_path / "broken.csv"
    path.write_text(content)
    done = run("check", str(path))
    assert done.returncode == 1
    assert says in done.stderr and str(path) in done.stderr
    assert "Traceback" not in done.stderr and done.stderr.count("\n") == 1


def test_check_lists_what_it_sets_aside(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"1000,{i},0,0,0,0,0,0,text {i},\n" for i in range(60))
    (tmp_path / "posts.csv").write_text(HEADER + rows + "10,11,0,0,0,0,0,0,too many,\n")
    assert main(["check", "posts.csv"]) == 1
    out = capsys.readouterr().out
    assert "60 usable posts; 1 rows set aside" in out and "posts.rejected.csv" in out
    assert "62" in (tmp_path / "posts.rejected.csv").read_text()
    (tmp_path / "good.csv").write_text(HEADER + rows)
    assert main(["check", "good.csv"]) == 0


def test_simulate_writes_a_table_that_reads(tmp_path, capsys):
    path = tmp_path / "feed.csv"
    assert main(["simulate", "--posts", "30", "--seed", "3", "--out", str(path)]) == 0
    assert len(read_posts(path)) == 30
    assert str(path) in capsys.readouterr().out


@pytest.mark.parametrize("command", [["check", "posts.csv"], ["simulate", "--posts", "3"]])
@pytest.mark.parametrize("out", ["posts.csv", "link.csv", "hard.csv", "/dev/null", ".", "missing/a.csv", "posts.csv/a"])
def test_an_output_that_must_not_be_written_is_refused_in_one_line(tmp_path, capsys, monkeypatch, command, out):
    if command[0] == "simulate" and out in ("posts.csv", "hard.csv"):
        return  # simulate reads nothing, and may replace a file
    monkeypatch.chdir(tmp_path)
    (tmp_path / "posts.csv").write_text(HEADER + "10,11,0,0,0,0,0,0,too many,\n" + "1000,1,0,0,0,0,0,0,a,\n" * 20)
    (tmp_path / "link.csv").symlink_to("posts.csv")
    (tmp_path / "hard.csv").hardlink_to("posts.csv")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert main([*command, "--out", out]) == 1
    said = capsys.readouterr()
    assert f"{out} can't be written: " in said.err and said.err.count("\n") == 1 and said.out == ""
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_simulate_reports_itself_beside_the_published_figures(capsys):
    assert main(["simulate", "--posts", "40", "--report"]) == 0
    out = capsys.readouterr().out
    assert "40 simulated posts" in out and re.search(r"like +50%", out) and "sum of all" in out


@pytest.mark.parametrize("arguments", [["simulate", "--posts", "0", "--out", "x"], ["nonsense"], []])
def test_wrong_usage_exits_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize(("variable", "value"), [("FEED_ROWS", "many"), ("POSTS", "no-such-file.csv")])
def test_render_refuses_an_unusable_feed_before_it_starts(variable, value, monkeypatch, capsys):
    monkeypatch.setenv(variable, value)
    assert main(["render"]) == 1
    assert value in capsys.readouterr().err


def test_render_refuses_a_feed_in_which_nothing_happens(tmp_path, monkeypatch, capsys):
    path = tmp_path / "idle.csv"
    path.write_text(HEADER + "".join(f"1000,0,0,0,0,0,0,0,text number {i} of all,\n" for i in range(60)))
    monkeypatch.setenv("POSTS", str(path))
    assert main(["render"]) == 1
    assert "nothing to model" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["predict", "drafts.csv"], ["advise", "--text", "Доброе утро!"]])
def test_without_a_model_it_says_how_to_make_one(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VIEW_TO_ACTION_HOME", str(tmp_path))
    assert main(arguments) == 1
    err = capsys.readouterr().err
    assert "make report" in err and err.startswith("error: ") and err.count("\n") == 1


def test_a_report_leaves_its_model_but_a_chapter_does_not(tmp_path, monkeypatch, capsys):
    kept = []
    monkeypatch.setattr("lib.render.render", lambda chapter, encoders: 0)
    monkeypatch.setattr("lib.study.save_model", lambda study: kept.append(study) or tmp_path / "model.safetensors")
    monkeypatch.setattr("lib.advice.save_advice", lambda study: kept.append(study) or tmp_path / "advice.json")
    monkeypatch.setenv("FEED_ROWS", "300")
    assert main(["render", "--chapter", "03"]) == 0 and not kept
    assert main(["render"]) == 0 and len(kept) == 2
    forecast, advice = capsys.readouterr().out.splitlines()[-2:]
    assert "model.safetensors" in forecast and "advice.json" in advice
