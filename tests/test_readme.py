"""Every command of the README runs, and the README keeps its form."""

import os
import re
import shlex
import shutil
import subprocess

import pytest
from books import ROOT
from photo_files import encode, halves

from lib.__main__ import _parser, main
from lib.advice import save_advice
from lib.models import BASELINE
from lib.study import save_model

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.partition("#")[0].strip()
    for block in re.findall(r"^```sh\n(.*?)^```$", README, re.S | re.M)
    for line in block.splitlines()
]
MAKE = [command for command in COMMANDS if re.match(r"(?:\w+=\w+ )*make ", command)]
LIBRARY = re.compile(r"(?:\.venv/bin/python -m lib|view-to-action) ")
# What make passes on under another name.
NAMES = {"N": "FEED_ROWS", "WORLD": "FEED_WORLD", "GROUP": "POSTS_GROUP", "TIME": "POSTS_TIME"}
FILES = ("requirements.lock", ".venv/ready", "requirements-notebook.lock", ".venv/ready-notebook")
PYTHON = """#!/bin/sh
{ for word in "$@"; do printf '%s\\n' "$word"; done; printf 'end\\n'; } >> calls
[ "$3" != notebook ] || echo chapters/03-image-model.ipynb
env > variables
"""


def test_the_readme_is_short_and_has_one_picture():
    assert len(README.splitlines()) < 120 and README.count("![") == 1


def test_every_command_is_of_a_kind_that_is_tested():
    others = [command for command in COMMANDS if command not in MAKE and not LIBRARY.match(command)]
    assert others == ["pip install ."]  # test_package.py installs the wheel
    assert len(MAKE) >= 8


@pytest.mark.parametrize("command", MAKE)
def test_make_calls_what_the_command_line_accepts(tmp_path, command):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    for at, name in enumerate(FILES):  # each newer than what it depends on
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (at, at))
    (tmp_path / ".venv/bin/python").write_text(PYTHON, encoding="utf-8")
    (tmp_path / ".venv/bin/python").chmod(0o755)
    settings = dict(word.split("=") for word in shlex.split(command) if "=" in word)
    dropped = {"POSTS", "DEVICE", "REFERENCE", "TRAIN", "MAKEFLAGS", "MAKELEVEL", *NAMES, *NAMES.values()}
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    subprocess.run(command, shell=True, cwd=tmp_path, env=environment, check=True, timeout=30)
    calls = [call.split("\n") for call in (tmp_path / "calls").read_text().removesuffix("\nend\n").split("\nend\n")]
    for module, *arguments in (call[1:] for call in calls):
        if module == "lib":
            _parser().parse_args(arguments)
    if "make report" in command:
        passed = dict(line.split("=", 1) for line in (tmp_path / "variables").read_text().splitlines() if "=" in line)
        for name, value in settings.items():
            assert passed[NAMES.get(name, name)] == value
    elif "N" in settings:
        assert settings["N"] in calls[0]


def test_the_library_s_commands_run(small, tmp_path, monkeypatch, capsys):
    model = tmp_path / "data/model"
    model.mkdir(parents=True)
    save_model(small, model, BASELINE)
    save_advice(small, model)
    monkeypatch.setenv("VIEW_TO_ACTION_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    posts = small.posts.assign(photo="")
    posts.to_csv("posts.csv", index=False)
    posts[["text"]].head(5).to_csv("drafts.csv", index=False)
    (tmp_path / "photo.jpg").write_bytes(encode(halves(), "JPEG"))
    for command in filter(LIBRARY.match, COMMANDS):
        assert main(shlex.split(LIBRARY.sub("", command))) == 0, command
        assert capsys.readouterr().out, command
    assert (tmp_path / "predictions.csv").is_file() and (tmp_path / "plan.csv").is_file()


def test_the_example_runs(capsys):
    (example,) = re.findall(r"^```python\n(.*?)^```$", README, re.S | re.M)
    exec(example, {})
    assert "question" in capsys.readouterr().out
