"""Values that a person types for a variable: read by the type of the field that has it, where there is one."""

from __future__ import annotations

from typing import Any

from byok_widgets.errors import ConfigError, SchemaError
from byok_widgets.files import finite_json
from byok_widgets.graph import FlowGraph
from byok_widgets.schema import FieldSpec, read_value


def typed_value(graph: FlowGraph, name: str, text: str) -> Any:
    """Return the value that a text stands for; `None` for an empty one.

    Args:
        graph: The flow, whose nodes know the types of what they write.
        name: The variable.
        text: What was typed; a list with commas or as JSON, an object as JSON.

    Raises:
        ConfigError: The field takes no such value.
    """
    spec = next((found for node in graph.nodes.values() if (found := node.field(name))), None)
    if spec is None:
        return text if text.strip() else None
    return field_value(spec, text)


def field_value(spec: FieldSpec, text: str) -> Any:
    """Return the value of a field that a text stands for; `None` for an empty one.

    Raises:
        ConfigError: The field takes no such value.
    """
    if not text.strip():
        return None
    problem = ""
    for given in _readings(text):
        try:
            return read_value(spec, given)
        except SchemaError as error:
            problem = error.problem
    raise ConfigError(problem, kind="variable", fix="Type another value, or leave it empty to remove it.")


def _readings(text: str) -> list[Any]:
    """Return what a text may stand for: itself, what it holds as JSON, and a list with commas."""
    items = [item.strip() for item in text.split(",") if item.strip()]
    held = _held(text)
    lists = [] if isinstance(held, list) else [items, [_held(item) for item in items]]
    return [text, held, *lists]


def _held(text: str) -> Any:
    """Return what a text holds as JSON; the text itself where it is none."""
    try:
        return finite_json(text)
    except (ValueError, RecursionError):
        return text
