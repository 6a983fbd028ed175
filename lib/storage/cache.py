"""Results kept on disk between chapters and runs, under a key made of inputs, settings and the code that made them."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib

from lib.storage.files import replacing
from lib.storage.paths import PACKAGE, cache_folder


@functools.cache
def code_digest(of: str | Callable, package: Path = PACKAGE) -> str:
    """Digest of the module that something is defined in, and of all of ``lib`` that it draws on.

    Imports are followed name by name: of ``from lib.posts import read_posts`` counts the module in which
    ``read_posts`` is defined, not all that ``lib/posts/__init__.py`` offers; and of ``from lib import posts`` what is
    written as ``posts.read_posts``.

    Parameters
    ----------
    of
        A function or class of ``lib``, or the dotted name of a module: "lib.models.linear".
    package
        Folder of ``lib``.

    Raises
    ------
    LookupError
        If a module that is named or imported isn't there.
    """
    found = sources(of, package)
    return digest(*(part for name in sorted(found) for part in (name, found[name].read_bytes())))


def sources(of: str | Callable, package: Path = PACKAGE) -> dict[str, Path]:
    """The files that :func:`code_digest` reads, by name: modules, and data files that lie beside them."""
    found, waiting = {}, [of if isinstance(of, str) else of.__module__]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = path = _file(name, package)
        tree = ast.parse(path.read_bytes())
        for node in _nodes(tree):
            waiting += _imported(node, tree, name, package)
            if isinstance(node, ast.Constant) and str(node.value).endswith((".toml", ".json")):
                data = path.parent / node.value
                if data.is_file():
                    found[f"{name}/{node.value}"] = data
    return found


def _imported(node: ast.AST, tree: ast.AST, within: str, package: Path) -> Iterator[str]:
    """Modules of ``lib`` that an import statement of the module ``within``, parsed as ``tree``, draws on."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "lib")
    elif isinstance(node, ast.ImportFrom):
        base = _base(node, within, package)
        for alias in node.names if base.split(".")[0] == "lib" else ():
            home = _home(base, alias.name, package)
            if _file(home, package).name == "__init__.py":  # a room: what is used of it
                used = _attributes(tree, alias.asname or alias.name)
                yield from (_home(home, name, package) for name in used) if used else [home]
            else:
                yield home


def _attributes(tree: ast.AST, name: str) -> set[str]:
    """What is written after ``name.`` in a module."""
    nodes = (node for node in _nodes(tree) if isinstance(node, ast.Attribute))
    return {node.attr for node in nodes if isinstance(node.value, ast.Name) and node.value.id == name}


def _base(node: ast.ImportFrom, within: str, package: Path) -> str:
    """Absolute name of what a statement imports from."""
    if not node.level:
        return node.module
    up = node.level - (_file(within, package).name == "__init__.py")
    parts = within.split(".")
    return ".".join([*parts[: len(parts) - up], *([node.module] if node.module else [])])


def _home(base: str, name: str, package: Path) -> str:
    """The module that ``from base import name`` draws on."""
    if _find(f"{base}.{name}", package):
        return f"{base}.{name}"
    path = _file(base, package)
    if path.name == "__init__.py":
        for node in ast.parse(path.read_bytes()).body:
            if isinstance(node, ast.ImportFrom):
                original = [alias.name for alias in node.names if name == (alias.asname or alias.name)]
                if original:
                    return _home(_base(node, base, package), original[0], package)
    return base


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a module, but for what is there for type checkers alone."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from _nodes(node)


def _find(name: str, package: Path) -> Path | None:
    inside = package.joinpath(*name.split(".")[1:])
    return next((p for p in (inside.with_suffix(".py"), inside / "__init__.py") if p.is_file()), None)


def _file(name: str, package: Path) -> Path:
    found = _find(name, package)
    if found is None:
        raise LookupError(f"{name} is no module of {package}: results would be kept under a key that misses its code")
    return found


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
        Where; unless given, that of :func:`lib.storage.paths.cache_folder`.
    """
    folder = cache_folder() if folder is None else folder
    path = folder / f"{name}-{key}.joblib"
    if path.exists():
        try:
            return joblib.load(path)
        except Exception:  # a half-written or foreign file: any error means "not usable"
            path.unlink(missing_ok=True)
    result = compute()
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        joblib.dump(result, partial)
    return result
