"""`ServedFlow`: one version of a flow, as it is served; and `Versions`: a session stays with its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from byok_widgets.errors import ByokError
from byok_widgets.graph import AnyNode, FlowGraph
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.serve.stores.damage import reading
from byok_widgets.serve.stores.store import Store

_LOG = logging.getLogger("byok_widgets.serve")


@dataclass(frozen=True)
class ServedFlow:
    """A flow as it was when it began to be served; what cells change later holds for later versions.

    Attributes:
        version: Identifies what it says and does.
        graph: Its nodes and edges.
        context: Its settings and keys.
        data: The flow as the text of its file; empty if it has none, as with a condition that is a function.
        speculates: Whether the likeliest reply begins while the judge decides.
        fallback: What the caller hears when a turn fails; `None` for the usual sentence.
    """

    version: str
    graph: FlowGraph
    context: FlowContext
    data: str = ""
    speculates: bool = False
    fallback: str | None = None

    @cached_property
    def name(self) -> str:
        """The flow's name."""
        return self.context.config.name

    @cached_property
    def actions(self) -> tuple[str, ...]:
        """The nodes that run a person's functions."""
        return tuple(name for name, node in self.graph.nodes.items() if acts(node))

    @cached_property
    def has_effects(self) -> bool:
        """Whether one of them changes the world."""
        return any(node.has_effects for node in self.graph.nodes.values())


def acts(node: AnyNode) -> bool:
    """Whether a node runs a person's function."""
    return bool(node.codes) and not node.calls_model


Loader = Callable[[str, str], ServedFlow]
"""Makes a flow of its version and its data."""


class Versions:
    """The versions of a flow that sessions go on with.

    Args:
        current: The one for new sessions.
        store: Where earlier ones are kept.
        load: Makes a flow of what is kept; `None` where that is not possible.
    """

    def __init__(self, current: ServedFlow, store: Store, load: Loader | None = None) -> None:
        self.current = current
        self._store, self._load = store, load
        self._known = {current.version: current}

    async def open(self) -> None:
        """Keep the current version, for sessions that outlive it."""
        if self.current.data:
            await self._store.keep_version(self.current.version, self.current.data)

    async def replace(self, current: ServedFlow) -> None:
        """Let new sessions begin with another version."""
        self.current = self._known[current.version] = current
        await self.open()

    def known(self, version: str) -> ServedFlow | None:
        """Return a version that was used before; `None` for any other."""
        return self._known.get(version)

    async def of(self, version: str) -> ServedFlow:
        """Return a version; the current one in its place if it cannot be had, which the log tells."""
        if version not in self._known:
            self._known[version] = await self._loaded(version)
        return self._known[version]

    async def _loaded(self, version: str) -> ServedFlow:
        data = await self._store.version(version)
        if data is not None and self._load is not None:
            try:
                with reading("a version of the flow"):
                    return self._load(version, data)
            except ByokError as error:
                _LOG.warning("version %s of the flow cannot be opened: %s", version, error.problem)
        _LOG.warning("sessions of version %s of the flow go on with the current one", version)
        return self.current
