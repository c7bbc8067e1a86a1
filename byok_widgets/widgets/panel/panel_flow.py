"""What the panel needs from a flow: a `Flow`, or the settings of one that no cell has created yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from byok_widgets.config import FlowConfig
from byok_widgets.diagnostics.check import Check
from byok_widgets.graph import AnyNode
from byok_widgets.keys import KeyStore
from byok_widgets.nodes.flow_context import FlowContext


class PanelFlow(Protocol):
    """The flow that a settings panel shows."""

    provider: str
    model: str | None
    judge_model: str | None
    judge_max_tokens: int | None
    locale: str | None
    max_calls_per_turn: int | None
    max_cost_per_turn: float | None

    @property
    def name(self) -> str:
        """The flow's name."""

    @property
    def context(self) -> FlowContext:
        """What it shares with the other flows of its name."""

    @property
    def config(self) -> FlowConfig:
        """The flow's settings, observable."""

    @property
    def key_store(self) -> KeyStore:
        """The flow's key store. It returns no key to the panel."""

    @property
    def notice(self) -> str:
        """What the user has to know about the settings; empty if there is nothing."""

    @property
    def nodes(self) -> Mapping[str, AnyNode]:
        """The nodes by name."""

    def node(self, name: str) -> AnyNode:
        """Return a node."""

    def set_base_url(self, provider: str, url: str | None) -> None:
        """Send the calls for `provider` to another address."""

    def replace_model(self, old: str, new: str) -> tuple[str, ...]:
        """Use another model wherever one is used; returns who used it."""

    def check(self) -> Check:
        """Look for mistakes without sending anything."""
