"""Calls and imports of a generated module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from byok_widgets.export.base import Loss
from byok_widgets.export.code import importable, indented, literal
from byok_widgets.graph import AnyNode

_OWN_NAMES = frozenset({"Field", "Flow", "FUNCTIONS", "build", "flow", "fresh", "functions", "name"})
_WIDTH = 105


class Arguments:
    """The arguments of one call, in source."""

    def __init__(self, *positional: str) -> None:
        self._given = list(positional)

    def put(self, name: str, source: str) -> None:
        """Add an argument whose source is known."""
        self._given.append(f"{name}={source}")

    def put_all(self, source: str) -> None:
        """Add the entries of a mapping as arguments."""
        self._given.append(f"**{source}")

    def add(self, name: str, value: Any, *, default: Any = None) -> None:
        """Add an argument, unless it has the value that it would have anyway."""
        if value != default:
            self.put(name, literal(value))

    def call(self, what: str) -> str:
        """Return the call, in one line where that is short."""
        line = f"{what}({', '.join(self._given)})"
        if "\n" not in line and len(line) <= _WIDTH:
            return line
        return f"{what}(\n" + "".join(f"    {indented(given)},\n" for given in self._given) + ")"


class Names:
    """What a generated module imports, and what it cannot say.

    Attributes:
        losses: What it cannot say, as far as it is written.
    """

    def __init__(self) -> None:
        self.losses: list[Loss] = []
        self._modules: set[str] = set()
        self._uses_field = False

    def imported(self, thing: Any) -> str:
        """Import the module of a function or class and return its dotted name; empty where there is none."""
        name = importable(thing, _OWN_NAMES)
        if name:
            self._modules.add(thing.__module__)
        return name

    def use_field(self) -> None:
        """Import `Field`."""
        self._uses_field = True

    def imports(self) -> Iterator[str]:
        """Yield the lines that import what is used."""
        modules = sorted(self._modules)
        for module in modules:
            yield f"import {module}"
        if modules:
            yield ""
        yield f"from byok_widgets import {'Field, ' if self._uses_field else ''}Flow"

    def bound(self, node: AnyNode) -> tuple[Callable[..., Any], ...]:
        """Return the function that was given to a node beside its settings, if any."""
        function = getattr(node, "function", None)
        return (function,) if callable(function) else ()
