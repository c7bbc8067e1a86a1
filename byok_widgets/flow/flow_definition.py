"""`FlowDefinition`: settings and nodes of a flow in one object, which a file can be made of and read into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from byok_widgets.attributes.delegation import delegated
from byok_widgets.attributes.strict import StrictAttributes
from byok_widgets.config import FlowConfig
from byok_widgets.flow.flow_nodes import FlowNodes
from byok_widgets.flow.flow_settings import FlowSettings
from byok_widgets.graph.flow_graph import AnyNode, FlowGraph
from byok_widgets.keys import KeyStore
from byok_widgets.nodes.flow_context import FlowContext

if TYPE_CHECKING:
    from byok_widgets.config.latency import Latency
    from byok_widgets.nodes.grounding_choice import Grounding


class FlowDefinition(StrictAttributes):
    """What a flow is, apart from all that can be done with it.

    Attributes:
        speaks_first: Whether the start node speaks before the person; `None` lets it when it is a static one.
        fallback: What a caller of the served flow hears when a turn fails; `None` for a sentence in English.
        latency: `"speculative"` begins the likeliest reply while a judge decides, which costs more.
    """

    name: str = delegated("_settings", FlowSettings.name)
    context: FlowContext = delegated("_settings", FlowSettings.context)
    config: FlowConfig = delegated("_settings", FlowSettings.config)
    key_store: KeyStore = delegated("_settings", FlowSettings.key_store)
    provider: str = delegated("_settings", FlowSettings.provider)
    model: str | None = delegated("_settings", FlowSettings.model)
    judge_model: str | None = delegated("_settings", FlowSettings.judge_model)
    judge_max_tokens: int | None = delegated("_settings", FlowSettings.judge_max_tokens)
    max_calls_per_turn: int | None = delegated("_settings", FlowSettings.max_calls_per_turn)
    max_cost_per_turn: float | None = delegated("_settings", FlowSettings.max_cost_per_turn)
    max_calls_per_visit: int | None = delegated("_settings", FlowSettings.max_calls_per_visit)
    max_cost_per_visit: float | None = delegated("_settings", FlowSettings.max_cost_per_visit)
    global_prompt: str = delegated("_settings", FlowSettings.global_prompt)
    grounding: Grounding = delegated("_settings", FlowSettings.grounding)
    locale: str | None = delegated("_settings", FlowSettings.locale)
    graph: FlowGraph = delegated("_members", FlowNodes.graph)
    nodes: Mapping[str, AnyNode] = delegated("_members", FlowNodes.nodes)
    start_node: Any = delegated("_members", FlowNodes.start_node)
    speaks_first: bool | None = delegated("_members", FlowNodes.speaks_first)
    latency: Latency = delegated("_members", FlowNodes.latency)
    fallback: str | None = delegated("_members", FlowNodes.fallback)

    def __init__(self, settings: FlowSettings) -> None:
        self._settings, self._members = settings, FlowNodes(settings.context)

    def set_base_url(self, provider: str, url: str | None) -> None:
        """Send this flow's calls for `provider` to another address, or with `None` to the usual one.

        A key is bound to its address: a key saved for one host is never sent to another.

        Raises:
            ConfigError: No such provider, or not an https address, nor http to this machine.
            KeyFormatError: There is an API key in it.
        """
        self._settings.set_base_url(provider, url)
