import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from betabinomial_data import exact_terms

from lib.betabinomial import kernels, newton


def test_derivatives_of_a_row_are_exact_from_one_trial_to_ten_million():
    cases = [
        (k, n, eta, theta)
        for n in (1, 30, 7000, 10_000_000)
        for eta in (-16.0, -4.0, 1.0)
        for theta in (-6.9, 0.0, 3.8, 14.0, 27.6)
        for k in sorted({0, 1, min(n, 11), n // 50, n})
    ]
    k, n, eta, theta = np.array(cases).T
    problem = newton.Problem(eta[None, :], theta[None, :], k, n, np.ones(k.size), np.zeros(1))
    _, got = problem.row_terms(np.ones(2), np.ones(k.size))
    for i, case in enumerate(cases):
        want = [float(d) for d in exact_terms(*case)[1:]]
        size = k[i] + n[i] / (1.0 + np.exp(-eta[i]))  # scale of the terms that cancel in the derivatives
        np.testing.assert_allclose(
            got[:, i], want, rtol=1e-9, atol=1e-13 * size + 3e-17 * n[i] + 1e-14, err_msg=str(case)
        )


FOLDER = Path(kernels.__file__).parent
COMPILED = sorted({path.stem for path in FOLDER.glob("*.py")} - {"__init__", "compile"})


@pytest.mark.parametrize("name", COMPILED)
def test_a_compiled_function_uses_its_own_file_only(name):
    """numba's cache on disk is keyed by the file of the function alone: a change in another file goes unnoticed."""
    nodes = list(ast.walk(ast.parse((FOLDER / f"{name}.py").read_text())))
    decorators = {id(decorator) for node in nodes for decorator in getattr(node, "decorator_list", [])}
    imported = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            assert not [alias.name for alias in node.names if alias.name.split(".")[0] == "lib"]
        elif isinstance(node, ast.ImportFrom) and (node.level or node.module.split(".")[0] == "lib"):
            assert (node.level, node.module) == (0, "lib.betabinomial.kernels.compile")
            imported |= {alias.asname or alias.name for alias in node.names}
    names = [node for node in nodes if isinstance(node, ast.Name) and node.id in imported]
    assert names and all(id(node) in decorators for node in names)


def test_importing_is_cheap():
    heavy = {"numba", "scipy", "pandas", "torch", "catboost", "sklearn"}
    code = f"import sys, lib.betabinomial; print({heavy} & set(sys.modules))"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
