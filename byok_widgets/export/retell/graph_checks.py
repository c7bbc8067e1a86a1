"""What the SDK's types do not refuse: edges that lead nowhere, ids that occur twice, choices without any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]

SINGLE_EDGES = ("else_edge", "always_edge", "skip_response_edge")


def problems_of(flow: Json) -> list[str]:
    """Return what is wrong with a conversation flow, each as the beginning of a sentence; empty if nothing is."""
    return list(_problems(flow))


def edges_of(node: Json) -> Iterator[dict[str, Any]]:
    """Yield all edges of a node."""
    edges = node.get("edges")
    yield from (edge for edge in (edges if isinstance(edges, list) else []) if isinstance(edge, dict))
    yield from (node[name] for name in SINGLE_EDGES if isinstance(node.get(name), dict))


def _problems(flow: Json) -> Iterator[str]:
    nodes = flow["nodes"]
    ids = [node["id"] for node in nodes]
    yield from (f"two nodes have the id {name!r}" for name, times in Counter(ids).items() if times > 1)
    edge_ids = Counter(edge["id"] for node in nodes for edge in edges_of(node))
    yield from (f"two edges have the id {name!r}" for name, times in edge_ids.items() if times > 1)
    start = flow.get("start_node_id")
    if start is not None and start not in ids:
        yield f"it starts at {start!r}, which does not exist"
    for node in nodes:
        yield from _of_node(node, frozenset(ids))


def _of_node(node: Json, ids: frozenset[str]) -> Iterator[str]:
    for edge in edges_of(node):
        target = edge.get("destination_node_id")
        if target is not None and target not in ids:
            yield f"an edge of {node['id']!r} leads to {target!r}, which does not exist"
        condition = edge["transition_condition"]
        if condition["type"] == "equation" and not condition["equations"]:
            yield f"an edge of {node['id']!r} has no equation"
    if node["type"] == "branch" and "else_edge" not in node:
        yield f"the branch {node['id']!r} has no else edge"
    for variable in node.get("variables", ()):
        if variable["type"] == "enum" and not variable["choices"]:
            yield f"the variable {variable['name']!r} of {node['id']!r} has no choices"
