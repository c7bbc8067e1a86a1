"""The filters of prompts: Jinja2's, for values that read like language, and bounded in what they return."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from jinja2 import Undefined, pass_eval_context
from jinja2.exceptions import FilterArgumentError
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.filters import make_attrgetter
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from byok_widgets.display.value_words import in_words
from byok_widgets.foreign_exceptions import text_of_exception
from byok_widgets.templates.filter_names import FILTERS, OF_TEXTS
from byok_widgets.templates.lookup import FilterUseError, part_of, with_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOTHING_FOUND = object()
"""What a filter returns that finds nothing, such as the first entry of an empty list."""
MAX_CHARS = 1_000_000
"""Longest text that a filter returns, in characters."""
_MAX_ARGUMENT = 10_000
_MAX_INDENT = 16


class TooLongError(FilterUseError):
    """What a filter would return is too long."""


def apply(name: str, value: Any, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """Return what a filter makes of a value, or `NOTHING_FOUND`.

    Raises:
        NoTextError: It is given what has no text.
        FilterUseError: It does not take these arguments, or the result would be too long.
        Exception: The code of a value fails.
    """
    own = _environment()
    found = own.call_filter(name, value, list(args), dict(named), context=Context(own, {}, None, {}))
    if isinstance(found, Undefined):
        return NOTHING_FOUND
    return str(found) if isinstance(found, str) else found


class _Environment(ImmutableSandboxedEnvironment):
    """What filters look up parts and other filters in."""

    def getitem(self, obj: Any, argument: Any) -> Any:
        return part_of(obj, argument, self.undefined(obj=obj, name=argument))

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)


@cache
def _environment() -> _Environment:
    own = _Environment()
    own.globals.clear()
    given = {name: JINJA_FILTERS[name] for name in FILTERS & JINJA_FILTERS.keys()}
    given |= {name: _of_words(given[name]) for name in OF_TEXTS}
    given |= {"join": _join, "indent": _indent, "replace": _replace, "tojson": _as_json, "raw": _as_json}
    own.filters = {name: _bounded(name, function) for name, function in given.items()}
    return own


def _bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that takes values with a text and moderate numbers alone, and gives no generator."""
    passed = 1 if hasattr(function, "jinja_pass_arg") else 0

    @wraps(function)
    def bounded(*args: Any, **named: Any) -> Any:
        given = (*args[passed + 1 :], *named.values())
        for value in (args[passed], *given):
            with_text(value)
        if any(isinstance(value, (int, float)) and abs(value) > _MAX_ARGUMENT for value in given):
            raise TooLongError(f"a filter takes no number over {_MAX_ARGUMENT:,}")
        found = _called(name, function, args, named)
        found = _stated_entries(found) if isinstance(found, Iterator) else found
        _limited(len(found) if isinstance(found, str) else 0)
        return with_text(found) if not isinstance(found, Undefined) else found

    return bounded


def _called(name: str, function: Callable[..., Any], args: Sequence[Any], named: Mapping[str, Any]) -> Any:
    try:
        return function(*args, **named)
    except (AssertionError, FilterArgumentError) as error:
        problem = f"{name} does not take this: {text_of_exception(error)}"
    except TypeError:
        problem = f"{name} does not take these arguments"
    raise FilterUseError(problem)


def _stated_entries(entries: Iterator[Any]) -> Any:
    """Return a list, in which what is missing is not stated; a missing value if all of them are."""
    found = list(entries)
    missing = [entry for entry in found if isinstance(entry, Undefined)]
    if missing and len(missing) == len(found):
        return missing[0]
    return [None if isinstance(entry, Undefined) else entry for entry in found] if missing else found


def _limited(chars: int) -> None:
    if chars > MAX_CHARS:
        raise TooLongError(f"the text would be longer than {MAX_CHARS:,} characters")


def _of_words(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def of_words(*args: Any, **named: Any) -> Any:
        at = 1 if hasattr(function, "jinja_pass_arg") else 0
        return function(*args[:at], _words(args[at]), *args[at + 1 :], **named)

    return of_words


def _words(value: Any) -> str:
    if isinstance(value, Undefined):
        return in_words(None)
    return value if type(value) is str else in_words(value)


@pass_eval_context
def _join(eval_ctx: Any, value: Any, d: str = "", attribute: str | int | None = None) -> str:
    """Join the entries of a list, each in words."""
    entries = value if attribute is None else map(make_attrgetter(eval_ctx.environment, attribute), value)
    said = [_words(entry) for entry in entries]
    _limited(sum(map(len, said)) + len(said) * len(str(d)))
    return str(d).join(said)


def _indent(value: Any, width: int | str = 4, first: Any = None, blank: Any = None) -> str:
    """Indent the lines of a text but for the first."""
    text, margin = _words(value), width if isinstance(width, str) else " " * width
    _limited(len(text) + len(margin) * (text.count("\n") + 1))
    lines = text.split("\n")
    rest = [f"{margin}{line}" if line or blank else line for line in lines[1:]]
    return "\n".join([f"{margin}{lines[0]}" if first else lines[0], *rest])


def _replace(value: Any, old: Any, new: Any, count: int | None = None) -> str:
    """Replace parts of a text."""
    text, old, new = _words(value), _words(old), _words(new)
    _limited(len(text) + (text.count(old) if old else len(text) + 1) * len(new))
    return text.replace(old, new, -1 if count is None else count)


def _as_json(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON: the raw form, for programs."""
    from pydantic_core import to_jsonable_python

    plain = to_jsonable_python(value, fallback=str)
    return json.dumps(plain, ensure_ascii=False, indent=None if indent is None else min(indent, _MAX_INDENT))
