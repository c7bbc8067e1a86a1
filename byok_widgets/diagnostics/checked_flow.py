"""What the checks read from a flow: any object with these attributes can be checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from byok_widgets.config import FlowConfig
from byok_widgets.graph import AnyNode, FlowGraph
from byok_widgets.keys import KeyStore
from byok_widgets.nodes.flow_context import FlowContext


class CheckedSettings(Protocol):
    """A flow's settings, before any of its nodes is known."""

    @property
    def context(self) -> FlowContext:
        """What its nodes share."""

    @property
    def config(self) -> FlowConfig:
        """Provider, models, overrides and addresses."""

    @property
    def key_store(self) -> KeyStore:
        """The flow's keys; a check only asks for their status."""

    @property
    def notice(self) -> str:
        """A notice about the settings for the user; empty if all is well."""

    @property
    def provider(self) -> str:
        """Name of the provider used for bare model ids."""

    @property
    def model(self) -> str | None:
        """Default model."""


class CheckedFlow(CheckedSettings, Protocol):
    """A flow with its nodes."""

    @property
    def nodes(self) -> Mapping[str, AnyNode]:
        """The nodes by name."""

    @property
    def graph(self) -> FlowGraph:
        """The nodes and the edges between them."""

    @property
    def judge_model(self) -> str | None:
        """Model that judges prompt conditions."""

    @property
    def global_prompt(self) -> str:
        """Prompt that precedes the prompt of every conversation node."""

    @property
    def speaks_first(self) -> bool | None:
        """Whether the start node speaks before the user."""

    @property
    def is_served(self) -> bool:
        """Whether it has been served in this process."""

    def node(self, name: str) -> AnyNode:
        """Return a node."""
