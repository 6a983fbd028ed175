"""Results kept on disk between chapters and runs, under a key made of inputs, settings and the code that made them."""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib

LIB = Path(__file__).parent
CACHE = LIB.parent / "data" / "cache"


@functools.cache
def code_digest(module: str) -> str:
    """Digest of a module of ``lib`` with every module of ``lib``, and every data file there, that it draws on.

    Parameters
    ----------
    module
        Its dotted name: "lib.models".
    """
    seen, waiting = {}, ["/".join(module.split(".")[1:])]
    while waiting:
        name = waiting.pop()
        path = next((p for p in (LIB / f"{name}.py", LIB / name / "__init__.py") if p.is_file()), None)
        if name in seen or path is None:
            continue
        seen[name] = path.read_bytes()
        for node in ast.walk(ast.parse(seen[name])):
            if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("lib."):
                inside = node.module.split(".")[1:]
                waiting += ["/".join(inside), *("/".join([*inside, alias.name]) for alias in node.names)]
            elif (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node.value.endswith((".toml", ".json"))
            ):
                data = LIB / node.value
                if data.is_file():
                    seen[node.value] = data.read_bytes()
    return digest(*(part for name in sorted(seen) for part in (name, seen[name])))


def digest(*parts: Any) -> str:
    """Hex digest of bytes and of anything whose ``repr`` tells it apart."""
    of = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass")
        of.update(len(data).to_bytes(8, "little"))
        of.update(data)
    return of.hexdigest()[:32]


def cached(name: str, key: str, compute: Callable[[], Any], folder: Path | None = None) -> Any:
    """The stored result of ``compute()``, or compute it and store it.

    A file is written whole or not at all; one that cannot be read any more is computed again.

    Parameters
    ----------
    name
        What it is, for whoever looks into the folder.
    key
        From :func:`digest`: everything the result depends on.
    folder
        Where; ``data/cache`` unless told.
    """
    folder = CACHE if folder is None else folder
    path = folder / f"{name}-{key}.joblib"
    if path.exists():
        try:
            return joblib.load(path)
        except Exception:  # a half-written or foreign file: any error means "not usable"
            path.unlink(missing_ok=True)
    result = compute()
    folder.mkdir(parents=True, exist_ok=True)
    with _replacing(path) as partial:
        joblib.dump(result, partial)
    return result


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; one that is there is replaced."""
    with _replacing(path) as partial, open(partial, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file to write beside ``path`` that takes its place at the end, or goes if there was an error."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    try:
        yield partial
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
