"""What is wrong in the file of a flow, in plain words: where, what is expected, and what was found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from byok_widgets.graph.drawing import one_line
from byok_widgets.secrets import redact, redact_quotes

if TYPE_CHECKING:
    from jsonschema import ValidationError

Schema = Mapping[str, Any]

_SHOWN_CHARS = 60
_THINGS = {"nodes": "node", "edges": "edge", "examples": "example", "dialogue": "message"}
_TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def in_words(error: ValidationError, document: object) -> str:
    """Return an error of the file's schema in words; a key in it is redacted."""
    place = _place(list(error.absolute_path), document) or "the file"
    if error.validator == "required":
        name = next(name for name in error.validator_value if name not in error.instance)
        schema = error.schema["properties"][name]
        said = f'{place} has no "{name}"; it must be {_expected(schema)}{_about(schema)}'
    elif error.validator == "not":
        both = " and ".join(f'"{name}"' for name in error.validator_value["required"])
        said = f"{place} has both {both}; keep one of them"
    else:
        said = f"{place} must be {_expected(error.schema)}, not {_shown(error.instance)}"
    return redact(said)


def _place(path: list[str | int], document: Any) -> str:
    """Return a path in words, innermost first: `"role" of message 2 of example 1 of node 'ask'`."""
    steps: list[str] = []
    part = document
    for at, step in enumerate(path):
        part = part[step]
        if isinstance(step, int):
            steps.append(_entry(str(path[at - 1]), step, part))
        elif at + 1 == len(path) or isinstance(path[at + 1], str):
            steps.append(f'"{_cut(step)}"')
    return " of ".join(reversed(steps))


def _entry(of: str, number: int, entry: object) -> str:
    """Return an entry of a list in words: by its names if it has any, else by its number."""
    names = [entry.get(key) if isinstance(entry, dict) else None for key in ("name", "source", "target")]
    name, source, target = (_cut(text) if isinstance(text, str) and text else "" for text in names)
    if of == "edges" and source and target:
        return f"the edge from {source!r} to {target!r}"
    if of == "nodes" and name:
        return f"node {name!r}"
    thing = _THINGS.get(of, f'entry of "{of}"')
    return f"{thing} {number + 1}"


def _expected(schema: Schema) -> str:
    if "enum" in schema:
        return " or ".join(map(json.dumps, schema["enum"]))
    types: str | Iterable[str] = schema["type"]
    words = [_TYPES[kind] for kind in ([types] if isinstance(types, str) else types)]
    words[0] += _bounds(schema)
    return " or ".join(words)


def _about(schema: Schema) -> str:
    return f" ({schema['description'].rstrip('.')})" if "description" in schema else ""


def _bounds(schema: Schema) -> str:
    if "maxLength" in schema:
        return f" of {schema['minLength']} to {schema['maxLength']} characters"
    if "minLength" in schema:
        return " that is not empty"
    if "exclusiveMinimum" in schema:
        return f" above {schema['exclusiveMinimum']}"
    if "pattern" in schema:
        return " like module:function"
    return f" of at least {schema['minimum']}" if "minimum" in schema else ""


def _shown(value: object) -> str:
    if isinstance(value, (dict, list)):
        return _TYPES["object" if isinstance(value, dict) else "array"]
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return one_line(redact_quotes(text), _SHOWN_CHARS)
