"""The page's JavaScript, run by node."""

import json
import shutil
import subprocess

import pytest

from lib.report.panel import page_script

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")


def in_node(expression, given, scripts=None):
    """The value of a JavaScript expression of scripts (those of the draft panel by default) and ``given``."""
    code = (
        f"{scripts or page_script({})} const given = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        f"console.log(JSON.stringify({expression}))"
    )
    done = subprocess.run(["node", "-e", code], input=json.dumps(given), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
