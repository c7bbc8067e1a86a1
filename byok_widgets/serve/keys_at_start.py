"""What a flow needs before it can be served: a model for each node, and a key for each provider."""

from __future__ import annotations

from byok_widgets.config import ModelRef
from byok_widgets.errors import ByokError
from byok_widgets.providers import PROVIDERS
from byok_widgets.serve.served_flow import ServedFlow


async def require_keys(flow: ServedFlow) -> None:
    """Reject a flow that could not answer.

    Raises:
        MissingKeyError: "No API key configured" for a provider that a node needs.
        ConfigError: No model is chosen for a node, or a provider has no address.
    """
    refs: list[ModelRef] = []
    fault: ByokError | None = None
    for node in flow.graph.nodes.values():
        if node.calls_model:
            try:
                refs.append(node.resolve().ref)
            except ByokError as error:
                fault = error
    if fault is not None:
        raise await flow.context.without_model(fault)
    if flow.context.config.judge_model and any(edge.condition.is_judged for edge in flow.graph.edges):
        refs.append(flow.context.config.ref(flow.context.config.judge_model))
    for provider in dict.fromkeys(ref.provider for ref in refs):
        await flow.context.endpoint(PROVIDERS[provider])
