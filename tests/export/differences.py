"""How a flow that came back from another builder differs from what it was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from byok_widgets import ByokError, Flow
from byok_widgets.export.fields import kind_in
from byok_widgets.export.losses import edge_name
from byok_widgets.graph import AnyNode, Edge

_VALUES: dict[str | None, tuple[Any, ...]] = {
    "string": ("Rome", "5", "a", "true", "b'c", "M", "x", "a\nb", "ü"),
    "integer": (5, 3, -2, 0, 1),
    "number": (5, 3.5, -2, 0, 1.0),
    "boolean": (True, False),
    "array": (["R"], ["a", "b"], [1]),
    "object": ({"inner": "x"},),
}
_ANY = tuple(value for values in _VALUES.values() for value in values)
_SAMPLES = 60
_SETTINGS = ("model", "max_tokens", "settings")


def differences(flow: Flow, again: Flow) -> Iterator[tuple[str, str]]:
    """Yield where they differ, the node or edge, and in what: the beginning says which feature it is of."""
    for name, node in flow.nodes.items():
        if name not in again.nodes:
            yield name, "node: it is gone"
            continue
        yield from ((name, problem) for problem in _of_node(node, again.nodes[name]))
        if (name in flow.graph.ends) != (name in again.graph.ends):
            yield name, "end: it does not end, or does"
    yield from ((name.removesuffix(" end"), "end: it is new") for name in again.nodes if name not in flow.nodes)
    if flow.graph.start != again.graph.start:
        yield "", "start: it is another"
    yield from _of_edges(flow, again)


def _of_node(node: AnyNode, again: AnyNode) -> Iterator[str]:
    if node.kind != again.kind:
        yield f"kind: {again.kind}"
        return
    names = {"conversation": ("static", *_SETTINGS), "extraction": ("prompt", *_SETTINGS)}.get(node.kind, ())
    yield from (f"{name}: {getattr(again, name)}" for name in names if getattr(node, name) != getattr(again, name))
    if node.kind == "conversation" and _plain(node.prompt) != _plain(again.prompt):
        yield f"text: {again.prompt}"
    before, after = node.to_data({}), again.to_data({})
    yield from (
        f"{each}: {after.get(each)}" for each in ("window", "grounding") if before.get(each) != after.get(each)
    )
    for name in node.writes:
        if (spec := node.field(name)) is not None:
            other = again.field(name)
            if other is None or (spec.required, _said(spec.schema)) != (other.required, _said(other.schema)):
                yield f"field {name!r}: {other}"


def _plain(prompt: str) -> str:
    return prompt.replace("{{ ", "{{").replace(" }}", "}}")


def _said(schema: Any) -> Any:
    """Return what a field's schema says, without its title, and one value as a list of one."""
    said = {key: value for key, value in schema.items() if key not in ("title", "const")}
    allowed = [schema["const"]] if "const" in schema else said.get("enum")
    return {**said, "enum": allowed, "type": "string"} if allowed and all(map(_is_text, allowed)) else said


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _of_edges(flow: Flow, again: Flow) -> Iterator[tuple[str, str]]:
    one, other = ({(edge.source, edge.target): edge for edge in each.graph.edges} for each in (flow, again))
    for key, edge in one.items():
        if key not in other:
            yield edge_name(edge), "edge: it is gone"
        elif _holds(edge, flow) != _holds(other[key], flow):
            yield edge_name(edge), f"condition: {edge.condition.text} became {other[key].condition.text}"
    new = (edge for key, edge in other.items() if key not in one and edge.target in flow.nodes)
    yield from ((edge_name(edge), "edge: it is new") for edge in new)
    for source in ("", *flow.nodes):
        orders = [
            [key for key, edge in edges.items() if key[0] == source and edge.condition.kind == "logic"]
            for edges in (one, other)
        ]
        kept = [[key for key in order if key in orders[0] and key in orders[1]] for order in orders]
        if kept[0] != kept[1]:
            yield source, "order: conditions are looked at in another one"


def _holds(edge: Edge, flow: Flow) -> Any:
    """Return the condition as it is judged, or whether it holds for some values of the types of the flow."""
    condition = edge.condition
    if condition.kind != "logic":
        return condition.kind, condition.text
    rng, held = random.Random(1), []
    kinds = {name: kind_in(flow.graph, name) for node in flow.nodes.values() for name in node.writes}
    for _ in range(_SAMPLES):
        sample = {name: rng.choice((None, *_VALUES.get(kind, _ANY))) for name, kind in kinds.items()}
        try:
            held.append(condition.evaluate(sample))
        except ByokError as error:
            held.append(error.kind)
    return held
