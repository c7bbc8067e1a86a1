"""What a search of assignments looks through: the models of each node, and the cases that judge it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from byok_widgets.cases.case import Case, Cases
from byok_widgets.compare.cells.frozen import FrozenFlow
from byok_widgets.errors import ConfigError
from byok_widgets.graph import FlowGraph
from byok_widgets.nodes.model_node import model_nodes


def choices_of(
    flow: FrozenFlow, models: Iterable[str] | Mapping[str, Iterable[str]], metrics: Mapping[str, Any]
) -> dict[str, list[str]]:
    """Return the models of each node that calls one, the one that it has now first.

    Raises:
        ConfigError: A node that was named calls no model, or there is no model to change to.
    """
    nodes = model_nodes(flow.graph.nodes)
    listed = models.values() if isinstance(models, Mapping) else [models]
    if not all(isinstance(each, Iterable) for each in listed):
        raise _nothing_to_change_to()
    given = (
        models
        if isinstance(models, Mapping)
        else dict.fromkeys(nodes, [models] if isinstance(models, str) else [*models])
    )
    for name in [*given, *metrics]:
        if name not in nodes:
            raise ConfigError(
                f"The flow has no node {name!r} that calls a model.",
                kind="node",
                fix=f"There are: {', '.join(nodes)}.",
            )
    found = {}
    for name, wanted in given.items():
        refs = [str(nodes[name].resolve().ref), *(str(flow.context.config.ref(model)) for model in wanted)]
        found[name] = list(dict.fromkeys(refs))
    chosen = {name: refs for name, refs in found.items() if len(refs) > 1}
    if not chosen:
        raise _nothing_to_change_to()
    return chosen


def _nothing_to_change_to() -> ConfigError:
    return ConfigError(
        "There is no model to change to.", kind="models", fix='Write models=["...", "..."], or a list by node.'
    )


def judging_cases(graph: FlowGraph, name: str, cases: Cases, metrics: Mapping[str, Any]) -> list[Case]:
    """Return the cases that judge a node, with what they expect of this node alone."""
    if name in metrics:
        return list(cases)
    writes = set(graph.node(name).writes)
    narrowed = [
        replace(
            case,
            values={field: value for field, value in case.values.items() if field in writes},
            path=(),
            end_node="",
            assertions=(),
        )
        for case in cases
    ]
    return [case for case in narrowed if case.values]


def reject_simulated(cases: Cases) -> None:
    """Reject callers that a model plays: what a node alone is given has to be known beforehand.

    Raises:
        ConfigError: There is one.
    """
    for case in cases:
        if case.simulated:
            raise ConfigError(
                f"Case {case.name!r} has a simulated caller, and nodes are tried alone on what callers say.",
                kind="caller",
                fix="Give what the caller says, and take simulated callers to flow.compare with what was found.",
            )


def checked_margin(margin: float | None) -> float:
    """Return the loss of score that is accepted.

    Raises:
        ConfigError: None was given, or it is no share.
    """
    from byok_widgets.compare.statistics.verdicts import check_margin

    if margin is None:
        raise ConfigError(
            "A search needs the loss of score that you accept.",
            kind="margin",
            fix="Write margin=0.05 for 5 points.",
        )
    check_margin(margin)
    return float(margin)
