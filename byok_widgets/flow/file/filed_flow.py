"""`FiledFlow`: what the file of a flow needs from it; `Flow` itself is built on top of that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from byok_widgets.config import FlowConfig
from byok_widgets.graph import AnyNode, FlowGraph

if TYPE_CHECKING:
    from byok_widgets.config.latency import Latency
    from byok_widgets.nodes.grounding_choice import Grounding


class FiledFlow(Protocol):
    """A flow that can be written to a file and filled from one."""

    provider: str
    model: str | None
    judge_model: str | None
    judge_max_tokens: int | None
    max_calls_per_turn: int | None
    max_cost_per_turn: float | None
    global_prompt: str
    grounding: Grounding
    locale: str | None
    speaks_first: bool | None
    latency: Latency
    fallback: str | None

    @property
    def name(self) -> str:
        """The flow's name."""

    @property
    def config(self) -> FlowConfig:
        """The flow's settings."""

    @property
    def graph(self) -> FlowGraph:
        """The nodes and the edges between them."""

    @property
    def nodes(self) -> Mapping[str, AnyNode]:
        """The nodes by name."""

    def set_base_url(self, provider: str, url: str | None) -> None:
        """Send the calls for `provider` to another address."""
