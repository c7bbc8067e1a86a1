"""The validator of JSON Schemas: that of `jsonschema`, with patterns that take a bounded time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from byok_widgets.schema.formats import format_checker
from byok_widgets.schema.multiples import multiple_of
from byok_widgets.schema.patterns import PatternTimeoutError, matches

Rule = Callable[..., Iterator[Any]]


@cache
def json_checker() -> Any:
    """Return the validator class."""
    import jsonschema

    rules: dict[str, Rule] = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    own = {name: _in_time(rule) for name, rule in rules.items()}
    own["multipleOf"] = multiple_of
    return jsonschema.validators.extend(jsonschema.Draft202012Validator, own, format_checker=format_checker())


def _in_time(rule: Rule) -> Rule:
    """Return a rule that is broken where nobody can tell in time whether it is kept."""

    def in_time(*arguments: Any) -> Iterator[Any]:
        import jsonschema

        try:
            yield from rule(*arguments)
        except PatternTimeoutError as error:
            yield jsonschema.ValidationError(str(error))

    return in_time


def _pattern(checker: Any, pattern: str, value: Any, schema: Any) -> Iterator[Any]:
    import jsonschema

    del schema
    if checker.is_type(value, "string") and not matches(pattern, value):
        yield jsonschema.ValidationError(f"{value!r} does not match {pattern!r}")


def _pattern_properties(checker: Any, patterns: Mapping[str, Any], value: Any, schema: Any) -> Iterator[Any]:
    del schema
    if not checker.is_type(value, "object"):
        return
    for pattern, part in patterns.items():
        for name, entry in value.items():
            if matches(pattern, name):
                yield from checker.descend(entry, part, path=name, schema_path=pattern)


def _additional_properties(checker: Any, allowed: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    import jsonschema

    if not checker.is_type(value, "object"):
        return
    patterns = schema.get("patternProperties", {})
    known = schema.get("properties", {})
    extras = [name for name in value if name not in known and not any(matches(one, name) for one in patterns)]
    if checker.is_type(allowed, "object"):
        for name in extras:
            yield from checker.descend(value[name], allowed, path=name)
    elif not allowed and extras:
        names = ", ".join(map(repr, extras))
        yield jsonschema.ValidationError(f"Additional properties are not allowed ({names})")
