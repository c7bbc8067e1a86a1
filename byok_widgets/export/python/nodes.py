"""The statements that make nodes, in a generated module."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from byok_widgets.errors import ByokError
from byok_widgets.export.base import Loss
from byok_widgets.export.code import is_argument, literal, one_line_literal
from byok_widgets.export.losses import has_own_checks
from byok_widgets.export.python.calls import Arguments, Names
from byok_widgets.graph import AnyNode, FlowGraph
from byok_widgets.nodes.action.node import ActionNode
from byok_widgets.nodes.conversation import ConversationNode
from byok_widgets.nodes.extraction.node import ExtractionNode
from byok_widgets.nodes.time_limits import FUNCTION_DEADLINE_S
from byok_widgets.schema import ExtractionSchema, Field, FieldSpec

_TYPES: Mapping[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "dict": dict,
    "list": list,
    "list[str]": list[str],
    "list[int]": list[int],
    "list[float]": list[float],
    "datetime.date": datetime.date,
    "datetime.time": datetime.time,
    "datetime.datetime": datetime.datetime,
}
"""Types that a field is written with, where they say the same as its schema."""


class NodeWriter:
    """Writes the statement that makes a node."""

    def __init__(self, graph: FlowGraph, names: Names) -> None:
        self._graph, self._names = graph, names
        self._writers: Mapping[type, Callable[[Any], str]] = {
            ConversationNode: self._conversation,
            ExtractionNode: self._extraction,
            ActionNode: self._action,
        }

    def statement(self, node: AnyNode) -> str:
        """Return the statement that makes a node."""
        unknown = self._graph.extra.get(node.name, {})
        lost = [name for name in unknown if name not in node.to_data(unknown)]
        if lost:
            self._lose("unknown", node, f"Unknown fields in its file are not carried over: {', '.join(lost)}.")
        return self._writers.get(type(node), self._other)(node)

    def _conversation(self, node: ConversationNode) -> str:
        arguments = Arguments(literal(node.name), literal(node.prompt))
        arguments.add("static", node.static, default=False)
        self._add_place(arguments, node)
        self._add_model(arguments, node)
        settings = dict(node.settings)
        if all(map(is_argument, settings)):
            for name, value in settings.items():
                arguments.put(name, literal(value))
        else:
            arguments.put_all(literal(settings))
        return arguments.call("flow.conversation")

    def _extraction(self, node: ExtractionNode) -> str:
        data = node.to_data({})
        arguments = Arguments(literal(node.name))
        self._add_fields(arguments, node)
        arguments.add("prompt", node.prompt, default="")
        if data["examples"]:
            arguments.put("examples", literal([[each["dialogue"], each["values"]] for each in data["examples"]]))
        for name in ("window", "grounding", "locale"):
            arguments.add(name, data.get(name))
        self._add_place(arguments, node)
        self._add_model(arguments, node)
        arguments.add("settings", dict(node.settings), default={})
        return arguments.call("flow.extraction")

    def _action(self, node: ActionNode) -> str:
        key = literal(node.name)
        arguments = Arguments(key, f"functions[{key}]")
        arguments.add("writes", list(node.writes), default=[])
        arguments.add("deadline_s", node.deadline_s, default=FUNCTION_DEADLINE_S)
        arguments.add("effects", node.effects, default=False)
        self._add_place(arguments, node)
        if node.function is None:
            self._lose("function", node, "It has no function.", f"Give build(functions={{{key}: ...}}).")
        return arguments.call("flow.action")

    def _other(self, node: AnyNode) -> str:
        """Return the statement for a node of a kind that others wrote: its file data rebuilds it."""
        home = self._names.imported(type(node))
        if not home:
            self._lose(
                "kind", node, "The class of this node is defined in the notebook.", "Write its statement yourself."
            )
            return f"# flow.add(...): the class of node {one_line_literal(node.name)} cannot be imported"
        data = literal(node.to_data({}))
        arguments = Arguments(f"{home}.from_data(flow.context, {literal(node.name)}, {data})")
        self._add_place(arguments, node)
        return arguments.call("flow.add")

    def _add_place(self, arguments: Arguments, node: AnyNode) -> None:
        ways_in = (edge.condition.text for edge in self._graph.ways_in() if edge.target == node.name)
        arguments.add("start", node.name == self._graph.start, default=False)
        arguments.add("end", node.name in self._graph.ends, default=False)
        arguments.add("enter", next(ways_in, None))

    def _add_model(self, arguments: Arguments, node: ConversationNode | ExtractionNode) -> None:
        arguments.add("model", node.model)
        arguments.add("max_tokens", node.max_tokens)

    def _add_fields(self, arguments: Arguments, node: ExtractionNode) -> None:
        schema = node.schema
        home = self._names.imported(schema.model) if schema.model else ""
        if home:
            arguments.put("schema", home)
            return
        fields = {spec.name: self._field(spec) for spec in schema.fields}
        if all(fields.values()) and _says_the_same(schema, {n: f for n, f in fields.items() if f}):
            written = {name: self._written(field) for name, field in fields.items() if field}
            entries = ", ".join(f"{literal(name)}: {source}" for name, source in written.items())
            arguments.put("fields", f"{{{entries}}}")
            return
        arguments.put("schema", literal(schema.definition()))
        if has_own_checks(node):
            problem = "Checks in its classes and types that go beyond their JSON Schema are not carried over."
            self._lose("validators", node, problem, "The schema is written out; replace it with the class.")

    def _field(self, spec: FieldSpec) -> tuple[str, Field] | None:
        """Return a field with the source of its type; `None` where no type says what its schema says."""
        candidates = {**_TYPES, **({literal(list(spec.enum)): list(spec.enum)} if spec.enum else {})}
        for source, kind in candidates.items():
            field = Field(kind, spec.description, spec.required)
            try:
                made = ExtractionSchema.of(fields={spec.name: field}).fields[0]
            except ByokError:
                continue
            if made.schema == spec.schema:
                return source, field
        return None

    def _written(self, found: tuple[str, Field]) -> str:
        source, field = found
        if source.startswith("datetime."):
            self._names.imported(field.type)
        if not field.description and field.required:
            return source
        self._names.use_field()
        arguments = Arguments(source)
        arguments.add("description", field.description, default="")
        arguments.add("required", field.required, default=True)
        return arguments.call("Field")

    def _lose(self, feature: str, node: AnyNode, problem: str, instead: str = "") -> None:
        self._names.losses.append(Loss(feature, node.name, problem, instead))


def _says_the_same(schema: ExtractionSchema, fields: Mapping[str, tuple[str, Field]]) -> bool:
    made = ExtractionSchema.of(fields={name: field for name, (_, field) in fields.items()})
    same: bool = made.definition() == schema.definition()
    return same
