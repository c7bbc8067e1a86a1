"""The live flows of this kernel, for the gear to find. The registry keeps none of them alive."""

from __future__ import annotations

import threading
import weakref

from byok_widgets.flow.protocols import RegisteredFlow

_made: list[weakref.ref[RegisteredFlow]] = []
_lock = threading.Lock()


def register(flow: RegisteredFlow) -> None:
    """Add a newly created flow."""
    with _lock:
        _made[:] = [made for made in _made if made() is not None] + [weakref.ref(flow)]


def names() -> tuple[str, ...]:
    """Return the names of the live flows, each once, in the order they were first created."""
    return tuple(dict.fromkeys(flow.name for flow in _live_flows()))


def latest(name: str) -> RegisteredFlow | None:
    """Return the most recently created flow of that name."""
    return next((flow for flow in reversed(_live_flows()) if flow.name == name), None)


def _live_flows() -> list[RegisteredFlow]:
    with _lock:
        return [flow for flow in (made() for made in _made) if flow is not None]
