"""The rooms of the library: what each holds, and that import-linter refuses what its contracts forbid."""

import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LIB = ROOT / "lib"
ROOMS = sorted(path.parent.name for path in LIB.glob("*/__init__.py"))
MAX_LINES = 450


def modules(room: str) -> set[str]:
    """The modules and packages of a room."""
    inner = {path.stem for path in (LIB / room).glob("*.py")} | {p.parent.name for p in LIB.glob(f"{room}/*/*.py")}
    return inner - {"__init__"}


def test_the_library_holds_only_rooms():
    beside = {path.relative_to(LIB).parts[0] for path in LIB.rglob("*.py")} - set(ROOMS)
    assert beside == {"__init__.py", "__main__.py"}


def test_no_file_is_too_long():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in LIB.rglob("*.py")}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_a_face_names_its_modules_and_no_module_has_the_name_of_something_on_it(room):
    face = import_module(f"lib.{room}")
    assert face.__doc__
    assert {name for name in modules(room) if not re.search(rf"``{name}``", face.__doc__)} == set()
    assert modules(room) & set(face.__all__) == set()


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        (None, "", None),
        ("posts/check.py", "from lib.advice import Tip", "Rooms import downwards"),
        ("study/groups.py", "from lib.models.scoring import pit", "models is used by its face"),
        ("posts/text.py", "from lib.posts.duplicates import find_duplicates", "No circles inside a room"),
        ("betabinomial/rate.py", "import torch", "The beta-binomial is free of everything heavy"),
    ],
)
def test_import_linter_refuses_what_the_contracts_forbid(tmp_path, module, line, broken):
    pytest.importorskip("importlinter")
    shutil.copytree(LIB, tmp_path / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    if module:
        path = tmp_path / "lib" / module
        path.write_text(f"{path.read_text('utf-8')}\n{line}\n", encoding="utf-8")
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    found = re.findall(r"(?m)^(.+) BROKEN$", done.stdout)
    assert broken in found if broken else not found, done.stdout + done.stderr
    assert done.returncode == (1 if broken else 0), done.stdout + done.stderr
