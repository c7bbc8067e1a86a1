"""`FlowNodes`: the nodes of a flow and the edges between them, as cells create, replace and remove them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from byok_widgets.display import markup
from byok_widgets.errors import ConfigError
from byok_widgets.graph.flow_graph import AnyNode, FlowGraph
from byok_widgets.graph.shown_graph import ShownGraph
from byok_widgets.nodes.base import NODE_COLUMNS, Node
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.model_node import ModelNode
from byok_widgets.nodes.node_settings import yes_or_no
from byok_widgets.secrets.quoting import as_given

if TYPE_CHECKING:
    from byok_widgets.config.latency import Latency
    from byok_widgets.graph.edge import Edge
    from byok_widgets.nodes.compare_options import CompareOptions

N = TypeVar("N", bound=Node[Any])


class Nodes(dict[str, AnyNode]):
    """Nodes by name; in a cell, a table."""

    def _repr_html_(self) -> str:
        rows = [node.row() for node in self.values()]
        return markup.table(rows, columns=NODE_COLUMNS) if rows else markup.facts("There are no nodes yet.")


class FlowNodes:
    """The nodes and edges of a flow. Every change is announced to observers of the flow's settings."""

    def __init__(self, context: FlowContext) -> None:
        self._context, self._graph = context, ShownGraph()
        self._speaks_first: bool | None = None
        self._latency: Latency = "usual"
        self._fallback: str | None = None

    @property
    def graph(self) -> FlowGraph:
        """The nodes and the edges between them."""
        return self._graph

    @property
    def context(self) -> FlowContext:
        """What they share."""
        return self._context

    @property
    def nodes(self) -> Nodes:
        """The nodes by name, in the order they were created."""
        return Nodes(self._graph.nodes)

    @property
    def start_node(self) -> str:
        """Name of the node where sessions start: the one that was set, else the first one created."""
        return self._graph.start

    @start_node.setter
    def start_node(self, node: AnyNode | str) -> None:
        self._graph.start = self.name_of(node)
        self._notify()

    @property
    def speaks_first(self) -> bool | None:
        """Whether the start node speaks before the person; `None` lets it when it is a static one."""
        return self._speaks_first

    @speaks_first.setter
    def speaks_first(self, first: bool | None) -> None:
        self._speaks_first = None if first is None else yes_or_no("speaks_first", first)

    @property
    def latency(self) -> Latency:
        """`"speculative"` begins the likeliest reply while the judge decides; `"usual"` waits for it."""
        return self._latency

    @latency.setter
    def latency(self, latency: Latency) -> None:
        from byok_widgets.config.latency import checked_latency

        self._latency = checked_latency(latency)

    @property
    def fallback(self) -> str | None:
        """What a caller of the served flow hears when a turn fails; `None` for a sentence in English.

        Raises:
            ConfigError: On setting: it is neither.
        """
        return self._fallback

    @fallback.setter
    def fallback(self, fallback: str | None) -> None:
        if fallback is not None and not isinstance(fallback, str):
            raise ConfigError(
                "flow.fallback must be a sentence.",
                kind="serve_option",
                fix="Set None to use the default sentence, in English.",
            )
        self._fallback = fallback

    def opens(self, speak_first: bool | None = None) -> bool:  # noqa: FBT001 - passed on as it was given
        """Return whether a session begins with what the start node says; by default as `speaks_first` says."""
        chosen = self.speaks_first if speak_first is None else yes_or_no("speak_first", speak_first)
        return self._graph.node(self.start_node).opens if chosen is None else chosen

    def add(self, node: N, *, start: bool, end: bool, enter: str | None) -> N:
        """Add a node, or replace the one of the same name and kind; its edges stay.

        Raises:
            ConfigError: There is a node of the same name and another kind, or `start` or `end` is not a yes or no.
        """
        start, end = (
            yes_or_no(f"Node {node.name!r}: {name}", value) for name, value in (("start", start), ("end", end))
        )
        existing = self._graph.nodes.get(node.name)
        if existing and existing.kind != node.kind:
            raise ConfigError(
                f"The flow already has the {existing.kind} node {node.name!r}.",
                kind="node",
                fix=f"Give the {node.kind} node another name, or run the cell that creates the flow again.",
            )
        if existing and existing is not node:
            node.take_over(existing)
        if isinstance(node, ModelNode):
            node.join(self._compare)
        self._graph.put(node, start=start, end=end, enter=enter)
        self._notify()
        return node

    def connect(self, edge: Edge) -> None:
        """Add an edge, or replace the one between the same nodes."""
        self._graph.add(edge)
        self._notify()

    def disconnect(self, source: AnyNode | str, target: AnyNode | str) -> None:
        """Remove the edge between two nodes."""
        self._graph.remove(self.name_of(source), self.name_of(target))
        self._notify()

    def remove(self, node: AnyNode | str) -> None:
        """Remove a node with its edges."""
        self._graph.remove_node(self.name_of(node))
        self._notify()

    def name_of(self, node: AnyNode | str) -> str:
        """Return the name of a node that was given as an object or by its name.

        Raises:
            ConfigError: It is not a node, or it belongs to another flow.
        """
        if isinstance(node, str):
            return node
        self.require_own(node)
        return node.name

    def require_own(self, node: AnyNode) -> None:
        """Reject what is not a node of this flow.

        Raises:
            ConfigError: It is not a node, or it belongs to another flow.
        """
        if not isinstance(node, Node):
            raise ConfigError(
                f"{as_given(node)} is not a node.", kind="node", fix="Give a node of this flow, or its name."
            )
        if not node.belongs_to(self._context):
            raise ConfigError(
                f"Node {node.name!r} belongs to another flow.",
                kind="node",
                fix=f"Pass a node of this flow, or the name of one: {self._names()}.",
            )

    def _compare(self, node: ModelNode[Any], models: Iterable[str], cases: Any, options: CompareOptions) -> Any:
        from byok_widgets.compare.node_comparison import compare_node

        return compare_node(node, self, models=models, cases=cases, options=options)

    def _names(self) -> str:
        return ", ".join(map(repr, self._graph.nodes)) or "there is none yet"

    def _notify(self) -> None:
        self._context.config.notify("nodes")
