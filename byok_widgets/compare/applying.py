"""Writes a recommendation into the settings of a flow."""

from __future__ import annotations

from collections.abc import Mapping

from byok_widgets.compare.results.recommendation import Recommendation
from byok_widgets.config import FlowConfig
from byok_widgets.display.prose import Prose
from byok_widgets.errors import ConfigError
from byok_widgets.graph import AnyNode
from byok_widgets.secrets import redact


def apply(recommendation: Recommendation, nodes: Mapping[str, AnyNode], config: FlowConfig) -> Prose:
    """Set the overrides of the recommended models, all or none; return what was changed, with the evidence.

    Raises:
        ConfigError: It is no recommendation, or a node of it is not in the flow.
    """
    if not isinstance(recommendation, Recommendation):
        raise ConfigError(
            "apply takes what a comparison recommends.",
            kind="recommendation",
            fix='Write flow.apply(comparison.best("node")).',
        )
    if recommendation.is_baseline:
        return Prose(redact(f"Nothing was changed: {recommendation.reason}", words=False))
    missing = [name for name in recommendation.models if name not in nodes]
    if missing:
        raise ConfigError(
            f"The flow has no node {missing[0]!r}.", kind="node", fix="Apply it to the flow that was compared."
        )
    config.set_overrides(recommendation.models)
    changed = " and ".join(f"{node} now uses {model}" for node, model in recommendation.models.items())
    return Prose(redact(f"{changed}. Evidence: {recommendation.reason}.", words=False))
