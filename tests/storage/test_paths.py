import os
import shutil
import subprocess
import sys

import platformdirs
import pytest

from lib.storage import paths

FOLDERS = (paths.cache_folder, paths.vectors_folder, paths.model_folder, paths.default_posts)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_variable_is_read_at_call_time(tmp_path, monkeypatch, folder):
    for home in (tmp_path / "one", tmp_path / "two"):
        monkeypatch.setenv("VIEW_TO_ACTION_HOME", str(home))
        assert paths.home() == home
        assert folder().is_relative_to(home)
        assert not home.exists()


@pytest.mark.parametrize("value", [None, ""])
def test_without_the_variable_the_checkout_is_home(monkeypatch, value):
    monkeypatch.delenv("VIEW_TO_ACTION_HOME", raising=False)
    if value is not None:
        monkeypatch.setenv("VIEW_TO_ACTION_HOME", value)
    assert (paths.checkout() / "lib" / "storage" / "paths.py").samefile(paths.__file__)
    assert paths.home() == paths.checkout()


def test_an_installed_package_has_no_checkout_and_its_home_is_the_users_cache(tmp_path):
    """A copy of the package, away from the checkout, stands for an installed one."""
    shutil.copytree(paths.PACKAGE / "storage", tmp_path / "lib" / "storage")
    shutil.copy(paths.PACKAGE / "__init__.py", tmp_path / "lib")
    code = "from lib.storage import paths; print(paths.PACKAGE, paths.checkout(), paths.home(), sep='\\n')"
    environment = {name: value for name, value in os.environ.items() if name != "VIEW_TO_ACTION_HOME"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    expected = [(tmp_path / "lib").resolve(), None, platformdirs.user_cache_path("view-to-action")]
    assert done.stdout.splitlines() == list(map(str, expected))
