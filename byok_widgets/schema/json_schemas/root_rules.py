"""The rules of a JSON Schema's root for several properties: conditions, dependencies, alternatives.

Some can be decided only once more is stated. They are pending until then: in a dialogue, a missing value is the
usual state and no fault.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from byok_widgets.schema.fields import FieldSpec
from byok_widgets.schema.json_schemas.alternatives import at_their_place
from byok_widgets.schema.json_schemas.canonical import Canonical
from byok_widgets.schema.json_schemas.json_checker import conditions_of, errors_of
from byok_widgets.schema.json_schemas.schema_refs import NOTES, unconditional
from byok_widgets.schema.json_schemas.work import TooMuchWorkError
from byok_widgets.schema.mismatch import Location
from byok_widgets.schema.root_result import RootResult
from byok_widgets.secrets.quoting import without_keys

_OF_FIELDS = NOTES | {"type", "properties", "required"}
_LACKS = frozenset({"dependentRequired", "minProperties", "required"})
"""Rules that only more properties can satisfy."""
_CHOICES = frozenset({"anyOf", "not", "oneOf"})


class RootRules:
    """Checks an object's stated properties together."""

    def __init__(
        self,
        given: Canonical,
        checker: Callable[[], Any],
        fields: Iterable[FieldSpec],
        nullable: Collection[str],
    ) -> None:
        """Create the check.

        Args:
            given: The schema.
            checker: Makes its validator.
            fields: The fields.
            nullable: The names of required properties for which null is a value.
        """
        root = unconditional(given.root, given.definitions)
        self._checker = checker
        self._required = frozenset(spec.name for spec in fields if spec.required)
        self._nulls = dict.fromkeys(nullable)
        self._are_few = root.keys() <= _OF_FIELDS
        self._has_conditions = not root.keys() <= _OF_FIELDS | {"additionalProperties", "patternProperties"}

    def __call__(self, said: Mapping[str, Any]) -> RootResult:
        """Return each violated rule with its place; that of the whole is `()`."""
        if self._are_few:
            return RootResult()
        try:
            errors = errors_of(self._checker(), {**self._nulls, **said})
        except TooMuchWorkError as failure:
            return RootResult(problems={(): str(failure)})
        missing = self._required - said.keys()
        broken, lacking, pending = dict[Location, str](), "", missing and self._has_conditions
        for error in at_their_place(errors):
            place = tuple(error.absolute_path)
            if missing and _is_open(error, said):
                continue
            if not place and error.validator in _LACKS:
                lacking = lacking or _words(error)
            else:
                broken.setdefault(place, _words(error))
        if lacking and () not in broken and not missing:
            return RootResult(problems={**broken, (): lacking}, lacks_only=True)
        return RootResult(problems=broken, pending=bool(pending))

    def unknown(self, said: Mapping[str, Any], unknown: Mapping[str, Any]) -> dict[str, str]:
        """Return what is wrong with values under names that no field has: forbidden, or not as they must be."""
        if self._are_few:
            return {}
        try:
            errors = errors_of(self._checker(), {**self._nulls, **said, **unknown})
        except TooMuchWorkError as failure:
            return dict.fromkeys(unknown, str(failure))
        found = {str(next(iter(error.absolute_path), "")): _words(error) for error in reversed(errors)}
        return {name: found[name] for name in unknown if name in found}


def _is_open(error: Any, said: Mapping[str, Any]) -> bool:
    """Whether more statements may satisfy a rule that is violated now."""
    depth = len(error.absolute_path)
    if not depth and error.validator in _LACKS:
        return True
    if not depth and error.validator in _CHOICES and _named(error.validator_value) - said.keys():
        return True
    conditions = (condition for condition, inside in conditions_of(error) if inside == depth)
    return any(_named(condition) - said.keys() for condition in conditions)


def _named(part: Any) -> set[str]:
    """Return the properties that a rule mentions."""
    if isinstance(part, (list, tuple)):
        return set[str]().union(*map(_named, part))
    if not isinstance(part, Mapping):
        return set()
    found = {*part.get("properties", ()), *part.get("required", ())}
    inner = [part.get(key, ()) for key in ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")]
    return found.union(*map(_named, inner))


def _words(error: Any) -> str:
    return without_keys(error.message, 200)
