"""The live flows of this kernel, for the gear to find. The registry keeps none of them alive."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from byok_widgets.graph import AnyNode
from byok_widgets.nodes.flow_context import FlowContext

if TYPE_CHECKING:
    from byok_widgets.diagnostics.check import Check


class RegisteredFlow(Protocol):
    """A flow that can be found by its name."""

    @property
    def context(self) -> FlowContext:
        """What it shares with the other flows of its name."""

    @property
    def nodes(self) -> Mapping[str, AnyNode]:
        """The nodes by name."""

    def check(self) -> Check:
        """Look for mistakes without sending anything."""


_made: list[weakref.ref[RegisteredFlow]] = []
_lock = threading.Lock()


def register(flow: RegisteredFlow) -> None:
    """Add a newly created flow."""
    with _lock:
        _made[:] = [made for made in _made if made() is not None] + [weakref.ref(flow)]


def contexts() -> tuple[FlowContext, ...]:
    """Return the contexts of the flows that live, each once, in the order they were first made."""
    return tuple({id(flow.context): flow.context for flow in _live_flows()}.values())


def latest(context: FlowContext) -> RegisteredFlow | None:
    """Return the flow that was made last of those that share a context."""
    return next((flow for flow in reversed(_live_flows()) if flow.context is context), None)


def others(flow: object, context: FlowContext) -> tuple[RegisteredFlow, ...]:
    """Return the flows that share a context with a flow."""
    return tuple(other for other in _live_flows() if other is not flow and other.context is context)


def _live_flows() -> list[RegisteredFlow]:
    with _lock:
        return [flow for flow in (made() for made in _made) if flow is not None]
