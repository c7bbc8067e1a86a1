"""What a prompt may do with its variables: the sandbox of Jinja2, narrowed to values that have a text.

A placeholder holds a variable, its parts, and filters; blocks are `if`, `for` and `set`. Nothing is called, and
nothing is written that has no text of its own, such as a function or a generator. This is loaded with Jinja2, when
the first placeholder is filled in.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from jinja2 import TemplateError as JinjaError
from jinja2 import Undefined, UndefinedError, nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

_PLACEHOLDERS = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Filter)
_PARTS = (nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Keyword)
_BLOCKS = (nodes.If, nodes.For, nodes.Assign)
_TESTS = (nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr)
_LITERALS = (nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair)
_SUMS = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos)
_ALLOWED = (*_PLACEHOLDERS, *_PARTS, *_BLOCKS, *_TESTS, *_LITERALS, *_SUMS, nodes.Concat)


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """The environment in which prompts are filled in."""

    intercepted_binops = frozenset({"*", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"finalize": with_text, **options})
        self.globals.clear()  # `range` and others are variables here, and would be written as functions
        self.filters = {name: _guarded(function) for name, function in self.filters.items()}

    def parse_prompt(self, source: str) -> nodes.Template:
        """Return the tree of a prompt.

        Raises:
            JinjaError: It is not a template, or holds what a prompt cannot hold.
        """
        tree = self.parse(source)
        for part in tree.find_all(nodes.Node):
            if not isinstance(part, _ALLOWED) or (isinstance(part, nodes.Name) and part.name == "self"):
                raise JinjaError(f"{_name(part)!r} cannot stand in a prompt")
        for joined in list(tree.find_all(nodes.Concat)):
            joined.nodes = [nodes.Filter(part, "string", [], [], None, None) for part in joined.nodes]
        return cast("nodes.Template", tree.set_environment(self))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a part of a value; there are no methods, so that a mapping may have a key of that name."""
        found = super().getattr(obj, attribute)
        if callable(found) and isinstance(obj, Mapping) and attribute in obj:
            found = obj[attribute]
        return self._value(found, obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return a part of a value; there are no methods."""
        return self._value(super().getitem(obj, argument), obj, argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Multiply and divide numbers alone: texts would be repeated, or filled with what has no text."""
        if not all(isinstance(side, (int, float, Undefined)) for side in (left, right)):
            raise UndefinedError(f"{operator!r} stands between numbers")
        return super().call_binop(context, operator, left, right)

    def _value(self, found: Any, obj: Any, name: Any) -> Any:
        if callable(found) and not isinstance(found, Undefined):
            return self.undefined(obj=obj, name=name)
        return found


def with_text(value: Any) -> Any:
    """Return a value that can be written.

    Raises:
        UndefinedError: It is, or holds, what has no text of its own, such as a function or a generator.
    """
    seen: set[int] = set()
    waiting = list(_inside(value)) if _may_be_written(value) else []
    while waiting:
        part = waiting.pop()
        if isinstance(part, Undefined):
            str(part)  # a missing value says which it is
        if id(part) not in seen and _may_be_written(part):
            seen.add(id(part))
            waiting += _inside(part)
    return value


def _may_be_written(value: Any) -> bool:
    if isinstance(value, (str, int, float, Undefined)):
        return True
    kind: Any = type(value)
    has_no_text = kind.__repr__ is object.__repr__ and kind.__str__ is object.__str__
    is_inner = kind.__module__.startswith("jinja2.") and not isinstance(value, tuple)
    if has_no_text or is_inner or callable(value) or isinstance(value, Iterator):
        raise UndefinedError(f"{getattr(value, '__name__', kind.__name__)!r} is not a value")
    return True


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return (*value, *value.values())
    return value if isinstance(value, (list, tuple, set, frozenset)) else ()


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that takes values with a text alone, and gives a list where it would give a generator."""
    passed = 1 if hasattr(function, "jinja_pass_arg") else 0

    @functools.wraps(function)
    def filtered(*args: Any, **kwargs: Any) -> Any:
        for value in (*args[passed:], *kwargs.values()):
            with_text(value)
        found = function(*args, **kwargs)
        return with_text(list(found) if isinstance(found, Iterator) else found)

    return filtered


def _name(part: nodes.Node) -> str:
    """Return what a part of a prompt is called, as it is written there where it has a name."""
    called = part.node if isinstance(part, nodes.Call) else part
    return getattr(called, "name", "") or type(part).__name__.lower()
