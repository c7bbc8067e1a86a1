"""The function of an action node: which variables its signature asks for, and how it is called with them."""

from __future__ import annotations

import builtins
import inspect
import keyword
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from byok_widgets.errors import ConfigError, FlowError
from byok_widgets.nodes.calls.turn_scope import current_turn_key
from byok_widgets.secrets.quoting import as_given
from byok_widgets.text_forms import normalized

ALL_VARIABLES = "variables"
"""Name of the parameter that gets all variables."""

TURN_KEY = "turn_key"
"""Name of the parameter that gets the key of the turn: the same when a served turn has to be begun again."""

_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class ActionFunction:
    """A function and the variables that it takes.

    Each parameter gets the variable of the same name; one called `variables`, or a sole positional-only one, gets
    the mapping of all of them; `**kwargs` gets all of them by name.

    Attributes:
        function: The function.
        name: Its name.
        reference: `module:function` where it can be imported from there, else its name.
        required: The parameters without a default.
        optional: The parameters whose default replaces a variable without a value.
    """

    def __init__(self, function: Callable[..., Any], *, node: str) -> None:
        if not callable(function) or inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise ConfigError(
                f"The function of node {node!r} cannot be called for a result: {as_given(function)}.",
                kind="function",
                fix="Give the function itself, without parentheses; one that yields has to return a list instead.",
            )
        self.function = function
        self.name = _name_of(function)
        self.reference = reference_to(function) or self.name
        parameters = _parameters_of(function)
        positional = [p for p in parameters if p.kind is p.POSITIONAL_ONLY]
        if positional and len(parameters) > 1:
            raise ConfigError(
                f"The function {self.name} of node {node!r} has parameters that cannot be given by name.",
                kind="function",
                fix=f"Name its parameters like variables; one called {ALL_VARIABLES!r} gets all of them.",
            )
        named = {p.name: p for p in parameters if p.kind in _BY_NAME}
        self._by_position = bool(positional)
        self._gets_mapping = named.pop(ALL_VARIABLES, None) is not None
        self.takes_turn_key = named.pop(TURN_KEY, None) is not None
        self._gets_each = any(p.kind is p.VAR_KEYWORD for p in parameters)
        self.required = tuple(name for name, p in named.items() if p.default is p.empty)
        self.optional = tuple(name for name, p in named.items() if p.default is not p.empty)

    @property
    def takes_all(self) -> bool:
        """Whether it gets all variables."""
        return self._by_position or self._gets_mapping or self._gets_each

    def arguments(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of the call, by parameter.

        Raises:
            FlowError: It takes a variable that nothing sets.
        """
        unknown = next((name for name in self.required if name not in variables), None)
        if unknown is not None:
            raise FlowError(
                f"The function {self.name} takes {unknown!r}, a variable that nothing sets.",
                kind="action_argument",
                fix="Let a node write it, set it by code, or give the parameter a default; a parameter called "
                f"{ALL_VARIABLES!r} gets all variables.",
            )
        stated = (name for name in self.optional if variables.get(name) is not None)
        given = {name: variables[name] for name in (*self.required, *stated)}
        if self._gets_each:
            given = {**variables, **given}
        if self._gets_mapping or self._by_position:
            given[ALL_VARIABLES] = dict(variables)
        return given

    def call(self, arguments: Mapping[str, Any]) -> Any:
        """Call it; the mapping of all variables is read-only. What it returns may have to be awaited."""
        if self._by_position:
            return self.function(MappingProxyType(arguments[ALL_VARIABLES]))
        if self._gets_mapping:
            arguments = {**arguments, ALL_VARIABLES: MappingProxyType(arguments[ALL_VARIABLES])}
        if self.takes_turn_key:
            arguments = {**arguments, TURN_KEY: current_turn_key()}
        return self.function(**arguments)


def is_dotted_name(text: str) -> bool:
    """Whether a text is the name of something in a module, and nothing else that Python would run."""
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in text.split("."))


def is_of_python(text: str) -> bool:
    """Whether a dotted name begins with a builtin or a module of the standard library."""
    begins = normalized("NFKC", text.partition(".")[0])  # as Python reads wide letters and the like
    return hasattr(builtins, begins) or begins in sys.stdlib_module_names or begins == "get_ipython"


def line_of(error: BaseException) -> str:
    """Say in which line of a function an exception was raised, without any values."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    last = frames[-1]
    return f"It was raised in line {last.lineno} of {PurePath(last.filename).name}, in {last.name}."


def _name_of(function: Callable[..., Any]) -> str:
    inner = getattr(function, "func", function)  # of a functools.partial
    return str(getattr(inner, "__name__", type(inner).__name__))


def reference_to(function: Callable[..., Any]) -> str:
    """Return `module:name` where a function or class can be imported from there; empty where it cannot."""
    module, path = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    # What a notebook defines is in `__main__`, from which no other process can import it.
    found: Any = sys.modules.get(module) if isinstance(module, str) and module != "__main__" else None
    for part in path.split("."):
        found = getattr(found, part, None)
    return f"{module}:{path}" if found is function else ""  # something else may have that name by now


def _parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some built-in functions have no signature
        return []
