"""The line of code that fixes a finding of the graph. Each is tried on a copy of the graph before it is offered.

A suggestion never replaces an existing condition, and is offered only where the finding goes and no other
comes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from byok_widgets.findings import Finding, Fix
from byok_widgets.graph.conditions import PromptCondition
from byok_widgets.graph.edge import Edge
from byok_widgets.graph.flow_graph import FlowGraph

_TRIED = 8
"""Maximum number of suggestions that are tried for one finding."""
_ADVISED = 30
"""Most findings for which any is."""
_LIMIT_S = 2.0

Detect = Callable[[FlowGraph], Iterable[Finding]]


@dataclass(frozen=True)
class _Suggestion:
    """A change of a graph, and the code that makes it."""

    code: str
    make: Callable[[FlowGraph], None]
    untried: bool = False


def all_advised(findings: Sequence[Finding], graph: FlowGraph, detect: Detect) -> Iterator[Finding]:
    """Yield findings, the first of them with a suggestion: each try looks at the whole graph again.

    A file may bring a graph with thousands of mistakes, so the tries end after a while.
    """
    before = _facts(detect(graph)) if findings else set()
    ends_at = time.monotonic() + _LIMIT_S
    for number, finding in enumerate(findings):
        is_tried = number < _ADVISED and time.monotonic() < ends_at
        yield _advised(finding, graph, detect, before) if is_tried else finding


def _advised(finding: Finding, graph: FlowGraph, detect: Detect, before: set[tuple[str, str]]) -> Finding:
    """Return a finding with the first suggestion that fixes it, in words and as data."""
    make, words = _MAKERS.get(finding.kind, (None, "{0}"))
    if make is None:
        return finding
    for number, suggestion in enumerate(make(graph, finding.where)):
        if number == _TRIED:
            break
        if suggestion.untried or _fixes(finding, suggestion, graph, detect, before):
            return replace(finding, fix=words.format(suggestion.code), by=Fix("paste", suggestion.code))
    return finding


def _fixes(
    finding: Finding, suggestion: _Suggestion, graph: FlowGraph, detect: Detect, before: set[tuple[str, str]]
) -> bool:
    copy = graph.snapshot()
    suggestion.make(copy)
    after = _facts(detect(copy))
    others_come = not after <= before and finding.kind != "unconnected"  # which hides all others
    return (finding.kind, finding.where) not in after and not others_come


def _facts(findings: Iterable[Finding]) -> set[tuple[str, str]]:
    return {(finding.kind, finding.where) for finding in findings}


def _connecting(source: str, target: str, when: str | None = None) -> _Suggestion:
    """Return the suggestion to connect two nodes between which there is no edge, or an else edge."""
    condition = "" if when is None else f", when={when!r}"
    edge = Edge(source, target) if when is None else Edge(source, target, PromptCondition(when))
    return _Suggestion(f"flow.connect({source!r}, {target!r}{condition})", lambda graph: graph.add(edge))


def _disconnecting(source: str, target: str) -> _Suggestion:
    return _Suggestion(f"flow.disconnect({source!r}, {target!r})", lambda graph: graph.remove(source, target))


def _unconnected(graph: FlowGraph, _where: str) -> Iterator[_Suggestion]:
    if graph.start not in graph.ends:
        yield from (_connecting(graph.start, name) for name in graph.nodes if name != graph.start)


def _two_else(graph: FlowGraph, where: str) -> Iterator[_Suggestion]:
    _, *others = (edge.target for edge in graph.outgoing(where) if edge.condition.is_fallback)
    yield _together([_connecting(where, target, "...") for target in others])


def _unreachable(graph: FlowGraph, where: str) -> Iterator[_Suggestion]:
    """Prefer the else edge of a silent node, which needs one; then one of a node that leads nowhere yet."""
    reached = graph.reachable([graph.start, *(edge.target for edge in graph.ways_in())])
    ways = [name for name in graph.nodes if name in reached and name not in graph.ends and name != where]
    free = [name for name in ways if not any(edge.condition.is_fallback for edge in graph.outgoing(name))]
    silent = [
        name for name in free if graph.is_silent(name) and (graph.outgoing(name) or not graph.is_global(name))
    ]
    leading_nowhere = [name for name in free if not graph.is_silent(name) and not graph.outgoing(name)]
    yield from (_connecting(name, where) for name in [*silent, *reversed(leading_nowhere)])
    speaking = [name for name in ways if not graph.is_silent(name)]
    yield from (_connecting(name, where, "...") for name in [*speaking, *ways])


def _dead_end(graph: FlowGraph, where: str) -> Iterator[_Suggestion]:
    """Prefer the conversation nodes that were made next, among those to which no edge leads yet."""
    names = list(graph.nodes)
    at = names.index(where)
    there = graph.targets(where)
    speakers = [name for name in names[at + 1 :] + names[:at] if not graph.is_silent(name)]
    yield from (_connecting(where, name) for name in speakers[: _TRIED - 1] if name not in there)
    new = _new_name(graph)
    code = f"flow.conversation({new!r}, 'Ask for what is missing.'); flow.connect({where!r}, {new!r})"
    yield _Suggestion(code, _nothing, untried=True)


def _new_name(graph: FlowGraph) -> str:
    name, number = "ask again", 1
    while name in graph.nodes:
        number += 1
        name = f"ask again {number}"
    return name


def _edges_after_end(graph: FlowGraph, where: str) -> Iterator[_Suggestion]:
    yield _together([_disconnecting(where, edge.target) for edge in graph.outgoing(where)])


def _silent_start(graph: FlowGraph, _where: str) -> Iterator[_Suggestion]:
    for name in graph.nodes:
        if not graph.is_silent(name):
            yield _Suggestion(f"flow.start_node = {name!r}", partial(_start_at, name=name))
    yield _Suggestion("flow.speaks_first = False", _nothing, untried=True)


def _start_at(graph: FlowGraph, name: str) -> None:
    graph.start = name


def _nothing(graph: FlowGraph) -> None:
    del graph


def _together(suggestions: list[_Suggestion]) -> _Suggestion:
    def make(graph: FlowGraph) -> None:
        for suggestion in suggestions:
            suggestion.make(graph)

    return _Suggestion("; ".join(suggestion.code for suggestion in suggestions), make)


_Make = Callable[[FlowGraph, str], Iterator[_Suggestion]]

_MAKERS: dict[str, tuple[_Make, str]] = {
    "unconnected": (_unconnected, "Connect them to talk to the flow: {0}."),
    "two_else": (_two_else, "Give all but one of them a condition, like {0}."),
    "unreachable": (_unreachable, "Connect a node to it, like {0}; or give it enter=."),
    "dead_end": (_dead_end, "Add one, like {0}; or end=True."),
    "edges_after_end": (_edges_after_end, "Remove them, like {0}; or create it again without end=True."),
    "silent_start": (_silent_start, "Start at a conversation node, or let the person speak first, like {0}."),
}
"""For each kind the suggestions, the best first, and the words around the code."""
