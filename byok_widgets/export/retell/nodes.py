"""Nodes of a flow as nodes of a conversation flow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from byok_widgets.export import losses
from byok_widgets.export.base import Loss
from byok_widgets.export.fields import kind_of
from byok_widgets.export.passing import pass_on
from byok_widgets.export.placeholders import rewritten
from byok_widgets.export.retell.edges import EdgeWriter
from byok_widgets.export.retell.equations import Json
from byok_widgets.export.retell.listed_models import listed
from byok_widgets.graph import AnyNode, FlowGraph
from byok_widgets.nodes.action.node import ActionNode
from byok_widgets.nodes.conversation import ConversationNode
from byok_widgets.nodes.extraction.node import ExtractionNode
from byok_widgets.schema import FieldSpec
from byok_widgets.templates.expression import Expression, Variable

_BRACES = re.compile(r"\{\{.*?\}\}", re.DOTALL)
RETURN = "What the caller asked for has been answered."
"""The condition under which a global node without edges goes back."""


class NodeWriter:
    """Writes nodes.

    Attributes:
        losses: What could not be said, as far as it is written.
    """

    def __init__(self, graph: FlowGraph, provider: str) -> None:
        self.losses: list[Loss] = []
        self._graph, self._provider = graph, provider
        self._edges = EdgeWriter(graph, self.losses)
        self._writers: Mapping[type, Callable[[Any], Iterator[Json]]] = {
            ConversationNode: self._conversation,
            ExtractionNode: self._extraction,
            ActionNode: self._action,
        }

    def nodes(self, node: AnyNode) -> Iterator[Json]:
        """Yield a node, and the node that ends the call behind it where it is silent."""
        yield from self._writers.get(type(node), self._other)(node)

    def text(self, prompt: str, where: str) -> str:
        """Return a prompt with Retell's placeholders."""
        made = rewritten(prompt, write=lambda text: self._plain(text, where), path_of=_name_of)
        for source in made.lost:
            self._lose(
                "filter",
                where,
                f"{source}: only plain variables are supported.",
                "The plain variable is inserted.",
            )
        return made.text

    def _plain(self, text: str, where: str) -> str:
        """Return a text in a prompt as it is: nothing keeps it from being taken for a variable."""
        if _BRACES.search(text):
            self._lose("braces", where, f"{text!r} is plain text here.", "It will be read as a variable.")
        return text

    def _conversation(self, node: ConversationNode) -> Iterator[Json]:
        if node.static and node.name not in self._graph.ends:
            problem = "A fixed sentence is spoken again on each visit, and is not used as a prompt."
            self._lose("static", node.name, problem)
        kind = "static_text" if node.static else "prompt"
        instruction = {"type": kind, "text": self.text(node.prompt, node.name)}
        common = {"name": node.name, **self._entrance(node), "instruction": instruction, **self._model(node)}
        if node.name in self._graph.ends:
            yield {"id": node.name, "type": "end", **common, "speak_during_execution": True}
        else:
            yield {"id": node.name, "type": "conversation", **common, **self._edges.of(node.name, waits=True)}

    def _extraction(self, node: ExtractionNode) -> Iterator[Json]:
        self.losses += losses.of_extraction(node)
        if node.prompt:
            self._lose("prompt", node.name, "Its prompt is not used: variables have only descriptions.")
        variables = [self._variable(node.name, spec) for spec in node.schema.fields]
        made = {"id": node.name, "type": "extract_dynamic_variables", "name": node.name, "variables": variables}
        yield from self._silent({**made, **self._entrance(node), **self._model(node)})

    def _action(self, node: ActionNode) -> Iterator[Json]:
        if node.function is not pass_on:
            writes = f"; {', '.join(node.writes)} is not set" if node.writes else ""
            problem = f"The function {node.function_name} is not called{writes}."
            self._lose("function", node.name, problem, "A branch replaces it; functions are hosted tools there.")
        yield from self._silent({"id": node.name, "type": "branch", "name": node.name, **self._entrance(node)})

    def _other(self, node: AnyNode) -> Iterator[Json]:
        self._lose("kind", node.name, f"Nodes of kind {node.kind!r} cannot be exported.", "A branch replaces it.")
        yield from self._silent({"id": node.name, "type": "branch", "name": node.name, **self._entrance(node)})

    def _silent(self, made: Json) -> Iterator[Json]:
        name = made["id"]
        if name not in self._graph.ends:
            yield {**made, **self._edges.of(name, waits=False, needs_else=made["type"] == "branch")}
            return
        end = self._edges.new_id(f"{name} end", self._graph.nodes)
        self._lose(
            "end", name, "A node that does not speak cannot end a call.", f"The added node {end!r} ends it."
        )
        yield {**made, "else_edge": self._edges.to_end(end)}
        yield {"id": end, "type": "end", "name": end}

    def _entrance(self, node: AnyNode) -> Json:
        ways_in = [edge for edge in self._graph.ways_in() if edge.target == node.name]
        if not ways_in:
            return {}
        setting: Json = {"condition": {"type": "prompt", "prompt": ways_in[0].condition.text}}
        if not self._graph.outgoing(node.name) and node.name not in self._graph.ends:
            self._lose("return", node.name, "It returns when the model judges its condition to be true.")
            back = {"type": "prompt", "prompt": RETURN}
            setting["go_back_conditions"] = [{"id": self._edges.edge_id(), "transition_condition": back}]
        return {"global_node_setting": setting}

    def _model(self, node: ConversationNode | ExtractionNode) -> Json:
        if node.max_tokens or node.settings:
            names = [*(["max_tokens"] if node.max_tokens else []), *node.settings]
            self._lose("settings", node.name, f"These model settings are not carried over: {', '.join(names)}.")
        if not node.model:
            return {}
        name = listed(node.model.partition(":")[2])
        if name:
            return {"model_config": {"primary": {"model": name}}}
        self._lose(
            "model",
            node.name,
            f"The model {node.model} is not available there.",
            "The node uses the flow's model.",
        )
        return {}

    def _variable(self, where: str, spec: FieldSpec) -> Json:
        made: Json = {"name": spec.name, "description": spec.description or spec.name}
        kind, choices = kind_of(spec), spec.enum
        if choices and all(isinstance(choice, str) for choice in choices):
            return {**made, "type": "enum", "choices": list(choices)}
        if kind in ("string", "boolean", "number") and not (choices or spec.shape.formats):
            return {**made, "type": kind}
        written = "number" if kind in ("integer", "number") else "string"
        what = (
            f"a choice of {kind or 'values'}" if choices else next(iter(spec.shape.formats), kind or "any value")
        )
        problem = f"The field {spec.name!r} is {what}."
        self._lose("type", where, problem, f"It is extracted as a {written}.")
        return {**made, "type": written}

    def _lose(self, feature: str, where: str, problem: str, instead: str = "") -> None:
        self.losses.append(Loss(feature, where, problem, instead))


def _name_of(expression: Expression) -> str:
    return expression.name if isinstance(expression, Variable) else ""
