"""Whether the prompt conditions of a flow are judged by a model that is too weak for it."""

from __future__ import annotations

from collections.abc import Iterator

from byok_widgets.diagnostics.checked_flow import CheckedFlow
from byok_widgets.errors import ByokError
from byok_widgets.findings import Finding, Fix
from byok_widgets.graph import EVERYWHERE
from byok_widgets.providers import PROVIDERS, catalog


def weak_judge(flow: CheckedFlow) -> Iterator[Finding]:
    """Yield one warning if a pinned local model judges: they were right 7 to 11 times out of 15."""
    found = set(_judged_by_weak(flow))
    judged = [name for name in flow.nodes if name in found]
    if judged:
        better = _better(flow)
        yield Finding(
            "weak_judge",
            "warning",
            "",
            f"A small local model judges the prompt conditions (when=, enter=) of {', '.join(map(repr, judged))}, "
            "and is right little more often than a coin toss.",
            f'Write logic conditions where variables tell: if_="...". {_line(better)}',
            Fix("paste", f"flow.judge_model = {better!r}") if better else None,
        )


def _line(better: str) -> str:
    if better:
        return f"Or let a better model judge: flow.judge_model = {better!r}."
    return "Or let a better model judge (flow.judge_model), once the key of its provider is saved."


def _better(flow: CheckedFlow) -> str:
    """Return a model that would judge well and whose key this flow has; empty where there is none."""
    for name, provider in PROVIDERS.items():
        preset = catalog.presets(name).get("balanced")
        place = provider.key_destination(provider.address(flow.config.base_url(name))) if preset else ""
        if preset and flow.key_store.may_have(name, place):
            return f"{name}:{preset}"
    return ""


def _judged_by_weak(flow: CheckedFlow) -> Iterator[str]:
    """Yield the nodes whose edges, and the global nodes whose conditions, are judged by a weak model.

    The edges into global nodes are judged wherever a turn begins.
    """
    weak = {name for name in flow.nodes if _judges_weakly(flow, name)}
    for edge in flow.graph.edges:
        if not edge.condition.is_judged or edge.source in flow.graph.ends:
            continue
        if edge.source == EVERYWHERE and weak - flow.graph.ends - {edge.target}:
            yield edge.target
        elif edge.source in weak:
            yield edge.source


def _judges_weakly(flow: CheckedFlow, name: str) -> bool:
    try:
        ref = flow.config.ref(flow.judge_model) if flow.judge_model else flow.node(name).resolve().ref
    except ByokError:
        return False  # reported elsewhere
    return PROVIDERS[ref.provider].is_weak_judge(ref.model)
