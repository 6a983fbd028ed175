"""The command line: what each command prints, writes and returns."""

import html
import os
import re
import shlex
import subprocess
import sys

import pytest

from lib.__main__ import main
from lib.advice import save_advice
from lib.models import BASELINE
from lib.posts import read_posts
from lib.report.sentences import source
from lib.study import save_model

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


def test_simulate_writes_a_feed_of_another_world(tmp_path, capsys):
    for world in ("plain", "mixture"):
        assert main(["simulate", "--posts", "30", "--world", world, "--out", str(tmp_path / world)]) == 0
        assert f"30 simulated posts of the {world} world are in" in capsys.readouterr().out
    assert main(["simulate", "--posts", "30", "--out", str(tmp_path / "default")]) == 0
    default, plain, other = ((tmp_path / name).read_bytes() for name in ("default", "plain", "mixture"))
    assert default == plain != other
    assert main(["simulate", "--posts", "40", "--world", "mixture", "--report"]) == 0
    assert "40 simulated posts, seed 0, mixture world" in capsys.readouterr().out


def test_simulate_writes_texts_alone(tmp_path, capsys):
    whole, texts = (tmp_path / name for name in ("whole.csv", "texts.csv"))
    assert main(["simulate", "--posts", "40", "--out", str(whole)]) == 0
    assert main(["simulate", "--posts", "40", "--no-photos", "--out", str(texts)]) == 0
    found, other = (read_posts(path) for path in (texts, whole))
    assert found["photo"].isna().all() and not found["open_photo"].any() and other["open_photo"].any()
    same = [column for column in found if column not in ("photo", "open_photo")]
    assert found[same].equals(other[same])
    with pytest.raises(SystemExit):
        main(["simulate", "--no-photos", "--report"])
    assert "use them with --out" in capsys.readouterr().err


def test_simulate_reports_itself_beside_the_published_figures(capsys):
    assert main(["simulate", "--posts", "40", "--report"]) == 0
    out = capsys.readouterr().out
    assert "40 simulated posts" in out and re.search(r"like +50%", out) and "sum of all" in out


FORM = "The right form is python -m lib"
COMMANDS = "{render,check,predict,embed,advise,plan,simulate,real,notebook,results,publish,prepare}"
PLAN = ["plan", "--goal", "comment", "--lever", "question"]
OUT = ["--out", "new.csv"]


def wrong(status, says, *arguments, **variables):
    return pytest.param(status, says, arguments, variables, id=" ".join([*arguments, *variables.values()])[:40] or "-")


@pytest.mark.parametrize(
    ("status", "says", "arguments", "variables"),
    [
        wrong(2, COMMANDS),
        wrong(2, "did you mean render?", "rendr"),
        wrong(2, "is not one of render, check", ""),
        wrong(2, COMMANDS, "--version"),
        # a number
        *(
            wrong(2, "a whole number from 0 to 4294967295", "simulate", "--seed", of, *OUT)
            for of in ("-1", "x", "1.5", "")
        ),
        *(
            wrong(2, "a whole number from 1 to 1000000", "simulate", "--posts", of, *OUT)
            for of in ("abc", "0", "-3", "1e3", "1,000", str(10**12), "9" * 5000, "")
        ),
        wrong(2, "at least 2 posts", "simulate", "--posts", "1", "--report"),
        wrong(2, "non-additive (did you mean mixture?)", "simulate", "--world", "mixtures", *OUT),
        # an option
        wrong(2, "did you mean --posts?", "simulate", "--post-count", "3", *OUT),
        wrong(2, "no option “--x”", "check", "posts.csv", "--x=3"),
        wrong(2, "no option “--out”", "render", "--out", "new.html"),
        wrong(2, "no option “-x”", "check", "-x", "a"),
        *(wrong(2, "--option=-value", "simulate", option) for option in ("--out", "--seed", "--posts")),
        *(
            wrong(2, "--option=-value", "advise", option)
            for option in ("--text", "--photo", "--goal", "--value", "--lang")
        ),
        wrong(2, "--option=-value", "advise", "--text", "-hello"),
        wrong(2, "--option=-value", *PLAN, "--effect", "-20%"),
        wrong(2, "--option=-value", "render", "--chapter"),
        wrong(2, "name the file: POSTS=posts.csv", "render", "--group", "channel", FEED_ROWS="10"),
        wrong(1, "lacks the column channel", "check", "posts.csv", "--group", "channel"),
        wrong(1, "lacks the column when", "render", "--time", "when", POSTS="posts.csv"),
        wrong(2, "--json", "advise", "--text", "a", "--json=yes"),
        wrong(2, "--out --report is required", "simulate"),
        wrong(2, "not allowed with", "simulate", "--report", *OUT),
        # an argument too few or too many
        *(wrong(2, "required: file", command) for command in ("check", "predict")),
        *(wrong(2, "“b c” is one argument too many", command, "a", "b c") for command in ("check", "predict")),
        *(
            wrong(2, "“3” is one argument too many", *command, "3")
            for command in (["render"], ["results"], ["prepare"], ["simulate", *OUT])
        ),
        wrong(2, "quotes", "advise", "--text", "Доброе", "утро"),
        # an option that is given twice
        wrong(2, "--goal: it is given twice", "advise", "--text", "a", "--goal", "like", "--goal", "like"),
        wrong(2, "--text: it is given twice", "advise", "--text", "", "--text", ""),
        wrong(2, "--seed: it is given twice", "simulate", "--seed", "0", "--seed", "0", *OUT),
        wrong(2, "--out: it is given twice", "check", "posts.csv", *OUT, *OUT),
        wrong(2, "--chapter: it is given twice", "render", "--chapter", "3", "--chapter", "3"),
        # a goal, a text, a chapter
        wrong(2, "did you mean comment?", "advise", "--text", "a", "--goal", "coment"),
        wrong(2, "did you mean комментарии?", "advise", "--text", "a", "--goal", "Коментарии"),
        *(wrong(2, "share_to_message", "advise", "--text", "a", "--goal", of) for of in ("", "everything", "likely")),
        *(
            wrong(2, "such as like=1,hide=-20", "advise", "--text", "a", "--value", of)
            for of in (
                "",
                "like",
                "like=",
                "fame=1",
                "like=1,like=2",
                "like=1,лайки=2",
                "hide=nan",
                "hide=1e9",
                "like=1,",
            )
        ),
        wrong(2, "is not one of en, ru", "advise", "--text", "a", "--lang", "de"),
        # an experiment
        wrong(2, "required: --goal, --lever", "plan"),
        wrong(2, "did you mean hide?", "plan", "--goal", "hid", "--lever", "question"),
        wrong(2, "did you mean вопрос?", "plan", "--goal", "like", "--lever", "вопро"),
        *(wrong(2, "question, call", "plan", "--goal", "like", "--lever", of) for of in ("", "luck")),
        *(
            wrong(2, "such as 20% or -20%", *PLAN, f"--effect={of}")
            for of in ("", "%", "big", "0%", "-100%", "nan", "1e9")
        ),
        *(wrong(2, "a whole number from 1 to 1000", *PLAN, "--posts-per-week", of) for of in ("0", "x", "1001")),
        wrong(2, "not allowed with", *PLAN, *OUT, "--outcome", "posts.csv"),
        wrong(1, "may hold results. Name a new file", *PLAN, "--out", "posts.csv"),
        wrong(1, "Create the folder", *PLAN, "--out", "missing/new.csv"),
        wrong(1, "no such file. Check the name", *PLAN, "--outcome", "missing.csv"),
        *(wrong(2, "give --text or --photo", "advise", *of) for of in ([], ["--text", ""], ["--text", " \n"])),
        wrong(2, "UTF-8", "advise", "--text", "\udcff"),
        *(wrong(2, "03-image-model", "render", "--chapter", of) for of in ("99", "", "-3", "a\nb", "\udcff", "../x")),
        wrong(2, "There is no chapter '99'", "notebook", "99"),
        wrong(2, "chapter", "notebook"),
        # the name of a file
        *(wrong(2, "name of a file", command, "") for command in ("check", "predict", "real")),
        wrong(1, "there is no such file", "real", "missing"),
        wrong(1, "no table that can be used", "real", "posts.csv"),
        wrong(1, "neither a table, nor a folder", "real", "folder"),
        wrong(2, "required: folder", "real"),
        *(wrong(2, "name of a file", *command, "--out", "") for command in (["check", "posts.csv"], ["simulate"])),
        wrong(2, "name of a file", "advise", "--photo", ""),
        wrong(2, "name of a file", "check", "a\0b"),
        wrong(2, "many tables need --out", "predict", "folder"),
        *(wrong(1, "neither a table, nor a folder", of, "folder", *OUT) for of in ("check", "predict", "embed")),
        wrong(1, "there is no saved model yet", "predict", "*.csv", "--out", "new"),
        wrong(2, "add --engine ray", "embed", "posts.csv", "--out", "new", "--gpus", "1"),
        wrong(2, "leave nothing to embed", "embed", "posts.csv", "--out", "new", "--text", "none", "--photo", "none"),
        *(
            wrong(1, says, command, of)
            for command in ("check", "predict")
            for says, of in {
                "no such file. Check the name": "missing.csv",
                "Write the posts to a file": "/dev/zero",
                "a�b�[31m.csv: there is no such file": "a\nb\x1b[31m.csv",
                "�.csv: there is no such file": "\udcff.csv",
                "can't be opened": "a" * 300,
                "posts.csv/a can't be opened": "posts.csv/a",
            }.items()
        ),
        *(
            wrong(1, says, *command, "--out", of)
            for command in (["check", "posts.csv"], ["predict", "posts.csv"], ["simulate"])
            for says, of in {
                "it is a folder. Name a file": "/tmp",
                "Create the folder": "missing/new.csv",
                "it is a device": "/dev/null",
                "a�b/new.csv can't be written": "a\nb/new.csv",
                "File name too long": "a" * 300,
            }.items()
        ),
        *(wrong(1, "it is the input", command, "posts.csv", "--out", "posts.csv") for command in ("check", "predict")),
        *(
            wrong(1, says, "advise", "--photo", of)
            for says, of in {
                "Name a photo": "/dev/zero",
                "folder is not a file. Name a photo": "folder",
                "Name a photo that can be read": "missing.jpg",
                "can't be used as a photo": "posts.csv",
                "a�b: No such file": "a\nb",
                "too long": "a" * 300,
            }.items()
        ),
        # a variable
        *(
            wrong(1, "from 10 to 1,000,000, such as FEED_ROWS=4000", "render", FEED_ROWS=of)
            for of in ("0", "-5", "3", "abc", "4e3", "1000001", "9" * 5000, " ", "a\nb")
        ),
        wrong(1, "FEED_WORLD=flat: there is no such world; there are plain, ", "render", FEED_WORLD="flat"),
        *(
            wrong(1, says, "render", POSTS=of)
            for says, of in {
                "no such file": "missing.csv",
                "a�b.csv: there is no such file": "a\nb.csv",
                "neither a table, nor a folder": "folder",
                "is a pipe or a device": "/dev/zero",
                "lacks the column": "some.csv",
            }.items()
        ),
        *(
            wrong(1, "VIEW_TO_ACTION_HOME says where", "render", VIEW_TO_ACTION_HOME=of)
            for of in ("posts.csv", "/dev/null", "/proc/nowhere")
        ),
        wrong(1, "make report", "advise", "--text", "a", VIEW_TO_ACTION_HOME="posts.csv"),
        wrong(1, "Run make report", "results", QUARTO_PROJECT_OUTPUT_DIR="missing", QUARTO_PROJECT_RENDER_ALL="1"),
        wrong(
            1,
            "VIEW_TO_ACTION_HOME says where",
            "results",
            QUARTO_PROJECT_OUTPUT_DIR="folder",
            QUARTO_PROJECT_RENDER_ALL="1",
            VIEW_TO_ACTION_HOME="posts.csv",
        ),
    ],
)
def test_a_wrong_argument_is_one_line_with_the_way_out(
    status, says, arguments, variables, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "posts.csv").write_text(HEADER + "1000,1,0,0,0,0,0,0,a,\n" * 20)
    (tmp_path / "some.csv").write_text("view,like\n1,1\n")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.iterdir())
    for variable, value in ({"POSTS_GROUP": "", "POSTS_TIME": ""} | variables).items():
        monkeypatch.setenv(variable, value)
    try:
        found = main(list(arguments))
    except SystemExit as stop:
        found = stop.code
    said = capsys.readouterr().err
    assert (found, said[-1:], said[:-1].isprintable()) == (status, "\n", True), said
    assert said.startswith("error: ") and says in said and "Traceback" not in said
    assert (FORM in said) == (status == 2)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("status", "says", "command"),
    [
        (2, FORM, "simulate --seed -1 --out new.csv"),
        (1, "no such file", r"check $'\xff\n.csv'"),
        (1, "The output can't be written: the disk is full", "simulate --posts 1 --out new.csv > /dev/full"),
        (0, "", "simulate --posts 1 --out new.csv >&-"),
        (0, "", "simulate --help | true"),
    ],
)
def test_a_shell_sees_one_line_too(status, says, command, tmp_path):
    shell = ["bash", "-c", f"set -o pipefail; {shlex.quote(sys.executable)} -m lib {command}"]
    done = subprocess.run(shell, cwd=tmp_path, env={**os.environ, "PYTHONPATH": os.getcwd()}, capture_output=True)
    said = done.stderr.decode()
    assert done.returncode == status and says in said and said.count("\n") == (status > 0), said


@pytest.mark.parametrize(
    "command",
    [
        [],
        *(
            [name]
            for name in ("render", "check", "predict", "advise", "plan", "simulate", "real", "results", "prepare")
        ),
    ],
)
def test_every_help_text_ends_with_an_example(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    last = capsys.readouterr().out.splitlines()[-1]
    assert stop.value.code == 0 and last.startswith(" ".join(["example: python -m lib", *command]))


def test_no_saved_file_and_no_sentence_holds_a_local_path(sparse, tmp_path):
    folder = str(sparse.source.path.parent)
    for path in (save_model(sparse, tmp_path, BASELINE), save_advice(sparse, tmp_path)):
        assert b"posts.csv" in path.read_bytes() and folder.encode() not in path.read_bytes()
    assert html.unescape(source(sparse)) == "posts.csv"


def test_render_refuses_a_feed_in_which_nothing_happens(tmp_path, monkeypatch, capsys):
    path = tmp_path / "idle.csv"
    path.write_text(HEADER + "".join(f"1000,0,0,0,0,0,0,0,text number {i} of all,\n" for i in range(60)))
    monkeypatch.setenv("POSTS", str(path))
    assert main(["render"]) == 1
    assert "no activity to model" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["predict", "drafts.csv"], ["advise", "--text", "Доброе утро!"], PLAN])
def test_without_a_model_it_says_how_to_make_one(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VIEW_TO_ACTION_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drafts.csv").write_text("text\na\n")
    assert main(arguments) == 1
    err = capsys.readouterr().err
    assert "make report" in err and err.startswith("error: ") and err.count("\n") == 1


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """What a command saves, in this order; each file is named after what it holds."""
    found = []
    for where, what in (
        ("study.save_model", "model"),
        ("advice.save_advice", "advice"),
        ("report.panel.write_scorer_data", "scorer"),
        ("report.explore.write_explore_data", "posts"),
        ("report.results.write_results", "results"),
    ):
        monkeypatch.setattr(
            f"lib.{where}", lambda *given, what=what: found.append((what, *given[1:])) or tmp_path / f"{what}.file"
        )
    monkeypatch.setenv("FEED_ROWS", "300")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site").mkdir()
    return found


def test_results_are_saved_after_the_render_of_a_book_but_not_of_a_chapter(kept, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("QUARTO_PROJECT_OUTPUT_DIR", str(tmp_path / "site"))
    assert main(["results"]) == 0 and not kept and not capsys.readouterr().out
    monkeypatch.setenv("QUARTO_PROJECT_RENDER_ALL", "1")
    assert main(["results"]) == 0
    assert kept == [("model",), ("advice",), *((what, tmp_path / "site") for what in ("scorer", "posts", "results"))]
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in said] == [f"{what}.file" for what, *_ in kept]


def test_slow_steps_are_prepared_for_a_book_but_not_for_a_chapter(monkeypatch, capsys):
    monkeypatch.setattr("lib.report.prepare.prepare", lambda study, say: say(f"{len(study.posts)} posts"))
    monkeypatch.setenv("FEED_ROWS", "300")
    monkeypatch.setenv("QUARTO_PROJECT_OUTPUT_DIR", "site")
    assert main(["prepare"]) == 0 and not capsys.readouterr().out
    monkeypatch.setenv("QUARTO_PROJECT_RENDER_ALL", "1")
    assert main(["prepare"]) == 0 and capsys.readouterr().out == "300 posts\n"


@pytest.mark.parametrize("within", ["a checkout", "no checkout"])
def test_results_are_written_into_the_book_that_is_there(kept, tmp_path, monkeypatch, capsys, within):
    monkeypatch.setattr("lib.__main__.checkout", lambda: tmp_path if within == "a checkout" else None)
    assert main(["results"]) == 1 and not kept
    said = capsys.readouterr().err
    assert "_book" in said and "make report" in said and said.count("\n") == 1
    (tmp_path / "_book").mkdir()
    assert main(["results"]) == 0 and len(kept) == 5 and kept[-1][1].resolve() == tmp_path / "_book"


def test_results_of_a_feed_in_which_nothing_happens_are_refused(kept, tmp_path, monkeypatch, capsys):
    path = tmp_path / "idle.csv"
    path.write_text(HEADER + "".join(f"1000,0,0,0,0,0,0,0,text number {i} of all,\n" for i in range(60)))
    monkeypatch.setenv("POSTS", str(path))
    monkeypatch.setattr("lib.__main__.checkout", lambda: tmp_path)
    (tmp_path / "_book").mkdir()
    assert main(["results"]) == 1 and not kept
    assert "no activity to model" in capsys.readouterr().err
