"""Whether one turn of a flow can make more calls than its limit allows, and whether its costs can be limited."""

from __future__ import annotations

from collections.abc import Iterator

from byok_widgets.diagnostics.checked_flow import CheckedFlow
from byok_widgets.display.reading_order import in_order
from byok_widgets.errors import ByokError
from byok_widgets.findings import Finding, Fix
from byok_widgets.graph import FlowGraph
from byok_widgets.nodes import model_nodes
from byok_widgets.providers import PROVIDERS, catalog
from byok_widgets.providers.exchange import Answer
from byok_widgets.usage import Usage

_REPLY = 1
_SHOWN = 4


def too_many_calls(flow: CheckedFlow) -> Iterator[Finding]:
    """Yield a warning if a turn could be stopped at `flow.max_calls_per_turn`."""
    most = flow.config.turn_limits.max_calls
    graph = flow.graph.snapshot()
    if sum(_calls_at(graph, name) for name in graph.nodes) <= most:
        return
    path = _longest_silent_path(graph)
    calls = sum(_calls_at(graph, name) for name in path) + _judging_before(graph, path) + _REPLY
    if calls <= most:
        return
    shown = path if len(path) <= _SHOWN else [*path[:2], "…", path[-1]]
    yield Finding(
        "many_calls",
        "warning",
        path[0],
        f"A turn through {in_order(shown)} can make {calls} model calls, and is stopped after {most}.",
        "Let one of these edges lead to a conversation node, or allow more calls.",
        Fix("paste", f"flow.max_calls_per_turn = {calls}"),
    )


def unknown_costs(flow: CheckedFlow) -> Iterator[Finding]:
    """Yield a warning for each model whose calls `flow.max_cost_per_turn` cannot limit."""
    if flow.config.turn_limits.max_cost is None:
        return
    unpriced = dict.fromkeys(ref for ref in _models(flow) if not _has_price(*ref))
    for provider, model in unpriced:
        yield Finding(
            "cost_unknown",
            "warning",
            "",
            f"The price of {provider}:{model} is not known, so flow.max_cost_per_turn does not limit its calls.",
            "flow.max_calls_per_turn limits them in any case.",
        )


def _calls_at(graph: FlowGraph, name: str) -> int:
    """Return how many calls a visit of a node makes: its own, and one that judges its edges."""
    is_judged = any(edge.condition.is_judged for edge in graph.outgoing(name))
    return int(graph.node(name).calls_model) + int(is_judged)


def _judging_before(graph: FlowGraph, path: list[str]) -> int:
    """Return the calls that judge the edges into a path, where a turn begins before it."""
    into = [edge for edge in graph.edges if path and edge.target == path[0]]
    return int(any(edge.condition.is_judged for edge in into))


def _longest_silent_path(graph: FlowGraph) -> list[str]:
    """Return the path through silent nodes, none of them twice, that makes the most calls among those tried.

    From each node the flow is followed depth first, to the target that has most calls ahead of it. In a graph
    without loops that is the longest path of all; a loop of silent nodes is reported by itself.
    """
    ahead: dict[str, int] = {}
    following: dict[str, str] = {}
    for name in _in_order(graph):
        known = [(ahead[target], target) for target in graph.targets(name) if target in ahead]
        best, target = max(known, default=(0, ""))
        ahead[name] = _calls_at(graph, name) + best
        following[name] = target
    if not ahead:
        return []
    path = [max(ahead, key=lambda name: ahead[name])]
    while following[path[-1]]:
        path.append(following[path[-1]])
    return path


def _in_order(graph: FlowGraph) -> Iterator[str]:
    """Yield the silent nodes, each after those that it leads to, loops aside."""
    seen: set[str] = set()
    for start in filter(graph.is_silent, graph.nodes):
        stack = [(start, iter(graph.targets(start)))] if start not in seen else []
        seen.add(start)
        while stack:
            _, targets = stack[-1]
            target = next((each for each in targets if each not in seen and graph.is_silent(each)), None)
            if target is None:
                yield stack.pop()[0]
            else:
                seen.add(target)
                stack.append((target, iter(graph.targets(target))))


def _models(flow: CheckedFlow) -> Iterator[tuple[str, str]]:
    """Yield the provider and the model of each call that the flow makes."""
    judge = [flow.config.ref(flow.judge_model)] if flow.judge_model else []
    yield from ((ref.provider, ref.model) for ref in judge)
    for node in model_nodes(flow.nodes).values():
        try:
            ref = node.resolve().ref
        except ByokError:
            continue  # reported elsewhere
        yield ref.provider, ref.model


def _has_price(provider: str, model: str) -> bool:
    answer = Answer("", "stop", usage=Usage(1, 1))
    return catalog.cost_of(provider, model, answer, free=PROVIDERS[provider].free_of_charge).usd is not None
