"""The project as a package: the wheel, its version, and the cards of what it holds."""

import importlib.metadata
import os
import re
import subprocess
import sys
import zipfile

import pytest
import yaml
from books import ROOT, copy_project

import lib
from lib.embedding.catalogue import packaged


def test_the_wheel_holds_the_library_and_works_outside_of_the_project(tmp_path):
    source = copy_project(tmp_path / "проект с пробелом")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*build, "-w", str(tmp_path), str(source)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith(f"view_to_action-{lib.__version__}-")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "lib").rglob("*") if path.is_file()}
    held = {path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*")}
    assert {file for file in files if "__pycache__" not in file} <= held
    scripts = importlib.metadata.PathDistribution(next((tmp_path / "site").glob("*.dist-info"))).entry_points
    (script,) = scripts.select(group="console_scripts")
    assert script.name == "view-to-action"
    code = f"import sys; from {script.module} import {script.attr} as run; sys.exit(run())"
    command = [sys.executable, "-c", code, "simulate", "--posts", "20", "--out", "posts.csv"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    subprocess.run(command, cwd=elsewhere, env={**os.environ, "PYTHONPATH": str(tmp_path / "site")}, check=True)
    assert (elsewhere / "posts.csv").is_file()


def test_there_is_one_version():
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == lib.__version__
    assert f"\n## {lib.__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["text", "photo"])
def test_every_packaged_encoder_has_its_card(kind):
    cards = (ROOT / "cards/encoders.md").read_text(encoding="utf-8")
    for name, encoder in packaged(kind).items():
        (card,) = re.findall(rf"^## {name}\n(.*?)(?=^## |\Z)", cards, re.S | re.M)
        assert f"into {encoder.dim} numbers" in card and f"| Licence | {encoder.licence}" in card
        assert encoder.source.removeprefix("package ").removeprefix("no ") in card


def test_the_notebook_lock_has_the_pins_of_the_lock():
    pins = [
        dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(encoding="utf-8"), re.M))
        for name in ("requirements.lock", "requirements-notebook.lock")
    ]
    assert {name for name in pins[0].keys() & pins[1].keys() if pins[0][name] != pins[1][name]} == set()
    assert "jupyterlab" in pins[1] and "jupyterlab" not in pins[0]
