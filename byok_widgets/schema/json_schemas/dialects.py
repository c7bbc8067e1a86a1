"""The drafts of JSON Schema, and how each is written in the newest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from byok_widgets.errors import SchemaError
from byok_widgets.schema.json_schemas.plain_schemas import is_surely_valid
from byok_widgets.schema.json_schemas.schema_refs import NOTES, Json
from byok_widgets.secrets.quoting import as_given

NEWEST = "https://json-schema.org/draft/2020-12/schema"
_URIS = {
    "4": "http://json-schema.org/draft-04/schema#",
    "6": "http://json-schema.org/draft-06/schema#",
    "7": "http://json-schema.org/draft-07/schema#",
    "2019-09": "https://json-schema.org/draft/2019-09/schema",
    "2020-12": NEWEST,
}
_NAMED = re.compile(r"draft[-/]0?(\d{4}-\d\d|\d)")
_LATEST = re.compile(r"^https?://json-schema\.org/schema/?#?$|openapis?\.org/")
_SINCE_2019 = frozenset(
    {"dependentRequired", "dependentSchemas", "maxContains", "minContains", "prefixItems", "unevaluatedItems"}
    | {"unevaluatedProperties"}
)
_SINCE_7 = _SINCE_2019 | {"if", "then", "else"}
_LATER = {"4": _SINCE_7 | {"const", "contains", "propertyNames"}, "6": _SINCE_7, "7": _SINCE_2019}
_GUESSED = ("2020-12", "7", "4")
"""Without `$schema`, the first of these that a schema is valid in."""


@dataclass(frozen=True)
class Dialect:
    """One draft.

    Attributes:
        name: Such as `7` or `2020-12`.
        is_sure: Whether the schema named it itself.
    """

    name: str
    is_sure: bool = True

    @property
    def specification(self) -> Any:
        """What identifies and anchors parts in this draft."""
        from referencing.jsonschema import specification_with

        return specification_with(_URIS[self.name])

    def problem_of(self, schema: Json) -> Any:
        """Return an error of `jsonschema` that says why a schema is not valid in this draft; `None` if it is."""
        if self.name == "2020-12" and is_surely_valid(schema):
            return None
        from byok_widgets.schema.json_schemas.library import jsonschema

        checker = jsonschema.validators.validator_for({"$schema": _URIS[self.name]})
        try:  # whether patterns can be used is another question
            checker.check_schema(schema, format_checker=jsonschema.FormatChecker(formats=()))
        except jsonschema.SchemaError as error:
            return error
        return None

    def upgraded(self, part: Json) -> dict[str, Any]:
        """Return one part, whose inner parts stay as they are, with the keywords of the newest draft."""
        later = _LATER.get(self.name, ()) if self.is_sure else ()
        rules = {key: rule for key, rule in part.items() if key not in later}
        is_old = self.name in _LATER
        if is_old and isinstance(rules.get("$ref"), str):
            return {key: rule for key, rule in rules.items() if key in NOTES or key == "$ref"}
        if self.name == "4":
            _bounds_as_numbers(rules)
        if self.name != "2020-12":
            _tuples(rules)
        if is_old or not self.is_sure:
            _dependencies(rules)
        return rules


def dialect_of(schema: Json) -> Dialect:
    """Return the draft that a schema is written in.

    Raises:
        SchemaError: It names a draft that is not known.
    """
    named = schema.get("$schema")
    if named is None:
        guessed = (name for name in _GUESSED if Dialect(name).problem_of(schema) is None)
        return Dialect(next(guessed, _GUESSED[0]), is_sure=False)
    found = _NAMED.search(str(named))
    if found and found.group(1) in _URIS:
        return Dialect(found.group(1))
    if _LATEST.search(str(named)):
        return Dialect("2020-12")
    raise SchemaError(
        f"The schema is written in {as_given(named)}, which is not known.",
        fix=f'Leave out $schema, or write "$schema": "{NEWEST}".',
    )


def _bounds_as_numbers(rules: dict[str, Any]) -> None:
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        is_exclusive = rules.get(exclusive)
        if isinstance(is_exclusive, bool):
            del rules[exclusive]
            if is_exclusive and bound in rules:
                rules[exclusive] = rules.pop(bound)


def _tuples(rules: dict[str, Any]) -> None:
    rest = rules.pop("additionalItems", None)
    if isinstance(rules.get("items"), (list, tuple)):
        rules["prefixItems"] = rules.pop("items")
        rules |= {} if rest is None else {"items": rest}


def _dependencies(rules: dict[str, Any]) -> None:
    found = rules.pop("dependencies", None)
    if not isinstance(found, Mapping):
        return
    required = {name: needed for name, needed in found.items() if isinstance(needed, (list, tuple))}
    schemas = {name: needed for name, needed in found.items() if name not in required}
    if required:
        rules["dependentRequired"] = {**required, **rules.get("dependentRequired", {})}
    if schemas:
        rules["dependentSchemas"] = {**schemas, **rules.get("dependentSchemas", {})}
