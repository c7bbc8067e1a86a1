"""What kind of value a variable holds, as other builders ask for it."""

from __future__ import annotations

from byok_widgets.graph import FlowGraph
from byok_widgets.schema import FieldSpec


def kind_of(spec: FieldSpec) -> str:
    """Return the JSON type of a field; empty if there is more than one."""
    types = spec.shape.types - {"null"}
    return next(iter(types)) if len(types) == 1 else ""


def kind_in(graph: FlowGraph, name: str) -> str | None:
    """Return the JSON type of a variable; empty if it has more than one, `None` if no node extracts it."""
    found = {kind_of(spec) for node in graph.nodes.values() if (spec := node.field(name))}
    return found.pop() if len(found) == 1 else "" if found else None
