"""Validates the stated fields of a class as its author wrote it, whether or not other fields are missing.

Pydantic validates whole objects. In a dialogue most objects are incomplete, so the fields are taken out of the
class and validated with its config and their own validators; rules of the whole class wait until it is complete.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.schema.classes.class_fields import ClassFields
from byok_widgets.schema.mismatch import Location, MismatchError, mismatch_of
from byok_widgets.schema.root_result import RootResult, json_text
from byok_widgets.secrets import redact


@dataclass(frozen=True)
class Names:
    """The names of a class's fields.

    Attributes:
        of_fields: The attribute of each field, by its name on the wire.
        required: The fields without which there is no object.
        nullable: Required fields for which null is a value.
    """

    of_fields: Mapping[str, str]
    required: Collection[str]
    nullable: Collection[str]


class ClassChecker:
    """Validates values against a class."""

    def __init__(
        self, adapter: Any, fields: ClassFields, names: Names, others: Mapping[str, Any] | None = None
    ) -> None:
        """Create the check, with values under names that no field has, which fit and which the class keeps."""
        self._adapter = adapter
        self._fields = fields
        self._names = names
        self._strict = not (fields.reading_first or fields.rules_read_first)
        self._by_name = _by_name()
        self._others = others or {}

    def __call__(self, said: Mapping[str, Any]) -> RootResult:
        """Validate the stated fields, and the whole once nothing required is missing."""
        problems, sound = _sound(said)
        is_complete = not problems and all(name in said for name in self._names.required)
        early = self._strict or self._fields.rules_read_first
        whole = self._whole(sound) if is_complete and early else None
        if whole is not None and whole.record is not None:
            return whole
        values, wrong, waits = self._stated({self._names.of_fields[name]: value for name, value in sound.items()})
        of_attributes = {attribute: name for name, attribute in self._names.of_fields.items()}
        stated = {of_attributes[attribute]: value for attribute, value in values.items()}
        problems |= {of_attributes[attribute]: problem for attribute, problem in wrong.items()}
        if problems or not is_complete:
            placed: dict[Location, str] = {(name,): problem for name, problem in problems.items()}
            waits = waits or (self._fields.has_rules and not is_complete)
            return RootResult(None, stated, placed, pending=waits)
        whole = whole or self._whole(sound)
        if whole.record is not None:
            return whole
        kept = {name: value for name, value in stated.items() if not whole.problems_in(name)}
        return RootResult(None, kept, whole.problems)

    def beside(self, others: Mapping[str, Any]) -> ClassChecker:
        """Return the same check for an answer with these values under names that no field has."""
        if not self._fields.takes_others:
            return self
        bad = self.unknown({}, others)
        kept = {name: value for name, value in others.items() if name not in bad}
        return ClassChecker(self._adapter, self._fields, self._names, kept)

    def unknown(self, said: Mapping[str, Any], unknown: Mapping[str, Any]) -> dict[str, str]:
        """Return what is wrong with values under names that no field has: the class may forbid them."""
        del said
        if self._fields.forbids_others:
            return dict.fromkeys(unknown, "the class has no such field")
        if not self._fields.takes_others:
            return {}
        found = {name: self._wrong_with(value) for name, value in unknown.items()}
        return {name: problem for name, problem in found.items() if problem}

    def _wrong_with(self, other: Any) -> str:
        from pydantic import ValidationError

        try:
            self._fields.other.validate_json(json_text(other), strict=self._strict or None, **self._by_name)
        except ValidationError as error:
            return str(mismatch_of(other, error))
        except Exception as error:  # noqa: BLE001 - a class's own validators may raise anything
            return describe_exception(error)
        return ""

    def one(self, name: str, value: Any) -> Any:
        """Validate the value of one field.

        Raises:
            MismatchError: It does not fit.
        """
        json_text(value)
        attribute = self._names.of_fields[name]
        from pydantic import ValidationError

        try:
            return self._alone(attribute, value, {})[0]
        except ValidationError as error:
            mismatch = mismatch_of({attribute: value}, error)
        except Exception as error:  # noqa: BLE001 - a class's own validators may raise anything
            mismatch = MismatchError(describe_exception(error))
        raise MismatchError(str(mismatch), [(place[1:], words) for place, words in mismatch.found])

    def _whole(self, said: Mapping[str, Any]) -> RootResult:
        from pydantic import ValidationError

        given = {**dict.fromkeys(self._names.nullable), **self._others, **said}
        try:
            record = self._adapter.validate_json(json_text(given), strict=self._strict or None, **self._by_name)
        except ValidationError as error:
            found = _by_place(error, self._names.of_fields, said)
            return RootResult(problems={(name,) if name else (): problem for name, problem in found.items()})
        except Exception as error:  # noqa: BLE001 - a class's own validators may raise anything
            return RootResult(problems={(): describe_exception(error)})
        values = self._fields.values_of(record)
        return RootResult(record, {name: values[self._names.of_fields[name]] for name in said})

    def _stated(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str], bool]:
        """Return the typed values by attribute, what is wrong with the others, and whether a validator waits."""
        from pydantic import ValidationError

        left, problems = dict(given), dict[str, str]()
        while left:
            try:
                values = self._run(left)
            except ValidationError as error:
                wrong = self._surely_wrong(
                    {name: words for name, words in _by_place(error, left, left).items() if name}
                )
            except Exception:  # noqa: BLE001 - a class's own validators may raise anything
                wrong = {}
            else:
                return {name: values[name] for name in left}, problems, False
            if not wrong:
                values, wrong, waits = self._one_by_one(left)
                return values, problems | wrong, waits
            problems |= wrong
            left = {name: value for name, value in left.items() if name not in wrong}
        return {}, problems, False

    def _run(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Validate strictly; a field whose own code reads first is validated as the class would do it."""
        from pydantic import ValidationError

        text, validator = json_text(given), self._fields.validator
        try:
            return dict(validator.validate_json(text, strict=True, **self._by_name))
        except ValidationError as error:
            wrong = {str(found["loc"][0]) for found in error.errors(include_url=False) if found["loc"]}
            first = [name for name in given if name in wrong and name not in self._fields.reading_first]
            if first:
                raise
        return dict(validator.validate_json(text, **self._by_name))

    def _surely_wrong(self, wrong: dict[str, str]) -> dict[str, str]:
        """Return what is wrong without the fields that were not yet validated as the class would do it."""
        sure = {name: words for name, words in wrong.items() if name not in self._fields.reading_first}
        return sure or wrong

    def _one_by_one(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str], bool]:
        from pydantic import ValidationError

        values, problems, sound, waits = dict[str, Any](), dict[str, str](), dict[str, Any](), False
        for name, value in given.items():
            try:
                values[name], is_open = self._alone(name, value, sound)
                waits = waits or is_open
            except ValidationError as error:
                problems[name] = next(iter(_by_place(error, [name], [name]).values()))
            except Exception as error:  # noqa: BLE001 - as above
                problems[name] = describe_exception(error)
            else:
                sound[name] = value
        return values, problems, waits

    def _alone(self, name: str, value: Any, sound: Mapping[str, Any]) -> tuple[Any, bool]:
        """Validate one field beside sound ones; by its type alone where its validator waits for a missing one."""
        try:
            return self._run({**sound, name: value})[name], False
        except KeyError as error:
            if error.args[0] in sound or error.args[0] not in self._fields.aliases:
                raise
        return self._fields.bare(name).validate_json(json_text(value), strict=True, **self._by_name), True


def _sound(said: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return what is no JSON, and the rest."""
    problems, sound = dict[str, str](), dict[str, Any]()
    for name, value in said.items():
        try:
            json_text(value)
        except ValueError as error:
            problems[name] = str(error)
        else:
            sound[name] = value
    return problems, sound


def _by_place(error: Any, names: Collection[str], said: Collection[str]) -> dict[str, str]:
    """Return what is wrong by field; under `""`, what belongs to none that is stated."""
    problems: dict[str, str] = {}
    for found in error.errors(include_url=False, include_input=False):
        name, *inside = map(str, found["loc"] or [""])
        if name in said or found["type"] != "missing" or name not in names:
            place = name if name in said else ""
            problems.setdefault(place, redact(": ".join([*inside[-1:], found["msg"]])))
    return problems


def _by_name() -> dict[str, bool]:
    """Return the arguments with which names are read as well as aliases, where pydantic has them."""
    from pydantic import VERSION

    major, minor = map(int, _numbers(VERSION))
    return {"by_alias": True, "by_name": True} if (major, minor) >= (2, 11) else {}


def _numbers(version: str) -> Iterator[str]:
    yield from version.split(".")[:2]
