"""The modules of a flow's action functions: found and read, never imported."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.files import describe_os_error, read_file

MAX_BYTES = 5_000_000
"""Largest source file."""
_MOST_MODULES = 500


@dataclass
class Modules:
    """What action functions need.

    Attributes:
        files: Source files to be copied, by their place in the bundle.
        entries: The modules that hold the functions, for `--functions`.
        distributions: Installed packages that they import.
    """

    files: dict[Path, Path] = field(default_factory=dict)
    entries: list[str] = field(default_factory=list)
    distributions: set[str] = field(default_factory=set)


def modules_of(nodes: Iterable[Mapping[str, Any]], named: Iterable[str], folders: Iterable[Path]) -> Modules:
    """Return what the action functions of a flow need.

    Args:
        nodes: The nodes as the flow's file holds them.
        named: The modules that may be run, as the person who makes the bundle says. Functions that the file
            names without one are looked up in these.
        folders: Where modules are looked for, before the places where Python does.

    Raises:
        ConfigError: A function belongs to a notebook, is nowhere to be found, or is one of a module that is not
            named; or a module cannot be read.
    """
    search = _Search([*map(str, folders), *sys.path])
    named = list(named)
    for module in named:
        search.require(module, f"--functions {module}")
    calls = {str(node["name"]): str(node["function"]) for node in nodes if node.get("function") is not None}
    search.require_named(calls, named)
    for node, reference in calls.items():
        search.take(node, reference, named)
    search.found.entries = list(dict.fromkeys(named))
    return search.found


class _Search:
    def __init__(self, path: list[str]) -> None:
        self.found = Modules()
        self._path = list(dict.fromkeys(path))
        self._seen: set[str] = set()
        self._installed = _installed()

    def require_named(self, calls: Mapping[str, str], named: list[str]) -> None:
        """Reject functions of modules that only the file names: anybody may have written the file.

        Raises:
            ConfigError: There are some; it names the modules and their files.
        """
        modules = dict.fromkeys(reference.rpartition(":")[0] for reference in calls.values())
        unnamed = [module for module in modules if module not in ("", "__main__", *named)]
        if unnamed:
            places = [f"{module} ({self._source(module) or 'not a file of yours'})" for module in unnamed]
            raise ConfigError(
                f"The flow calls functions of modules that only its file names: {', '.join(places)}.",
                kind="function",
                fix=f"Look at them. To have them run: {' '.join(f'--functions {module}' for module in unnamed)}.",
            )

    def take(self, node: str, reference: str, named: list[str]) -> None:
        """Take the module of a node's function."""
        module, _, name = reference.rpartition(":")
        if not module or module == "__main__":
            if any(name in self._defined_in(each) for each in named):
                return
            raise ConfigError(
                f"Node {node!r} calls {name or 'a function'} of a notebook, which cannot be bundled: "
                "another machine has no such notebook.",
                kind="function",
                fix="Put the function into a file beside the flow, and name it: --functions bookings.",
            )
        self.require(module, f"node {node!r}")
        if name not in self._defined_in(module) and self._is_own(module):
            raise ConfigError(
                f"Node {node!r} calls {module}.{name}, and {module} does not define it.",
                kind="function",
                fix="Save the flow again with the function that it has now. One that is private or imported there "
                f"has to be listed in {module}.__all__.",
            )

    def require(self, module: str, wanted_by: str) -> None:
        """Take a module and all that it imports.

        Raises:
            ConfigError: It is nowhere.
        """
        waiting = [module]
        while waiting:
            name = waiting.pop()
            if name in self._seen:
                continue
            self._seen.add(name)
            if len(self._seen) > _MOST_MODULES:
                raise ConfigError(f"{wanted_by} needs more than {_MOST_MODULES} modules.", kind="function")
            source = self._source(name)
            if source is not None:
                self.found.files |= self._files(name, source)
                waiting += _imports(source, name)
            elif name == module and not self._is_known(name):
                raise ConfigError(
                    f"The module {name!r} for {wanted_by} is not found.",
                    kind="function",
                    fix="Start in the folder where it is, or where the flow file is.",
                )

    def _is_known(self, name: str) -> bool:
        top = name.partition(".")[0]
        self.found.distributions |= set(self._installed.get(top, ()))
        return top in sys.stdlib_module_names or top in self._installed or top == __package__.partition(".")[0]

    def _is_own(self, name: str) -> bool:
        return self._source(name) is not None

    def _source(self, name: str) -> Path | None:
        """Return the file of a module of the person's own; `None` for others, which are noted where installed."""
        top, *parts = name.split(".")
        if top == "__main__" or top in sys.stdlib_module_names or self._is_known(name):
            return None
        spec = PathFinder.find_spec(top, self._path)
        places = list(spec.submodule_search_locations or ()) if spec else []
        for part in parts:
            spec = PathFinder.find_spec(part, places) if places else None
            places = list(spec.submodule_search_locations or ()) if spec else []
        origin = spec.origin if spec else None
        return Path(origin) if origin and origin.endswith(".py") else None

    def _files(self, name: str, source: Path) -> Iterator[tuple[Path, Path]]:
        """Yield a module's file and the `__init__.py` of the packages around it, by their places."""
        parts = name.split(".")
        is_package = source.name == "__init__.py"
        folder = source.parent if is_package else source.parent / source.stem
        yield Path(*parts, "__init__.py") if is_package else Path(*parts).with_suffix(".py"), source
        for above in range(1, len(parts)):
            init = folder.parents[above - 1] / "__init__.py"
            if init.is_file():
                yield Path(*parts[:-above], "__init__.py"), init

    def _defined_in(self, module: str) -> frozenset[str]:
        source = self._source(module)
        if source is None:
            return frozenset()
        statements = _parsed(source).body
        public = {name for node in statements for name in _names(node) if not name.startswith("_")}
        return frozenset(public.union(*map(_listed, statements)))


@cache
def _installed() -> Mapping[str, list[str]]:
    return packages_distributions()


def _names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _listed(node: ast.stmt) -> set[str]:
    """Return the names in a module's `__all__`, if that is what a statement sets."""
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
        return set()
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if not any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
        return set()
    texts = (each.value for each in ast.walk(node.value) if isinstance(each, ast.Constant))
    return {text for text in texts if isinstance(text, str)}


def _imports(source: Path, name: str) -> Iterator[str]:
    """Yield the modules that a file imports, wherever in it."""
    package = name if source.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(_parsed(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (whole := _imported_from(node, package)):
            yield whole
            yield from (f"{whole}.{alias.name}" for alias in node.names)


def _imported_from(node: ast.ImportFrom, package: str) -> str:
    """Return the module that is imported from; empty for an import beyond the top package, which would fail."""
    try:
        return importlib.util.resolve_name(f"{'.' * node.level}{node.module or ''}", package)
    except ImportError:
        return ""


def _parsed(source: Path) -> ast.Module:
    """Return a module's source as a tree; nothing of the source is in an error, since it may be any file.

    Raises:
        ConfigError: It is not Python, or cannot be read.
    """
    try:
        return ast.parse(read_file(source, most_bytes=MAX_BYTES))
    except OSError as error:
        problem = describe_os_error(error)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        problem = "it is not Python source"
    raise ConfigError(f"{str(source)!r} cannot be bundled: {problem}.", kind="function", fix="Correct it there.")
