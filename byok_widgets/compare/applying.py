"""Writes a choice into the settings of a flow."""

from __future__ import annotations

from collections.abc import Mapping

from byok_widgets.compare.choice import Choice
from byok_widgets.config import FlowConfig
from byok_widgets.errors import ConfigError
from byok_widgets.graph import AnyNode


def apply(choice: Choice, nodes: Mapping[str, AnyNode], config: FlowConfig) -> str:
    """Set the overrides of a choice's nodes, all of them or none; return what was changed, with the evidence.

    Raises:
        ConfigError: It is no choice, or a node of it is not in the flow.
    """
    if not isinstance(choice, Choice):
        raise ConfigError(
            "apply takes what a comparison chose.", kind="choice", fix='Write flow.apply(comparison.best("node")).'
        )
    if choice.is_baseline:
        return f"Nothing was changed: {choice.reason}"
    missing = [name for name in choice.models if name not in nodes]
    if missing:
        raise ConfigError(
            f"The flow has no node {missing[0]!r}.", kind="node", fix="Apply it to the flow that was compared."
        )
    config.set_overrides(choice.models)
    changed = ", ".join(f"{node} now uses {model}" for node, model in choice.models.items())
    return f"{changed}: {choice.reason}."
