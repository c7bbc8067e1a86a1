"""`Plan`: which nodes and tools a flow becomes in Pipecat, before any of it is written."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from byok_widgets.errors import ConfigError
from byok_widgets.export.base import ExportedFlow, Loss
from byok_widgets.graph import AnyNode, Edge
from byok_widgets.schema import FieldSpec

AGAIN, DECIDES = " (again)", " (decides)"
"""Endings of names: of the copy of a node that has spoken, and of the node where a model decides."""
_MOST_CHARS = 60
_TAKEN = frozenset({"begin", "flow_manager", "flow", "inspect", "Path", "sys", "FUNCTIONS", "NODES", "TOOLS"})


@dataclass(frozen=True)
class Tool:
    """A tool that the speaking model calls, and behind it the way through silent nodes.

    Attributes:
        name: Its name.
        call: The function of the handlers that it calls, and the node for that.
        description: When it is to be called.
        fields: What it extracts on the way: the fields by parameter.
        targets: The nodes to which it may lead, as they are called in Pipecat.
    """

    name: str
    call: tuple[str, str]
    description: str
    fields: Mapping[str, FieldSpec] = field(default_factory=dict)
    targets: tuple[str, ...] = ()

    @property
    def only_moves(self) -> bool:
        """Whether it does nothing but lead to one node: then it needs no code."""
        return self.call[0] == "_move" and len(self.targets) == 1 and not self.fields


class Plan:
    """What a flow becomes.

    Attributes:
        flow: The flow.
        graph: Its graph.
        losses: What cannot be said.
        for_all: The tools that are offered everywhere.
        tools: The tools of each node of Pipecat, by its name there.
    """

    def __init__(self, flow: ExportedFlow) -> None:
        self.flow, self.graph = flow, flow.graph.snapshot()
        self.losses: list[Loss] = []
        self._names: set[str] = set()
        self._require_free_names()
        self.for_all = [self._to(edge, f"enter {edge.target}", "_enter_global") for edge in self.graph.ways_in()]
        self.tools = {name: list(tools) for name, tools in self._tools()}
        self.losses += self._dead_ends()

    @property
    def waits(self) -> bool:
        """Whether the flow begins when the caller has said something."""
        start = self.graph.node(self.graph.start)
        speaks_first = start.opens if self.flow.speaks_first is None else self.flow.speaks_first
        return not (speaks_first and start.speaks)

    def has_copy(self, node: AnyNode) -> bool:
        """Whether a node has a copy for later visits: a sentence is said once, and the start waits once."""
        may = node.speaks and node.name not in self.graph.ends
        return may and (node.is_static or (self.waits and node.name == self.graph.start))

    def decides(self, name: str) -> bool:
        """Whether a model has to decide where a silent node leads."""
        silent = self.graph.is_silent(name) and name not in self.graph.ends
        return silent and any(edge.condition.is_judged for edge in self.graph.outgoing(name))

    def exact_edges(self, name: str) -> list[Edge]:
        """Return the edges of a node that handlers look at."""
        if name in self.graph.ends:
            return []
        outgoing = self.graph.outgoing(name)
        return [edge for edge in outgoing if not edge.condition.is_judged and edge.condition.is_known]

    def _dead_ends(self) -> Iterator[Loss]:
        """Yield the silent nodes at which a flow may stay: nothing stays at a handler."""
        for name in self.graph.nodes:
            exact = self.exact_edges(name)
            may_stay = self.graph.is_silent(name) and name not in self.graph.ends and not self.decides(name)
            if may_stay and not any(edge.condition.is_fallback for edge in exact):
                problem = (
                    "If none of its conditions holds, the flow cannot stay at this node."
                    if exact
                    else ("It leads nowhere, and the flow cannot stay at this node.")
                )
                instead = "The node before it speaks again, and its model decides. Connect it with an else edge."
                yield Loss("dead_end", name, problem, instead)

    def _require_free_names(self) -> None:
        for name in self.graph.nodes:
            for copy in (f"{name}{AGAIN}", f"{name}{DECIDES}"):
                if copy in self.graph.nodes:
                    raise ConfigError(
                        f"The nodes {name!r} and {copy!r} cannot be told apart in Pipecat.",
                        kind="export",
                        fix="Rename the second one.",
                    )

    def _tools(self) -> Iterator[tuple[str, Iterator[Tool]]]:
        for node in self.graph.nodes.values():
            if node.name in self.graph.ends:
                continue
            if node.speaks:
                yield node.name, self._at(node)
            elif node.name == self.graph.start:
                fields = self._fields_of(self._silent_from([node.name]))
                call, stops = ("_move", node.name), self._stops([node.name])
                name = self._unique(f"{node.name} begins")
                yield node.name, iter([Tool(name, call, "The caller has said something.", fields, stops)])
            if self.decides(node.name):
                yield f"{node.name}{DECIDES}", self._at(node)

    def _at(self, node: AnyNode) -> Iterator[Tool]:
        outgoing = self.graph.outgoing(node.name)
        judged = [edge for edge in outgoing if edge.condition.is_judged]
        for edge in judged:
            yield self._to(edge, f"{node.name} to {edge.target}", "_move")
        exact = self.exact_edges(node.name)
        if exact:
            yield self._onward(node, exact, alone=not judged)
        elif not outgoing and self.graph.is_global(node.name):
            yield self._back(node)

    def _to(self, edge: Edge, name: str, call: str) -> Tool:
        fields = self._fields_of(self._silent_from([edge.target]))
        stops = self._stops([edge.target])
        return Tool(self._unique(name), (call, edge.target), edge.condition.text, fields, stops)

    def _onward(self, node: AnyNode, exact: list[Edge], *, alone: bool) -> Tool:
        if node.speaks and any(not edge.condition.is_fallback for edge in exact):
            problem = "Logic conditions of a node that speaks are evaluated when the model calls a tool."
            self.losses.append(
                Loss("order", node.name, problem, "They are not evaluated before the model's own choice.")
            )
        targets = [edge.target for edge in exact]
        when = "The caller has answered." if alone else "The caller has answered, and no other tool fits."
        when = when if node.speaks else "No other tool fits."
        fields = self._fields_of(self._silent_from(targets))
        call = ("_leave", node.name)
        return Tool(self._unique(f"{node.name} goes on"), call, when, fields, self._stops(targets))

    def _back(self, node: AnyNode) -> Tool:
        self.losses.append(
            Loss(
                "return", node.name, "It returns when the model calls a tool, and the node before it speaks again."
            )
        )
        when = "What the caller asked for has been answered: go back to where the conversation was."
        speaking = [each.name for each in self.graph.nodes.values() if each.speaks and each.name != node.name]
        names = [each for each in speaking if each not in self.graph.ends]
        return Tool(
            self._unique(f"return from {node.name}"), ("_go_back", node.name), when, {}, self._stops(names)
        )

    def _stops(self, starts: Iterable[str]) -> tuple[str, ...]:
        """Return the nodes of Pipecat at which the ways from some nodes end."""
        found: dict[str, None] = {}
        for name in self._reached(starts):
            node = self.graph.node(name)
            if node.speaks or name in self.graph.ends:
                found[name] = None
                if self.has_copy(node):
                    found[f"{name}{AGAIN}"] = None
            elif self.decides(name):
                found[f"{name}{DECIDES}"] = None
        return tuple(found)

    def _silent_from(self, starts: Iterable[str]) -> list[str]:
        return [name for name in self._reached(starts) if self.graph.is_silent(name)]

    def _reached(self, starts: Iterable[str]) -> list[str]:
        """Return nodes and what handlers may reach from them, up to those that speak."""
        found: dict[str, None] = {}
        waiting = list(starts)
        while waiting:
            name = waiting.pop(0)
            if name not in found:
                found[name] = None
                if self.graph.is_silent(name):
                    waiting += [edge.target for edge in self.exact_edges(name)]
        return list(found)

    def _fields_of(self, names: Iterable[str]) -> dict[str, FieldSpec]:
        """Return the fields that nodes extract, by the name of a parameter."""
        found: dict[str, FieldSpec] = {}
        known: set[str] = set()
        for name in names:
            node = self.graph.node(name)
            for variable in node.writes:
                spec = node.field(variable)
                if spec is not None and variable not in known:
                    known.add(variable)
                    found[_parameter(variable, found)] = spec
        return found

    def _unique(self, wanted: str) -> str:
        """Return an identifier that no other tool has, made of the letters of a name."""
        plain = re.sub(r"[^A-Za-z0-9]+", "_", wanted).strip("_")[:_MOST_CHARS].casefold() or "tool"
        plain = plain if _is_free(plain) else f"to_{plain}"
        name, number = plain, 2
        while name in self._names:
            name, number = f"{plain}_{number}", number + 1
        self._names.add(name)
        return name


def _parameter(name: str, taken: Mapping[str, object]) -> str:
    plain = re.sub(r"\W+", "_", name, flags=re.ASCII)
    plain = plain if plain[:1].isalpha() and _is_free(plain) else f"v_{plain}"
    while plain in taken:
        plain = f"{plain}_"
    return plain


def _is_free(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and name not in _TAKEN
