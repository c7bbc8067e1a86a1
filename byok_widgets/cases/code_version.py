"""The version of the user's code, which changes whenever its behaviour may have changed.

What counts is the compiled code of functions and classes, and the values that they reach: defaults, arguments of a
`partial`, closures, globals, attributes. What a function writes itself, such as a list of its calls, is its memory
and does not count. Code of installed packages counts by its name.
"""

from __future__ import annotations

import builtins
import dataclasses
import datetime
import decimal
import enum
import functools
import inspect
import pathlib
import re
import sys
import sysconfig
import types
import typing
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from byok_widgets.cases.written_names import written_names
from byok_widgets.errors import ConfigError
from byok_widgets.graph import FlowGraph
from byok_widgets.hashing import hashed
from byok_widgets.nodes.base import Node

_PLAIN = (str, bytes, bool, int, float, complex, type(None), type(...), range, slice, re.Pattern)
_WRITTEN_OUT = (decimal.Decimal, datetime.date, datetime.time, datetime.timedelta, pathlib.PurePath, uuid.UUID)
_DEEPEST = 30
_NOT_OF_A_CLASS = frozenset({"__module__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__slots__"})


def code_version(*codes: object) -> str:
    """Return a hash of functions, classes and what they reach; empty where there are none."""
    given = [code for code in codes if code is not None]
    return hashed(_Description().of(given))[:12] if given else ""


def is_foreign(kind: type) -> bool:
    """Whether a class is neither this package's nor an installed one's: its code may change at any time."""
    return not _is_installed(kind)


class _Description:
    """Describes code as plain data."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._kept: list[object] = []
        self._depth = 0

    def of(self, value: Any) -> Any:
        if type(value) in _PLAIN or isinstance(value, _WRITTEN_OUT):
            return [type(value).__name__, repr(value)]
        if isinstance(value, enum.Enum):
            return [type(value).__qualname__, value.name]
        if id(value) in self._seen:
            return ["again", self._seen[id(value)]]
        self._seen[id(value)] = len(self._seen)
        self._kept.append(value)  # so that no other object gets its id
        if self._depth > _DEEPEST:
            return [type(value).__qualname__]
        self._depth += 1
        try:
            return self._composed(value)
        finally:
            self._depth -= 1

    def _composed(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [type(value).__name__, *map(self.of, value)]
        if isinstance(value, (set, frozenset)):
            # texts hash otherwise in each process
            return [type(value).__name__, *sorted(hashed(self.of(each)) for each in value)]
        if isinstance(value, Mapping):
            return [type(value).__name__, *([self.of(name), self.of(each)] for name, each in value.items())]
        if isinstance(value, types.CodeType):
            return self._code(value)
        if isinstance(value, functools.partial):
            return ["partial", self.of(value.func), self.of(value.args), self.of(value.keywords)]
        if isinstance(value, types.MethodType):
            return ["method", self.of(value.__func__), self.of(value.__self__)]
        if isinstance(value, (staticmethod, classmethod)):
            return [type(value).__name__, self.of(value.__func__)]
        if isinstance(value, property):
            return ["property", self.of([value.fget, value.fset])]
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if isinstance(value, types.ModuleType):
            return ["module", value.__name__]
        if typing.get_origin(value) is not None:
            metadata = getattr(value, "__metadata__", ())
            return [str(typing.get_origin(value)), self.of([*typing.get_args(value), *metadata])]
        return self._class(value) if isinstance(value, type) else self._object(value)

    def _code(self, code: types.CodeType) -> Any:
        names = [code.co_names, code.co_varnames, code.co_freevars]
        # without file and lines: code that only moved is the same
        bare = [code.co_code.hex(), code.co_exceptiontable.hex(), *map(list, names)]
        return ["code", *bare, *map(self.of, code.co_consts)]

    def _function(self, function: types.FunctionType) -> Any:
        if _is_installed(function):
            closed = self.of(_closure(function, frozenset()))
            return ["function", function.__module__, function.__qualname__, closed]
        written = written_names(function)
        reached = {**_globals(function, written), **_closure(function, written)}
        given = [function.__defaults__, function.__kwdefaults__]
        return ["function", self.of(function.__code__), self.of(given), self.of(reached)]

    def _class(self, kind: type) -> Any:
        named = ["class", kind.__module__, kind.__qualname__]
        if not is_foreign(kind):
            return named
        written = written_names(kind)
        members = {
            name: member
            for name, member in vars(kind).items()
            if name not in _NOT_OF_A_CLASS | written and _is_of_the_body(name, member)
        }
        declared = [getattr(kind, "__annotations__", {}), getattr(kind, "model_fields", {})]
        return [*named, self.of(kind.__bases__), self.of(declared), self.of(members)]

    def _object(self, value: Any) -> Any:
        kind = type(value)
        if isinstance(value, Node):
            return ["node", value.kind, value.name, self.of([value.to_data({}), _model_of(value), *value.codes])]
        if isinstance(getattr(value, "graph", None), FlowGraph) and hasattr(value, "context"):
            return self._flow(value)
        if isinstance(value, types.BuiltinFunctionType):
            return ["builtin", value.__module__, value.__qualname__]
        if dataclasses.is_dataclass(value):
            names = [field.name for field in dataclasses.fields(value)]
            return [self.of(kind), {name: self.of(getattr(value, name, None)) for name in names}]
        if kind.__module__.startswith("pydantic.") and kind.__name__ == "FieldInfo":
            return ["field", self.of([value.annotation, value.default, value.default_factory, value.metadata])]
        if not is_foreign(kind):
            named = getattr(value, "__qualname__", None) or getattr(value, "__name__", "")
            return [kind.__module__, kind.__qualname__, str(named)]
        written = written_names(kind)
        state = {name: each for name, each in getattr(value, "__dict__", {}).items() if name not in written}
        return [self.of(kind), self.of(state)]

    def _flow(self, flow: Any) -> Any:
        """Describe another flow, whose nodes a function may run."""
        edges = [
            [edge.source, edge.target, edge.condition.text, *edge.condition.codes] for edge in flow.graph.edges
        ]
        shared = [flow.context.global_prompt, dict(flow.context.config.current.base_urls), flow.graph.start]
        return ["flow", self.of([*flow.graph.nodes.values()]), self.of(edges), self.of(shared)]


def _model_of(node: Node[Any]) -> str:
    try:
        return str(node.resolve().ref)
    except ConfigError:
        return ""


def _is_of_the_body(name: str, member: object) -> bool:
    """Whether a member of a class is defined in its body, rather than added by what made the class."""
    is_code = isinstance(member, (types.FunctionType, staticmethod, classmethod, property))
    return is_code or not (name.startswith("_") or inspect.isdatadescriptor(member))


def _closure(function: types.FunctionType, written: frozenset[str]) -> dict[str, Any]:
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if name not in written:
            try:
                found[name] = cell.cell_contents
            except ValueError:  # it is not assigned yet
                found[name] = None
    return found


def _globals(function: types.FunctionType, written: frozenset[str]) -> dict[str, Any]:
    known = function.__globals__
    names = sorted(set(_names(function.__code__)) - written - set(vars(builtins)))
    return {name: known[name] for name in names if name in known}


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            yield from _names(part)


@functools.cache
def _folders() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple(paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def _is_installed(code: Any) -> bool:
    """Whether code is this package's, Python's, or an installed package's."""
    module = code.__module__ or "builtins"
    top = module.partition(".")[0]
    if top == "byok_widgets" or top in sys.stdlib_module_names:
        return module != "__main__"
    try:
        return inspect.getfile(code).startswith(_folders())
    except (TypeError, OSError):
        return False
