"""What the providers' servers require of a schema, written independently of the code that follows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

ALLOWED = {
    "type",
    "enum",
    "anyOf",
    "items",
    "properties",
    "required",
    "additionalProperties",
    "description",
    "format",
}
BOUNDS = {
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "pattern",
    "minItems",
    "maxItems",
}
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
TYPES = {"string", "number", "integer", "boolean", "null", "object", "array"}
PYTHON_TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None)}
MAX_UNIONS = 16
MAX_OPTIONAL = 24


def parts_of(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the schema and everything inside it."""
    yield schema
    inside = [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), *schema.get("$defs", {}).values()]
    for part in [*inside, *([schema["items"]] if "items" in schema else [])]:
        yield from parts_of(part)


def openai_problems(root: Mapping[str, Any]) -> list[str]:
    """Return how a schema breaks the rules of OpenAI's strict mode."""
    problems = _problems(root, ALLOWED | BOUNDS)
    for part in parts_of(root):
        if "properties" in part and part["required"] != list(part["properties"]):
            problems.append(f"not all required: {part}")
    if sum(len(part.get("properties", ())) for part in parts_of(root)) > 5000:
        problems.append("more than 5000 properties")
    return problems


def anthropic_problems(root: Mapping[str, Any]) -> list[str]:
    """Return how a schema breaks the rules of Anthropic's structured output."""
    problems = _problems(root, ALLOWED)
    if unions(root) > MAX_UNIONS:
        problems.append(f"{unions(root)} parameters of several types")
    return problems


def unions(root: Mapping[str, Any]) -> int:
    """Return how many parts have several types."""
    return sum("anyOf" in part or isinstance(part.get("type"), list) for part in parts_of(root))


def _problems(root: Mapping[str, Any], allowed: set[str]) -> list[str]:
    problems = []
    if root.get("type") != "object" or "anyOf" in root:
        problems.append("the root is no object")
    for part in parts_of(root):
        if "$ref" in part:
            if set(part) != {"$ref"} or part["$ref"].removeprefix("#/$defs/") not in root["$defs"]:
                problems.append(f"bad reference: {part}")
            continue
        strange = set(part) - allowed - ({"$defs"} if part is root else set())
        problems += [f"{key} is not permitted: {part}" for key in strange]
        problems += _local_problems(part)
    return problems


def _local_problems(part: Mapping[str, Any]) -> Iterator[str]:
    types = [part["type"]] if isinstance(part.get("type"), str) else part.get("type", [])
    if not types and "anyOf" not in part:
        yield f"no type: {part}"
    if set(types) - TYPES or len(set(types)) != len(types):
        yield f"bad types: {part}"
    if ("object" in types) != ("properties" in part) or ("array" in types) != ("items" in part):
        yield f"type without its parts: {part}"
    if "object" in types and part.get("additionalProperties") is not False:
        yield f"an open object: {part}"
    if part.get("format", "date") not in FORMATS:
        yield f"unknown format: {part}"
    if "(?=" in part.get("pattern", "") or "(?!" in part.get("pattern", ""):
        yield f"lookaround: {part}"
    for value in part.get("enum", ()):
        if not any(isinstance(value, PYTHON_TYPES[name]) for name in types):
            yield f"a value of another type: {part}"
