"""The validator of JSON Schemas: that of `jsonschema`, with linear patterns and a bounded amount of work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from byok_widgets.schema.json_schemas.equal_values import enum, unique_items
from byok_widgets.schema.json_schemas.evaluated_names import evaluated_names
from byok_widgets.schema.json_schemas.formats import format_checker
from byok_widgets.schema.json_schemas.multiples import multiple_of
from byok_widgets.schema.json_schemas.patterns import matches
from byok_widgets.schema.json_schemas.work import bounded_work, spend

Rule = Callable[..., Iterator[Any]]

_COUNTED = ("$ref", "allOf", "anyOf", "oneOf", "not")

_CONDITIONS = "byok_conditions"


def errors_of(checker: Any, value: Any) -> list[Any]:
    """Return all violations in a value.

    Raises:
        TooMuchWorkError: It takes more than `MAX_STEPS`.
    """
    with bounded_work():
        return list(checker.iter_errors(value))


def conditions_of(error: Any) -> list[tuple[Any, int]]:
    """Return the conditions (`if`) under which a rule was violated, each with the depth of the value below it."""
    return getattr(error, _CONDITIONS, [])


@cache
def json_checker() -> Any:
    """Return the validator class."""
    from byok_widgets.schema.json_schemas.library import jsonschema

    usual = jsonschema.Draft202012Validator
    own: dict[str, Rule] = {
        "enum": enum,
        "uniqueItems": unique_items,
        "pattern": _pattern,
        "properties": _properties,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "propertyNames": _property_names,
        "unevaluatedProperties": _unevaluated_properties,
    }
    own["if"] = _conditional(usual.VALIDATORS["if"])
    own["multipleOf"] = multiple_of
    counted = {name: _counted(usual.VALIDATORS[name]) for name in _COUNTED}
    return jsonschema.validators.extend(usual, {**counted, **own}, format_checker=format_checker())


def is_loaded() -> bool:
    """Whether the validator is there; with some of its extras, importing `jsonschema` takes seconds."""
    return json_checker.cache_info().currsize > 0


def _counted(rule: Rule) -> Rule:
    """Return a rule that ends the check where too much was done already."""

    def counted(*arguments: Any) -> Iterator[Any]:
        spend(1)
        yield from rule(*arguments)

    return counted


def _conditional(rule: Rule) -> Rule:
    """Return the rule `if`, whose errors know the condition."""

    def conditional(checker: Any, condition: Any, value: Any, schema: Any) -> Iterator[Any]:
        for error in rule(checker, condition, value, schema):
            setattr(error, _CONDITIONS, [*conditions_of(error), (condition, len(error.path))])
            yield error

    return _counted(conditional)


def _pattern(checker: Any, pattern: str, value: Any, schema: Any) -> Iterator[Any]:
    from byok_widgets.schema.json_schemas.library import jsonschema

    del schema
    if checker.is_type(value, "string") and not matches(pattern, value):
        yield jsonschema.ValidationError(f"{value!r} does not match {pattern!r}")


def _properties(checker: Any, parts: Mapping[str, Any], value: Any, schema: Any) -> Iterator[Any]:
    del schema
    if checker.is_type(value, "object"):
        for name in (name for name in parts if name in value):
            yield from _entry(checker, value[name], parts[name], name)


def _entry(checker: Any, entry: Any, part: Any, name: str) -> Iterator[Any]:
    """Yield what is wrong with a property; `jsonschema` loses the path of one that is forbidden."""
    from byok_widgets.schema.json_schemas.library import jsonschema

    if part is False:
        yield jsonschema.ValidationError(f"{name!r} is not allowed", path=[name])
    else:
        yield from checker.descend(entry, part, path=name, schema_path=name)


def _pattern_properties(checker: Any, patterns: Mapping[str, Any], value: Any, schema: Any) -> Iterator[Any]:
    del schema
    if not checker.is_type(value, "object"):
        return
    for pattern, part in patterns.items():
        for name, entry in value.items():
            if matches(pattern, name):
                yield from _entry(checker, entry, part, name)


def _additional_properties(checker: Any, allowed: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    if not checker.is_type(value, "object"):
        return
    patterns = schema.get("patternProperties", {})
    known = schema.get("properties", {})
    extras = [name for name in value if name not in known and not any(matches(one, name) for one in patterns)]
    yield from _further(checker, allowed, value, extras)


def _unevaluated_properties(checker: Any, allowed: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    if not checker.is_type(value, "object"):
        return
    beside = {key: rule for key, rule in schema.items() if key != "unevaluatedProperties"}
    known = evaluated_names(checker, value, beside)
    yield from _further(checker, allowed, value, [name for name in value if name not in known])


def _further(checker: Any, allowed: Any, value: Mapping[str, Any], extras: list[str]) -> Iterator[Any]:
    """Yield what is wrong with the properties that no other rule describes."""
    from byok_widgets.schema.json_schemas.library import jsonschema

    if checker.is_type(allowed, "object"):
        for name in extras:
            yield from checker.descend(value[name], allowed, path=name)
    elif not allowed:
        for name in extras:
            yield jsonschema.ValidationError(f"Additional properties are not allowed ({name!r})", path=[name])


def _property_names(checker: Any, allowed: Any, value: Any, schema: Any) -> Iterator[Any]:
    """Yield what is wrong with names, at their entries: a bad one costs that entry."""
    from byok_widgets.schema.json_schemas.library import jsonschema

    del schema
    for name in value if checker.is_type(value, "object") else ():
        for error in checker.descend(name, allowed):
            yield jsonschema.ValidationError(error.message, path=[name])
