"""The live flows of this kernel, for the gear to find. The registry keeps none of them alive."""

from __future__ import annotations

import threading
import weakref

from byok_widgets.flow.protocols import RegisteredFlow
from byok_widgets.nodes.flow_context import FlowContext

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


def _live_flows() -> list[RegisteredFlow]:
    with _lock:
        return [flow for flow in (made() for made in _made) if flow is not None]
