"""Mistakes in a graph, found without a model: unreachable nodes, dead ends, variables that are read too early."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from byok_widgets.diagnostics.parts import parts_read
from byok_widgets.diagnostics.suggestions import all_advised
from byok_widgets.diagnostics.types import type_mismatches
from byok_widgets.diagnostics.variables import unread, variables
from byok_widgets.display.reading_order import in_order
from byok_widgets.errors import FlowError
from byok_widgets.findings import Finding, Fix
from byok_widgets.graph.cycles import silent_loops
from byok_widgets.graph.flow_graph import EVERYWHERE, FlowGraph
from byok_widgets.templates import mentioned


def structural(graph: FlowGraph, *, global_prompt: str = "", known: Iterable[str] = ()) -> Iterator[Finding]:
    """Yield what is wrong with a graph.

    Args:
        graph: The graph.
        global_prompt: The flow's global prompt, whose variables are checked too.
        known: Variables that code will set.
    """
    graph = graph.snapshot()
    if not graph.nodes:
        made = Fix("paste", 'flow.conversation("ask", "...")')
        fix = f"Make one, like {made.argument}."
        yield Finding("empty", "error", "", "The flow has no nodes.", fix, made)
        return
    by_code = frozenset(known)
    found = partial(detected, global_prompt=global_prompt, known=by_code)
    yield from all_advised(list(found(graph)), graph, found)
    yield from unread(graph, global_prompt)
    yield from type_mismatches(graph, by_code)
    yield from parts_read(graph, global_prompt, by_code)


def detected(graph: FlowGraph, *, global_prompt: str, known: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """Yield what a change of the edges can cause or correct."""
    if len(graph.nodes) > 1 and not graph.edges:
        problem = "The nodes are not connected yet: each can run alone."
        yield Finding("unconnected", "warning", "", problem, "Connect them to talk to the flow.")
    else:
        yield from ambiguous(graph)
        yield from _unreachable(graph)
        yield from _dead_ends(graph)
        yield from _silent_loops(graph)
    yield from _unknown_conditions(graph)
    yield from _braces(graph)
    yield from variables(graph, global_prompt, known)


def _unknown_conditions(graph: FlowGraph) -> Iterator[Finding]:
    for edge in graph.edges:
        if not edge.condition.is_known:
            yield Finding(
                "unknown_condition",
                "error",
                edge.source,
                f"The edge from {edge.source!r} to {edge.target!r} is never taken: its file says "
                f"{edge.condition.text!r}, which is not a condition that is known here.",
                "Correct the name in the file, register that kind of condition, or connect the two nodes again.",
            )


def ambiguous(graph: FlowGraph) -> Iterator[Finding]:
    """Yield the nodes whose edges leave open where the flow would go."""
    for name in graph.nodes:
        last = [edge.target for edge in graph.outgoing(name) if edge.condition.is_fallback]
        if len(last) > 1:
            yield Finding(
                "two_else",
                "error",
                name,
                f"Node {name!r} has {len(last)} edges without a condition: to {', '.join(map(repr, last))}.",
                "Give all but one of them a condition, or remove them with flow.disconnect.",
            )


def reject_ambiguous(graph: FlowGraph) -> None:
    """Make sure that a session on the graph always knows where to go next.

    Raises:
        FlowError: It has no nodes, or a node has two else edges.
    """
    graph = graph.snapshot()
    if not graph.nodes:
        raise FlowError(
            "The flow has no nodes.",
            kind="empty",
            fix="Run the cells that create its nodes, or create one with flow.conversation(...).",
        )
    for finding in ambiguous(graph):
        raise FlowError(finding.problem, kind=finding.kind, fix=finding.fix)


def _unreachable(graph: FlowGraph) -> Iterator[Finding]:
    reached = graph.reachable([graph.start, *(edge.target for edge in graph.ways_in())])
    for name in graph.nodes:
        if name not in reached:
            problem = f"Node {name!r} cannot be reached from the start node {graph.start!r}."
            yield Finding("unreachable", "warning", name, problem, "Connect a node to it, or give it enter=.")


def _dead_ends(graph: FlowGraph) -> Iterator[Finding]:
    for name in graph.nodes:
        edges = graph.outgoing(name)
        if name in graph.ends:
            if edges:
                said = f"Node {name!r} is an end node, and its edges are never taken."
                fix = "Remove its edges, or create it again without end=True."
                yield Finding("edges_after_end", "warning", name, said, fix)
        elif graph.is_silent(name) and not (_has_else(graph, name) or _returns(graph, name)):
            what = "no edges" if not edges else "no else edge"
            yield Finding(
                "dead_end",
                "error" if not edges else "warning",
                name,
                f"The silent node {name!r} has {what}: a turn that ends there gets no reply.",
                "Add an else edge to a conversation node, or end=True.",
            )


def _has_else(graph: FlowGraph, name: str) -> bool:
    return any(edge.condition.is_fallback for edge in graph.outgoing(name))


def _returns(graph: FlowGraph, name: str) -> bool:
    """Whether the flow always goes back from a node: a global one that is entered as such, and leads nowhere."""
    entered = any(edge.target == name and edge.source != EVERYWHERE for edge in graph.edges)
    return graph.is_global(name) and not graph.outgoing(name) and not entered and name != graph.start


def _silent_loops(graph: FlowGraph) -> Iterator[Finding]:
    for path, sure in silent_loops(graph):
        way = in_order([*path, path[0]])
        who = f"The silent nodes {way} form" if len(path) > 1 else f"The silent node {way} forms"
        stopped = "the dialogue stays the same, so a turn that goes round in it is stopped with an error"
        what = f": {stopped}" if sure else " in which nobody speaks"
        yield Finding(
            "silent_loop",
            "error" if sure else "warning",
            path[0],
            f"{who} a loop{what}.",
            "Let one of these edges lead to a conversation node.",
        )


def _braces(graph: FlowGraph) -> Iterator[Finding]:
    """Yield the prompt conditions with a variable in braces, as in prompts: the judge would read the braces."""
    for edge in graph.edges:
        if edge.condition.is_judged and mentioned(edge.condition.text):
            where = edge.source or edge.target
            yield Finding(
                "braces",
                "warning",
                where,
                f"The prompt condition {edge.condition.text!r} of node {where!r} names a variable in braces.",
                'Write its name without braces: the judge sees its value. Or use a logic condition: if_="...".',
            )
