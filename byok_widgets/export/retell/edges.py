"""Edges of a flow as edges of a conversation flow."""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import partial
from itertools import count

from byok_widgets.export.base import Loss
from byok_widgets.export.fields import kind_in
from byok_widgets.export.losses import LEFT_OUT, edge_name
from byok_widgets.export.normal_form import NotInNormalFormError
from byok_widgets.export.retell.equations import Json, equations
from byok_widgets.graph import Edge, FlowGraph

ELSE, ALWAYS = "Else", "Always"


class EdgeWriter:
    """Writes the edges of one node after the other."""

    def __init__(self, graph: FlowGraph, losses: list[Loss]) -> None:
        self._graph, self._losses = graph, losses
        self._numbers = count(1)

    def edge_id(self) -> str:
        """Return an id that no other edge has."""
        return f"edge-{next(self._numbers)}"

    def new_id(self, wanted: str, taken: Container[str]) -> str:
        """Return an id for a node that no other has."""
        return wanted if wanted not in taken else self.new_id(f"{wanted}_", taken)

    def of(self, name: str, *, waits: bool, needs_else: bool = False) -> Json:
        """Return the edges of a node.

        Args:
            name: The node.
            waits: Whether it waits for the caller: then an edge without a condition is an "always" edge.
            needs_else: Whether there has to be an else edge, also one that leads nowhere.
        """
        own = self._graph.outgoing(name)
        conditional = [edge for edge in own if not edge.condition.is_fallback]
        fallback = next((edge for edge in own if edge.condition.is_fallback), None)
        # Equations first, then what a model judges: the order in which both builders look at them.
        in_order = sorted(conditional, key=lambda edge: edge.condition.is_judged)
        made: Json = {"edges": [each for edge in in_order for each in self._conditional(edge)]}
        if fallback:
            always = waits and not conditional
            name_of, word = ("always_edge", ALWAYS) if always else ("else_edge", ELSE)
            made[name_of] = self._edge({"type": "prompt", "prompt": word}, fallback.target)
        elif needs_else:
            made["else_edge"] = self._edge({"type": "prompt", "prompt": ELSE}, "")
        return made

    def to_end(self, name: str) -> Json:
        """Return the edge to the node that ends the call."""
        return self._edge({"type": "prompt", "prompt": ELSE}, name)

    def _conditional(self, edge: Edge) -> Iterator[Json]:
        for condition in self._conditions(edge):
            yield self._edge(condition, edge.target)

    def _conditions(self, edge: Edge) -> Iterator[Json]:
        condition, where = edge.condition, edge_name(edge)
        if condition.is_judged:
            yield {"type": "prompt", "prompt": condition.text}
        elif condition.expression is None:
            problem = f"Its condition of the kind {condition.kind!r}: {condition.text}."
            self._losses.append(Loss("condition", where, problem, LEFT_OUT))
        else:
            try:
                found = equations(condition.expression.tree, partial(kind_in, self._graph))
                if not found:
                    problem = f"Its condition {condition.text} never holds."
                    self._losses.append(Loss("edge", where, problem, LEFT_OUT))
                yield from found
            except NotInNormalFormError as error:
                problem = f"The condition {condition.text} is not an equation: {error}."
                self._losses.append(
                    Loss("condition", where, problem, "A model judges it in words, after the others.")
                )
                yield {"type": "prompt", "prompt": f"This is true of the values that are known: {condition.text}"}

    def _edge(self, condition: Json, target: str) -> Json:
        made = {"id": self.edge_id(), "transition_condition": condition}
        return {**made, "destination_node_id": target} if target else made
