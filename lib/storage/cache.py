"""Results kept on disk between chapters and runs, under a key of their inputs, settings and code."""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from lib.storage.entries import SUFFIX, read_entry, write_entry
from lib.storage.files import FileError, make_folder
from lib.storage.paths import PACKAGE, cache_folder


@functools.cache
def code_digest(of: str | Callable, package: Path = PACKAGE) -> str:
    """Digest of a module of ``lib`` and of all modules of ``lib`` that it imports, directly or not.

    Imports are followed name by name. ``from lib.posts import read_posts`` adds the module that defines
    ``read_posts``, not every module that ``lib/posts/__init__.py`` imports. After ``from lib import posts`` the names
    used, such as ``posts.read_posts``, are followed in the same way.

    Parameters
    ----------
    of
        A function or class of ``lib``, which stands for its module, or the dotted name of a module:
        "lib.models.linear".
    package
        Folder of ``lib``.

    Returns
    -------
    str
        32 hexadecimal digits. Within a process the first answer is kept, so later edits of a file are not seen.

    Raises
    ------
    LookupError
        If a named or imported module doesn't exist.
    """
    found = sources(of, package)
    return digest(*(part for name in sorted(found) for part in (name, found[name].read_bytes())))


def sources(of: str | Callable, package: Path = PACKAGE) -> dict[str, Path]:
    """The files that :func:`code_digest` reads, by name: modules, and the data files that they name in their folder."""
    found, waiting = {}, [of if isinstance(of, str) else of.__module__]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _file(name, package)
            modules, data = _drawn(name, package)
            waiting += modules
            found |= data
    return found


@functools.cache
def _drawn(name: str, package: Path) -> tuple[set[str], dict[str, Path]]:
    """The modules of ``lib`` that a module imports from, and the data files that it names in its folder."""
    path, modules, data = _file(name, package), set(), {}
    nodes = _nodes(ast.parse(path.read_bytes()))
    for node in nodes:
        modules.update(_imported(node, nodes, name, package))
        if isinstance(node, ast.Constant) and str(node.value).endswith((".toml", ".json")):
            file = path.parent / node.value
            if file.is_file():
                data[f"{name}/{node.value}"] = file
    return modules, data


def _imported(node: ast.AST, nodes: list[ast.AST], within: str, package: Path) -> Iterator[str]:
    """The modules of ``lib`` that a statement imports from; ``nodes`` are those of the module ``within``."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "lib")
    elif isinstance(node, ast.ImportFrom):
        base = _base(node, within, package)
        for alias in node.names if base.split(".")[0] == "lib" else ():
            home = _home(base, alias.name, package)
            if _file(home, package).name == "__init__.py":  # a room: follow only the names that are used
                used = _attributes(nodes, alias.asname or alias.name)
                yield from (_home(home, name, package) for name in used) if used else [home]
            else:
                yield home


def _attributes(nodes: list[ast.AST], name: str) -> set[str]:
    """The attributes of ``name`` that a module uses."""
    used = (node for node in nodes if isinstance(node, ast.Attribute))
    return {node.attr for node in used if isinstance(node.value, ast.Name) and node.value.id == name}


def _base(node: ast.ImportFrom, within: str, package: Path) -> str:
    """Absolute name of the module that a statement imports from."""
    if not node.level:
        return node.module
    up = node.level - (_file(within, package).name == "__init__.py")
    parts = within.split(".")
    return ".".join([*parts[: len(parts) - up], *([node.module] if node.module else [])])


def _home(base: str, name: str, package: Path) -> str:
    """The module that defines what ``from base import name`` imports."""
    if _find(f"{base}.{name}", package):
        return f"{base}.{name}"
    path = _file(base, package)
    if path.name == "__init__.py":
        for node in _reexports(path):
            original = [alias.name for alias in node.names if name == (alias.asname or alias.name)]
            if original:
                return _home(_base(node, base, package), original[0], package)
    return base


@functools.cache
def _reexports(path: Path) -> list[ast.ImportFrom]:
    return [node for node in ast.parse(path.read_bytes()).body if isinstance(node, ast.ImportFrom)]


def _nodes(tree: ast.AST) -> list[ast.AST]:
    """The nodes of a module, without the blocks under ``if TYPE_CHECKING``."""
    found = [tree]
    for node in found:
        found += (child for child in ast.iter_child_nodes(node) if not _for_types(child))
    return found


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _find(name: str, package: Path) -> Path | None:
    inside = package.joinpath(*name.split(".")[1:])
    return next((p for p in (inside.with_suffix(".py"), inside / "__init__.py") if p.is_file()), None)


def _file(name: str, package: Path) -> Path:
    found = _find(name, package)
    if found is None:
        raise LookupError(f"{name} is not a module of {package}, so a cache key can't include its code")
    return found


def digest(*parts: Any) -> str:
    """Digest of values, 32 hexadecimal digits.

    Bytes count as they are, any other value by its ``repr``. The ``repr`` of a large array leaves out most of its
    values: pass the array's bytes.
    """
    of = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass")
        of.update(len(data).to_bytes(8, "little"))
        of.update(data)
    return of.hexdigest()[:32]


def cached(name: str, key: str, compute: Callable[[], Any], folder: Path | None = None) -> Any:
    """The stored result of ``compute()``; if there is none, compute and store it.

    The file is written whole or not at all, and holds a checksum. A damaged file is named in a warning and deleted, and
    the result is computed again. A result that was just stored is read from the file, so that the first run and later
    runs go on with the same numbers. If the file can't be written, a warning says so and the run goes on.

    Parameters
    ----------
    name
        What the result is; the file name starts with it.
    key
        The :func:`digest` of everything that the result depends on.
    folder
        Folder of the file; the default is :func:`lib.storage.paths.cache_folder`.

    Raises
    ------
    TypeError
        If the result is of a type that :mod:`lib.storage.values` can't keep.
    """
    folder = cache_folder() if folder is None else folder
    path = folder / f"{name}-{key}{SUFFIX}"
    if os.path.lexists(path):
        try:
            return read_entry(path, name, key)
        except Exception:  # a damaged or foreign file can raise anything
            warnings.warn(f"{path.name} in the cache is damaged or foreign: it is computed again", stacklevel=2)
            with suppress(OSError):
                path.unlink()
    result = compute()
    try:
        make_folder(folder)
        write_entry(path, name, key, result)
    except FileError as error:
        not_kept(folder, error)
        return result
    del result  # photos are large
    return read_entry(path, name, key)


def not_kept(folder: Path, error: FileError) -> None:
    """Warn, once a run, that what is computed can't be kept in a folder."""
    place = cache_folder() if folder.is_relative_to(cache_folder()) else folder
    if place not in _WARNED:
        _WARNED.add(place)
        warnings.warn(f"this run keeps no results, and the next one computes them again: {error}", stacklevel=3)


_WARNED: set[Path] = set()
