"""The right object: which of the objects in a model's answer may be the one that was asked for.

A draft in thinking, a part of a cut object and an example that does not fit never win. Where several objects fit
and differ, nobody can tell which is meant, and nothing in them is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from byok_widgets.errors import SchemaError
from byok_widgets.schema.reading.json_reading import decode
from byok_widgets.schema.reading.names import KnownNames
from byok_widgets.schema.reading.top_level_values import top_level_values
from byok_widgets.secrets import redact_quotes
from byok_widgets.secrets.quoting import as_given

Record = Mapping[str, Any]

_ARGUMENTS = ("arguments", "parameters", "input")
_CALLED = frozenset(("name", "type"))
_OF_CALLS = frozenset(("tool", "id", "call_id", "index", "function", "description", "strict"))
_ENVELOPES = frozenset(
    [
        *("answer", "arguments", "data", "extracted", "extracted_data", "extraction", "fields", "final"),
        *("final_answer", "function", "function_call", "input", "items", "json", "json_object"),
        *("object", "output", "parameters", "properties", "record", "records", "response", "result"),
        *("results", "structured_output", "tool_call", "tool_calls", "tool_input", "value", "values"),
    ]
)
"""What models call the object that was asked for, whatever is in it."""
_OF_DRAFTS = frozenset(
    [
        *("attempt", "bad", "before", "draft", "drafts", "example", "examples", "guess", "incorrect", "initial"),
        *("invalid", "old", "original", "placeholder", "previous", "sample", "schema", "template", "wrong"),
    ]
)
"""Words in the names of what is not the answer: `draft_1`, `previousAnswer`."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SCHEMA_WORDS = frozenset(("type", "anyOf", "enum", "$ref", "const"))
_MAX_ROWS = 20
_SHOWN_CHARS = 40
_SEVERAL_OBJECTS = "expected one object; got several that differ"
_SEVERAL_RECORDS = f"{_SEVERAL_OBJECTS}; to read a list of records, ask for one, such as items=list[...]"


@dataclass(frozen=True)
class AnswerObjects:
    """The objects in an answer that have fields.

    Attributes:
        records: The objects, in order.
        are_a_list: Whether they are the records of one list.
    """

    records: list[Record]
    are_a_list: bool = False

    def ambiguity(self, fields: Iterable[str]) -> dict[str, str]:
        """Return the problem of each stated field, and of the whole, where no object can be chosen."""
        problems = {"": _SEVERAL_RECORDS if self.are_a_list else _SEVERAL_OBJECTS}
        for name in fields:
            given = [record[name] for record in self.records if record.get(name) is not None]
            shown = list(dict.fromkeys(as_given(value, _SHOWN_CHARS) for value in given))[:3]
            if shown:
                problems[name] = redact_quotes(
                    f"{name}: expected the value of one object; got {' and '.join(shown)}"
                )
        return problems


def objects_in(text: str, fields: KnownNames, name: str) -> AnswerObjects:
    """Return the objects in an answer that may be the one that was asked for.

    Args:
        text: The answer.
        fields: The names of the fields.
        name: Name of the schema on the wire, by which a tool call is recognised that was written as text.

    Raises:
        SchemaError: There is none, or the answer ends before it does.
    """
    found = top_level_values(text)
    if found.problem:
        raise _unusable(found.problem)
    values = [_arguments(value, fields, name) for value in found.values if not _is_schema(value, fields)]
    records = [value for value in values if _has_field(value, fields)]
    inside = [_unwrapped(value, fields, name) for value in values if not _has_field(value, fields)]
    wrapped = [_arguments(value, fields, name) for value in inside]
    lists = [rows for value in wrapped if (rows := _rows(value, fields))]
    if any(len(rows) > 1 for rows in lists):
        rows = [*records, *(row for rows in lists for row in rows)]
        return AnswerObjects([fields.applied_to(row) for row in rows], are_a_list=True)
    records += [rows[0] for rows in lists]
    records = records or [value for value in wrapped if _has_field(value, fields)]
    if values and values[-1] == {} and _stands_alone(text):
        records.append({})
    if not records:
        raise _unusable(f"has none of the fields {', '.join(fields)}" if values else "is not a JSON object")
    return AnswerObjects([fields.applied_to(record) for record in records])


def _unusable(problem: str) -> SchemaError:
    return SchemaError(
        f"The model's answer {problem}.",
        kind="not_json",
        fix="Run it again, or choose a model that supports structured output.",
    )


def _has_field(value: Any, fields: KnownNames) -> bool:
    return isinstance(value, Mapping) and any(name in fields for name in value)


def _arguments(value: Any, fields: KnownNames, name: str) -> Any:
    """Return the arguments of a tool call, also of one by another name; any other value unchanged."""
    if not isinstance(value, dict):
        return value
    keys = [key for key in _ARGUMENTS if key in value and key not in fields]
    inner = value[keys[0]] if len(keys) == 1 else None
    inner = decode(inner) if isinstance(inner, str) else inner
    if not isinstance(inner, dict):
        return value
    around = {key for key in _OF_CALLS if key not in fields} | _CALLED | set(keys)
    is_call = value.keys() <= around and (_has_field(inner, fields) or _is_schema(inner, fields))
    return inner if is_call or value.get("name") == name else value


def _is_schema(value: Any, fields: KnownNames) -> bool:
    """Whether a value is no answer but the schema, or one like it, as a model repeats what it was shown."""
    parts = value.get("properties") if isinstance(value, dict) and "properties" not in fields else None
    return isinstance(parts, dict) and any(
        isinstance(part, dict) and part.keys() & _SCHEMA_WORDS for name, part in parts.items() if name in fields
    )


def _unwrapped(value: Any, fields: KnownNames, name: str) -> Any:
    """Return what is inside of objects that hold one thing only, beside drafts and remarks.

    Under a name of its own it may be about something else, such as the name of a "child": then only an object with
    all of the fields is taken, and none beside which anything stands.
    """
    is_meant = True
    while isinstance(value, dict) and value and not _has_field(value, fields):
        inner = {key: part for key, part in value.items() if len(value) == 1 or isinstance(part, (dict, list))}
        inner = {key: part for key, part in inner.items() if key == name or not _is_draft(key)}
        if len(inner) != 1:
            return {}
        is_alone = len(value) == 1
        [(around, value)] = inner.items()
        is_named = around.casefold() in {*_ENVELOPES, name.casefold()}
        if not is_alone and not is_named:
            return {}
        is_meant = is_meant and is_named
    rows = value if isinstance(value, list) else [value]
    return value if is_meant or all(_has_all_fields(row, fields) for row in rows) else {}


def _is_draft(name: str) -> bool:
    return not _OF_DRAFTS.isdisjoint(word.lower() for word in _WORD.findall(name))


def _has_all_fields(value: Any, fields: KnownNames) -> bool:
    return isinstance(value, Mapping) and fields.are_several and fields.are_all_in(value)


def _rows(value: Any, fields: KnownNames) -> list[Record]:
    """Return the different records of a list, of a long one the first, without those that state nothing."""
    different: list[Record] = []
    for entry in value if isinstance(value, list) else ():
        if len(different) < _MAX_ROWS and _has_field(entry, fields) and entry not in different:
            different.append(entry)
    return [entry for entry in different if any(map(_states, entry.values()))] or different[:1]


def _states(value: Any) -> bool:
    return value not in (None, "", [], {})


def _stands_alone(text: str) -> bool:
    """Whether an empty object is written as an answer is, and not mentioned in a sentence."""
    return "{}" in ("".join(line.split()) for line in text.splitlines())
