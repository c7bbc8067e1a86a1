"""Mistakes in a graph, found without a model: what cannot be reached, what leads nowhere, what reads too early."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from byok_widgets.diagnostics.types import type_mismatches
from byok_widgets.errors import FlowError
from byok_widgets.findings import Finding, Fix
from byok_widgets.graph.conditions import UnknownCondition
from byok_widgets.graph.cycles import never_ends, silent_loops
from byok_widgets.graph.edge import EVERYWHERE
from byok_widgets.graph.flow_graph import FlowGraph
from byok_widgets.templates import mentioned, placeholders


def structural(graph: FlowGraph, *, global_prompt: str = "", known: Iterable[str] = ()) -> Iterator[Finding]:
    """Yield what is wrong with a graph.

    Args:
        graph: The graph.
        global_prompt: The flow's global prompt, whose variables are looked at too.
        known: Variables that code will set.
    """
    graph = graph.snapshot()
    if not graph.nodes:
        made = Fix("paste", 'flow.conversation("ask", "...")')
        yield Finding(
            "empty", "error", "", "The flow has no nodes.", "Make one with flow.conversation(...).", made
        )
        return
    if len(graph.nodes) > 1 and not graph.edges:
        yield _unconnected(graph)
    else:
        yield from ambiguous(graph)
        yield from _unreachable(graph)
        yield from _dead_ends(graph)
        yield from _silent_loops(graph)
    yield from _unknown_conditions(graph)
    yield from _braces(graph)
    by_code = frozenset(known)
    yield from _variables(graph, global_prompt, by_code)
    yield from _unread(graph, global_prompt)
    yield from type_mismatches(graph, by_code)


def _unknown_conditions(graph: FlowGraph) -> Iterator[Finding]:
    for edge in graph.edges:
        if isinstance(edge.condition, UnknownCondition):
            yield Finding(
                "unknown_condition",
                "error",
                edge.source,
                f"The edge from {edge.source!r} to {edge.target!r} is never taken: its file says "
                f"{edge.condition.text!r}, which is no condition that is known here.",
                "Correct the name in the file, register that kind of condition, or connect the two nodes again.",
            )


def ambiguous(graph: FlowGraph) -> Iterator[Finding]:
    """Yield what leaves open where the flow would go."""
    for name in graph.nodes:
        last = [edge.target for edge in graph.outgoing(name) if edge.condition.is_fallback]
        if len(last) > 1:
            yield Finding(
                "two_else",
                "error",
                name,
                f"Node {name!r} has {len(last)} edges without a condition: to {', '.join(map(repr, last))}.",
                "Give all but one of them a condition, or take them away with flow.disconnect(...).",
                Fix("paste", f"flow.disconnect({name!r}, {last[-1]!r})"),
            )


def reject_ambiguous(graph: FlowGraph) -> None:
    """Make sure that a session of the graph knows where to go.

    Raises:
        FlowError: It has no nodes, or a node has two else edges.
    """
    graph = graph.snapshot()
    if not graph.nodes:
        raise FlowError("The flow has no nodes.", kind="empty", fix="Make one with flow.conversation(...).")
    for finding in ambiguous(graph):
        raise FlowError(finding.problem, kind=finding.kind, fix=finding.fix)


def _unconnected(graph: FlowGraph) -> Finding:
    other = next(name for name in graph.nodes if name != graph.start)
    code = f"flow.connect({graph.start!r}, {other!r})"
    problem = "The nodes are not connected yet: each can run alone."
    return Finding(
        "unconnected", "warning", "", problem, f"Connect them to talk to the flow: {code}.", Fix("paste", code)
    )


def _unreachable(graph: FlowGraph) -> Iterator[Finding]:
    reached = graph.reachable([graph.start, *(edge.target for edge in graph.ways_in())])
    for name in graph.nodes:
        if name not in reached:
            code = _way_to(graph, name, reached)
            yield Finding(
                "unreachable",
                "warning",
                name,
                f"Node {name!r} cannot be reached from the start node {graph.start!r}.",
                f"Connect a node to it, like {code}, give it enter=, or set flow.start_node = {name!r}.",
                Fix("paste", code),
            )


def _dead_ends(graph: FlowGraph) -> Iterator[Finding]:
    for name in graph.nodes:
        edges = graph.outgoing(name)
        if name in graph.ends:
            if edges:
                said = f"Node {name!r} is an end node, and its edges are never taken."
                away = Fix("paste", f"flow.disconnect({name!r}, {edges[0].target!r})")
                yield Finding("edges_after_end", "warning", name, said, "Take end=True or the edges away.", away)
        elif graph.is_silent(name) and not (_has_else(graph, name) or _returns(graph, name)):
            what = "no edges" if not edges else "no else edge"
            code = f"flow.connect({name!r}, {_next_speaker(graph, name)!r})"
            yield Finding(
                "dead_end",
                "error" if not edges else "warning",
                name,
                f"The silent node {name!r} has {what}: a turn that ends there gets no reply.",
                f"Add one, like {code}; or end=True.",
                Fix("paste", code),
            )


def _way_to(graph: FlowGraph, name: str, reached: Iterable[str]) -> str:
    """Return the line that leads to a node: by an else edge of a node that has none, else by a condition."""
    ways = frozenset(reached) - graph.ends
    free = [
        other for other in graph.nodes if other in ways and not (_has_else(graph, other) or _returns(graph, other))
    ]
    return (
        f"flow.connect({free[-1]!r}, {name!r})" if free else f'flow.connect({graph.start!r}, {name!r}, when="...")'
    )


def _next_speaker(graph: FlowGraph, name: str) -> str:
    """Return the conversation node that was made next, or first; dots where there is none."""
    names = list(graph.nodes)
    at = names.index(name)
    return next((other for other in names[at + 1 :] + names[:at] if not graph.is_silent(other)), "...")


def _has_else(graph: FlowGraph, name: str) -> bool:
    return any(edge.condition.is_fallback for edge in graph.outgoing(name))


def _returns(graph: FlowGraph, name: str) -> bool:
    """Whether the flow always goes back from a node: a global one that is entered as such, and leads nowhere."""
    entered = any(edge.target == name and edge.source != EVERYWHERE for edge in graph.edges)
    return graph.is_global(name) and not graph.outgoing(name) and not entered and name != graph.start


def _silent_loops(graph: FlowGraph) -> Iterator[Finding]:
    for path in silent_loops(graph):
        way = " → ".join([*path, path[0]])
        who = f"The silent nodes {way} form" if len(path) > 1 else f"The silent node {way} forms"
        sure = never_ends(graph, path)
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
    """Yield the prompt conditions that name a variable as prompts do: the judge would read the braces."""
    for edge in graph.edges:
        if edge.condition.is_judged and mentioned(edge.condition.text):
            where = edge.source or edge.target
            yield Finding(
                "braces",
                "warning",
                where,
                f"The prompt condition {edge.condition.text!r} of node {where!r} names a variable in braces.",
                'Write its name bare: the judge is told what is stated. Or be exact: if_="...".',
            )


@dataclass(frozen=True)
class _Read:
    """Who reads which variables: in words, the node concerned, and whether it goes wrong without a value."""

    who: str
    node: str
    names: tuple[str, ...]
    needs_value: bool


def _variables(graph: FlowGraph, global_prompt: str, known: frozenset[str]) -> Iterator[Finding]:
    written = {name: _written(graph, name) for name in graph.nodes}
    ever = known.union(*written.values())
    arriving = _arriving(graph, written, known)
    for_all = placeholders(global_prompt)
    yield from _too_early(_Read("The global prompt", "", for_all, needs_value=True), ever, ever)
    for name in graph.nodes:
        before = arriving.get(name, ever)
        for read in _prompts(graph, name, tuple(name for name in for_all if name in ever)):
            yield from _too_early(read, before, ever)
        for read in _conditions(graph, name):
            yield from _too_early(read, before | written[name], ever)


def _too_early(read: _Read, known: frozenset[str], ever: frozenset[str]) -> Iterator[Finding]:
    for name in read.names:
        if name not in ever:
            yield _unknown(read, name, ever)
        elif name not in known:
            yield _unset(read, name)


def _unknown(read: _Read, name: str, ever: Iterable[str]) -> Finding:
    near = difflib.get_close_matches(name, sorted(ever), n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    problem = f"{read.who} reads the variable {name!r}, which nothing sets."
    code = f"flow.start(variables={{{name!r}: ...}})"
    fix = f"{hint}Let an extraction node read it, or set it by code: {code}."
    return Finding("unknown_variable", "error", read.node, problem, fix, Fix("paste", code))


def _unset(read: _Read, name: str) -> Finding:
    problem = f"{read.who} reads the variable {name!r} before any path to it sets it."
    default = f', or give a default: {{{{ {name} | default("...") }}}}' if read.needs_value else ""
    fix = f"Put the extraction node that reads it before{default}."
    return Finding("unset_variable", "error" if read.needs_value else "warning", read.node, problem, fix)


def _prompts(graph: FlowGraph, name: str, for_all: tuple[str, ...]) -> Iterator[_Read]:
    node = graph.nodes[name]
    yield _Read(f"The prompt of node {name!r}", name, placeholders(node.prompt), needs_value=True)
    yield _Read(f"The function of node {name!r}", name, node.reads, needs_value=False)
    if node.uses_global_prompt(again=not _is_left_for_good(graph, name)):
        yield _Read(f"The global prompt, before that of node {name!r},", name, for_all, needs_value=True)


def _conditions(graph: FlowGraph, name: str) -> Iterator[_Read]:
    for edge in graph.outgoing(name):
        who = f"The condition {edge.condition.text!r} of node {name!r}"
        yield _Read(who, name, edge.condition.reads, needs_value=False)


def _is_left_for_good(graph: FlowGraph, name: str) -> bool:
    """Whether a node is run once at most, so that a static one says its sentence and no more."""
    comes_again = graph.is_global(name) or name in graph.reachable(graph.targets(name))
    return name in graph.ends or (_has_else(graph, name) and not comes_again)


def _written(graph: FlowGraph, name: str) -> frozenset[str]:
    node = graph.nodes[name]
    return frozenset(node.writes)


def _unread(graph: FlowGraph, global_prompt: str) -> Iterator[Finding]:
    """Yield the variables that an action writes and nothing reads; none where something may read any variable."""
    nodes, conditions = graph.nodes.values(), [edge.condition for edge in graph.edges]
    if any(node.reads_all for node in nodes) or any(c.is_judged or c.runs_code for c in conditions):
        return
    read = frozenset(mentioned(global_prompt)).union(
        *(mentioned(node.prompt) for node in nodes),
        *((*node.reads, *node.reads_if_stated) for node in nodes),
        *(condition.reads for condition in conditions),
    )
    for node in nodes:
        for name in node.writes if node.expects_readers else ():
            if name not in read:
                yield Finding(
                    "unread_variable",
                    "warning",
                    node.name,
                    f"Node {node.name!r} writes the variable {name!r}, and nothing in the flow reads it.",
                    f"Read it, like {{{{{name}}}}} in a prompt, or leave it out of writes=[...].",
                )


def _arriving(
    graph: FlowGraph, written: Mapping[str, frozenset[str]], known: frozenset[str]
) -> dict[str, frozenset[str]]:
    """Return for each node that can be reached what may be set when some path arrives there."""
    ways_in = [edge.target for edge in graph.ways_in()]
    found = {graph.start: known.union(*(written[name] for name in ways_in))}
    found |= dict.fromkeys(ways_in, known.union(*written.values()))
    waiting = list(found)
    while waiting:
        name = waiting.pop()
        for target in graph.targets(name):
            merged = found.get(target, frozenset()) | found[name] | written[name]
            if merged != found.get(target):
                found[target] = merged
                waiting.append(target)
    return found
