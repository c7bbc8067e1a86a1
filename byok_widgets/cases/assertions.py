"""Assertions: what must hold of an output besides the expected values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from byok_widgets.cases.code_version import code_version
from byok_widgets.cases.fields import hint_at
from byok_widgets.errors import ConfigError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.secrets.quoting import as_given

Function = Callable[[Mapping[str, Any]], Any]
"""Gets `text`, `values` and `path` of an output, and returns whether all is well."""

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
_MISSING = object()
KINDS = ("contains", "excludes", "json_path", "function", "judge")
JUDGED = "judged"
"""Where the answers of a judge stand in an output."""


class Question(NamedTuple):
    """A question for a judge.

    Attributes:
        text: What is asked.
        turn: Number of the turn that it is about; `None` for the whole.
    """

    text: str
    turn: int | None = None


@dataclass(frozen=True)
class Assertion:
    """One thing that must hold of an output.

    Attributes:
        kind: `contains`, `excludes`, `json_path`, `function` or `judge`.
        what: The text, the path, the name of the function, or the question for the judge.
        equals: The value that stands at a path.
        function: The function.
        version: Changes when the function's code does.
    """

    kind: str
    what: str
    equals: Any = None
    function: Function | None = field(default=None, compare=False)
    version: str = ""

    @property
    def name(self) -> str:
        """The assertion in words."""
        return f"{self.kind} {self.what}"

    @property
    def variable(self) -> str:
        """The variable that its path begins with; empty without a path."""
        steps = _STEP.findall(self.what.removeprefix("$")) if self.kind == "json_path" else ()
        return next((name for name, _ in steps), "")

    def holds(self, output: Mapping[str, Any], turn: int | None = None) -> bool:
        """Return whether it holds of an output, or of one turn of it.

        Args:
            output: The outcome of the case or of the turn, with the answers of a judge.
            turn: Number of the turn; `None` for the whole.

        Raises:
            ConfigError: The function failed.
        """
        text = str(output.get("text") or "")
        if self.kind == "contains":
            return self.what.casefold() in text.casefold()
        if self.kind == "excludes":
            return self.what.casefold() not in text.casefold()
        if self.kind == "judge":
            return answered(output, Question(self.what, turn)) is True
        if self.kind == "json_path":
            return bool(_at(output.get("values") or {}, self.what) == self.equals)
        return self._called(output)

    def _called(self, output: Mapping[str, Any]) -> bool:
        try:
            return bool(self.function(dict(output))) if self.function else False
        except Exception as error:  # noqa: BLE001 - a person's function may raise anything
            problem = describe_exception(error)
        raise ConfigError(f"The assertion {self.what!r} failed: {problem}.", kind="assertion", fix="Correct it.")


def read_assertion(given: Any, functions: Mapping[str, Function]) -> Assertion:
    """Return an assertion from its form in a file.

    Args:
        given: Such as `{"contains": "Tuesday"}`, `{"json_path": "home.city", "equals": "Rome"}` or
            `{"function": "is_polite"}` or `{"judge": "Is the answer polite?"}`.
        functions: The functions by their names.

    Raises:
        ValueError: It has no such form; the message says what is wrong.
    """
    if not isinstance(given, Mapping):
        expected = "a mapping such as {'contains': 'Tuesday'}"
        raise ValueError(f"an assertion is {expected}, not {as_given(given)}")  # noqa: TRY004
    kinds = [kind for kind in KINDS if kind in given]
    extra = set(given) - set(kinds) - ({"equals"} if kinds == ["json_path"] else set())
    if len(kinds) != 1 or extra:
        unknown = next((name for name in given if name not in (*KINDS, "equals")), "")
        raise ValueError(f"{as_given(dict(given))} is not an assertion; {hint_at(unknown, KINDS)}")
    (kind,), what = kinds, given[kinds[0]]
    if not isinstance(what, str) or not what:
        raise ValueError(f"{kind} needs a text, not {as_given(what)}")
    if kind == "json_path" and "equals" not in given:
        raise ValueError(f"json_path {as_given(what)} needs the value that stands there: equals")
    if kind == "function" and what not in functions:
        raise ValueError(f"there is no function {as_given(what)} in functions={{...}}; {hint_at(what, functions)}")
    function = functions.get(what) if kind == "function" else None
    return Assertion(kind, what, given.get("equals"), function, code_version(function))


def question_of(entry: Mapping[str, Any]) -> Question:
    """Return the question that an entry among the answers of a judge is about."""
    return Question(entry["question"], entry.get("turn"))


def answered(output: Mapping[str, Any], question: Question) -> bool | None:
    """Return what a judge answered to a question; `None` where it was not asked, or did not answer."""
    entries = (entry for entry in output.get(JUDGED) or () if question_of(entry) == question)
    return next((entry.get("holds") for entry in entries), None)


def _at(values: Any, path: str) -> Any:
    """Return what stands at a path such as `$.rows[2].price`; an object of its own where there is nothing."""
    found = json.loads(json.dumps(values, default=str))
    for name, index in _STEP.findall(path.removeprefix("$")):
        try:
            found = found[int(index)] if index else found[name]
        except (KeyError, IndexError, TypeError):
            return _MISSING
    return found
