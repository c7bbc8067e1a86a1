"""Checks an object field by field and part by part, and then as a whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from byok_widgets.schema.bad_items import bad_items
from byok_widgets.schema.fields import FieldSpec
from byok_widgets.schema.mismatch import MismatchError
from byok_widgets.schema.parts import Part, Reader, walk
from byok_widgets.schema.reading.json_reading import Unreadable, plain_json
from byok_widgets.schema.root_result import RootResult
from byok_widgets.schema.shape import Shape
from byok_widgets.schema.values.losses import refuse_losses
from byok_widgets.secrets import redact_quotes
from byok_widgets.secrets.quoting import as_given

Expected = dict[str, str]
"""For each path that does not fit, what was expected there."""

_SHOWN_CHARS = 60
_MAX_ROUNDS = 4
"""How often bad parts are taken out of a value; what does not fit then is invalid as a whole."""


@dataclass(frozen=True)
class CheckedField:
    """A field with its value.

    Attributes:
        part: What is known of it and of its parts.
        value: The typed value; `None` if there is none.
    """

    part: Part
    value: Any = None


def check_fields(
    specs: Iterable[FieldSpec],
    raw: Mapping[str, Any],
    whole: Callable[[Mapping[str, Any]], RootResult],
    reader: Reader | None = None,
    *,
    cut: Mapping[str, str],
) -> tuple[dict[str, CheckedField], RootResult]:
    """Return each field with its value, and what the check of the whole says about those that remain.

    Args:
        specs: The fields.
        raw: What the model wrote.
        whole: Looks at the JSON values of all stated fields together.
        reader: Reads single values; by default without a locale.
        cut: What is wrong with the fields whose values may be cut.
    """
    specs, reader = tuple(specs), reader or Reader()
    given = {spec.name: _given(raw, spec) for spec in specs}
    as_written = replace(reader, coerce=_as_written)
    first = {spec.name: as_written if spec.reads_first else reader for spec in specs}
    parts = {spec.name: _read(first[spec.name], spec, given[spec.name], cut.get(spec.name)) for spec in specs}
    second = {spec.name: _read(reader, spec, given[spec.name]) for spec in specs if spec.reads_first}
    for _ in range(_MAX_ROUNDS):
        result = whole(_values(parts))
        checked = {spec.name: _typed(spec, parts[spec.name], result) for spec in specs}
        rejected = {name: found for name, (_, found) in checked.items() if found}
        if not rejected:
            break
        for spec in specs:
            other = second.pop(spec.name, None) if spec.name in rejected else None
            if other is not None and other.is_taken and other.value != parts[spec.name].value:
                parts[spec.name], first[spec.name] = other, reader
            elif spec.name in rejected:
                field = _Field(spec, given[spec.name], first[spec.name], parts[spec.name])
                found = field.with_bad_items(rejected[spec.name], whole, _values(parts))
                parts[spec.name] = field.without(found)
    else:
        checked, result = _given_up(parts, rejected, checked), RootResult()
    return {name: CheckedField(parts[name], value) for name, (value, _) in checked.items()}, result


def _values(parts: Mapping[str, Part]) -> dict[str, Any]:
    return {name: part.value for name, part in parts.items() if part.value is not None}


@dataclass(frozen=True)
class _Field:
    """A field that does not fit.

    Attributes:
        spec: The field.
        given: What was written.
        reader: What it was read with.
        part: What was read.
    """

    spec: FieldSpec
    given: Any
    reader: Reader
    part: Part

    def without(self, found: Expected) -> Part:
        """Read it again without what does not fit."""
        known = {part.path: part.problem for part in self.part.walk() if part.problem}
        return _read(replace(self.reader, rejected={**found, **known}), self.spec, self.given)

    def with_bad_items(
        self, found: Expected, whole: Callable[[Mapping[str, Any]], RootResult], values: Mapping[str, Any]
    ) -> Expected:
        """Return what does not fit, with the items at fault in the place of a list whose rule is violated."""
        by_path = {part.path: part for part in self.part.walk()}
        return dict(
            each
            for path, problem in found.items()
            for each in self._at_fault(by_path.get(path, self.part), path, problem, whole, values)
        )

    def _at_fault(
        self,
        listed: Part,
        path: str,
        problem: str,
        whole: Callable[[Mapping[str, Any]], RootResult],
        values: Mapping[str, Any],
    ) -> Iterator[tuple[str, str]]:
        is_list = isinstance(listed.value, list) and not (listed.branch and listed.branch.places)
        items = [item for item in listed.inner if item.has_value] if is_list and listed.path == path else []

        def problem_of(kept: Collection[int]) -> str:
            part = self.without({item.path: problem for at, item in enumerate(items) if at not in kept})
            _, found = _typed(self.spec, part, whole({**values, self.spec.name: part.value}))
            return found.get(path, "") or next(iter(found.values()), "") if part.is_taken else problem

        faults = bad_items([item.value for item in items], problem_of)
        yield from ((items[at].path, words) for at, words in faults.items()) if faults else [(path, problem)]


def problems_of(fields: Iterable[tuple[FieldSpec, CheckedField]]) -> dict[str, str]:
    """Return what is wrong with each invalid part that has a problem of its own, by path."""
    return {
        part.path: problem_text(part.path, part.given, part.problem, spec.enum if part is checked.part else None)
        for spec, checked in fields
        for part in checked.part.walk()
        if part.problem
    }


def inner_problems(parts: Iterable[Part], problems: Mapping[str, str]) -> dict[str, str]:
    """Return, for each invalid part whose own parts have the problems, these in one text."""
    invalid = [part for part in walk(parts) if part.status == "invalid" and part.path not in problems]
    return {
        part.path: "; ".join(problems[each.path] for each in part.walk() if each.path in problems)
        for part in invalid
    }


def problem_text(path: str, given: Any, expected: str, allowed: Iterable[Any] | None) -> str:
    """Return what was expected and what was received."""
    words = "expected one of " + ", ".join(map(str, allowed)) if allowed else expected
    return redact_quotes(f"{path}: {words}; got {as_given(given, _SHOWN_CHARS)}")


def extras_of(parts: Iterable[Part]) -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of everything that its schema does not know."""
    for part in walk(parts):
        yield from ((inner.path, inner.given) for inner in part.inner if inner.is_extra)


def _given(raw: Mapping[str, Any], spec: FieldSpec) -> Any:
    """Return what was written for a field, under its name or another; nobody can tell which of two is meant."""
    given = [raw[name] for name in dict.fromkeys(spec.names) if raw.get(name) is not None]
    if all(value == given[0] for value in given):
        return given[0] if given else None
    shown = " and ".join(as_given(value, _SHOWN_CHARS) for value in given)
    return Unreadable("it is written under more than one name, with different values", shown)


def _as_written(value: Any, shape: Shape) -> Any:
    """Return a value for a field whose own code reads it before its type does.

    Raises:
        ValueError: The value cannot be trusted.
    """
    del shape
    if isinstance(value, Unreadable):
        raise ValueError(value.reason)  # noqa: TRY004 - the type of what was read, not of an argument
    return plain_json(value)


def _read(reader: Reader, spec: FieldSpec, given: Any, problem: str | None = None) -> Part:
    if problem:
        return Part(spec.name, spec.name, "invalid", given=given, problem=problem)
    try:
        return reader.read(given, spec.shape, spec.name)
    except (ValueError, RecursionError) as error:
        return Part(spec.name, spec.name, "invalid", given=given, problem=str(error))


def _typed(spec: FieldSpec, part: Part, whole: RootResult) -> tuple[Any, Expected]:
    """Return the typed value of a field, and for each path that does not fit what was expected there."""
    if not part.is_taken:
        return None, {}
    try:
        value = whole.values[spec.name] if spec.name in whole.values else spec.convert(part.value)
        refuse_losses(part.value, value)
    except MismatchError as error:
        return None, {part.at(location): problem for location, problem in reversed(error.found)}
    except (ValueError, TypeError, RecursionError) as error:
        return None, {spec.name: str(error)}
    found = {} if spec.name in whole.values else whole.problems_in(spec.name)
    return (None, {part.at(place): problem for place, problem in found.items()}) if found else (value, {})


def _given_up(
    parts: dict[str, Part],
    rejected: Mapping[str, dict[str, str]],
    checked: Mapping[str, tuple[Any, dict[str, str]]],
) -> dict[str, tuple[Any, dict[str, str]]]:
    for name, found in rejected.items():
        parts[name] = replace(
            parts[name], status="invalid", problem=next(iter(found.values())), value=None, has_value=False
        )
    return {name: (None if name in rejected else value, {}) for name, (value, _) in checked.items()}
