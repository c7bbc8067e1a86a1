"""Which of a node's settings do not fit the model that would run. They are reported, never dropped silently."""

from __future__ import annotations

from typing import Any

from byok_widgets.config import ModelRef
from byok_widgets.diagnostics.checked_flow import CheckedFlow
from byok_widgets.errors import ByokError
from byok_widgets.nodes import ModelNode
from byok_widgets.nodes.node_settings import LIMIT
from byok_widgets.providers import PROVIDERS, ModelInfo
from byok_widgets.providers.adaptation import QUIRKS, ModelEndpoint
from byok_widgets.providers.base import sentence


def incompatible_settings(node: ModelNode[Any], info: ModelInfo | None = None) -> dict[str, str]:
    """Return a sentence for each setting that the model is known not to have, or not with this value.

    Args:
        node: The node.
        info: What the provider's own list says about the model that would run.
    """
    try:
        ref = node.resolve().ref
    except ByokError:
        return {}
    values = node.layered_settings.values()
    sentences = {name: _incompatibility(ref, info, name, values) for name in values}
    return {name: sentence for name, sentence in sentences.items() if sentence}


def refused_settings(flow: CheckedFlow, node: ModelNode[Any]) -> dict[str, str]:
    """Return a sentence for each setting that the endpoint has refused for the model that would run.

    Calls leave it out, with a notice on the reply, as long as this kernel lives.
    """
    try:
        ref = node.resolve().ref
        provider = PROVIDERS[ref.provider]
        url = "" if provider.free_of_charge else provider.address(flow.config.base_url(provider.name)).url
    except ByokError:
        return {}
    values = node.layered_settings.values()
    refused = QUIRKS.left_out(ModelEndpoint.of(provider, url, ref.model))
    names = ((LIMIT if left_out.is_token_limit else left_out.name, left_out) for left_out in refused)
    return {
        name: sentence(
            f"{provider.in_text} refused {name} for {ref.model} in this session; it is left out of the calls."
        )
        for name, left_out in names
        if name in values and left_out.concerns(values[name])
    }


def _incompatibility(ref: ModelRef, info: ModelInfo | None, name: str, values: dict[str, Any]) -> str:
    provider = PROVIDERS[ref.provider]
    takes = provider.supports(ref.model, info)
    if name != LIMIT and name not in provider.settings:
        return sentence(f"{provider.in_text} has no {name}: calls of this node would be refused.")
    if name in takes and takes[name] is None:
        efforts = takes.get("reasoning_effort") or ()
        if "none" not in efforts:
            return f"{ref.model} does not take {name}."
        return "" if values.get("reasoning_effort") == "none" else f"{ref.model} takes no {name} while it reasons."
    setting = next((known for known in provider.supported_settings(ref.model, info) if known.name == name), None)
    if setting is None or setting.offers(values[name]):
        return ""
    return f"For {ref.model}, {name} is {setting.values}, not {values[name]!r}."
