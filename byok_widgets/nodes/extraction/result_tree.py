"""An extraction as a tree: its fields with their parts, each with value, status and evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from byok_widgets.display.shortening import in_part
from byok_widgets.grounding.evidence import MARK_WORDS, Evidence, Mark
from byok_widgets.nodes.extraction.status import STATUS_WORDS, Status, not_supported
from byok_widgets.nodes.value_display import shown_value
from byok_widgets.schema.paths import paths_below, steps_below

_INDENT = "\u2003"
_NO_VALUE = "–"


class Result(Protocol):
    """What of an extraction is shown."""

    @property
    def values(self) -> Mapping[str, Any]:
        """Value of each field."""

    @property
    def status(self) -> Mapping[str, Status]:
        """Status of each field, and by its path of each part."""

    @property
    def parts(self) -> Mapping[str, Status]:
        """Status of each part."""

    @property
    def stated(self) -> Mapping[str, Any]:
        """What was stated of each part without parts of its own."""

    @property
    def problems(self) -> Mapping[str, str]:
        """What is wrong."""

    @property
    def rejected(self) -> Mapping[str, Any]:
        """What was not taken."""

    @property
    def grounding(self) -> Mapping[str, Mark]:
        """How well the dialogue supports each value."""

    @property
    def evidence(self) -> Mapping[str, Evidence]:
        """Where each value was said."""


class Row(NamedTuple):
    """One line of the tree.

    Attributes:
        label: Name of the field, or the last step to a part, indented.
        value: The value in words.
        status: How reliable it is, in words.
        said: Where it was said; empty if it was not.
    """

    label: str
    value: str
    status: str
    said: str


def rows(result: Result) -> list[Row]:
    """Return the fields of a result, each before its parts."""
    return [_row(result, path) for name in result.values for path in (name, *paths_below(name, result.parts))]


def _row(result: Result, path: str) -> Row:
    steps = steps_below(path)
    label = f"{_INDENT * len(steps)}{steps[-1].lstrip('.')}" if steps else path
    value = result.values[path] if path in result.values else result.stated.get(path)
    return Row(
        label, _NO_VALUE if value is None else shown_value(value), _status(result, path), _said(result, path)
    )


def _status(result: Result, path: str) -> str:
    if path in result.problems:
        return result.problems[path]
    if path in result.rejected:
        return f"{STATUS_WORDS['not_stated']}: {not_supported(result.rejected[path])}"
    status = result.status[path]
    mark = result.grounding.get(path, "said")
    is_hint = status == "found" and mark in ("not_literal", "unchecked")
    return f"{STATUS_WORDS[status]}, {MARK_WORDS[mark]}" if is_hint else STATUS_WORDS[status]


def _said(result: Result, path: str) -> str:
    evidence = result.evidence.get(path)
    return "" if evidence is None else in_part(str(evidence))
