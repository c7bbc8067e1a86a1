"""The module of handlers: the tools, the silent nodes as data, and the code that goes through them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from typing import Any

from byok_widgets.export import losses
from byok_widgets.export.base import Loss
from byok_widgets.export.code import importable, literal, module_of, one_line_literal
from byok_widgets.export.fields import kind_of
from byok_widgets.export.losses import edge_name
from byok_widgets.export.normal_form import NotInNormalFormError
from byok_widgets.export.pipecat.expressions import as_python
from byok_widgets.export.pipecat.plan import DECIDES, Plan, Tool
from byok_widgets.graph import AnyNode, Edge
from byok_widgets.nodes.action.node import ActionNode
from byok_widgets.nodes.extraction.node import ExtractionNode
from byok_widgets.schema import FieldSpec
from byok_widgets.templates import parsed

_PYTHON = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list",
    "object": "dict",
}
_OWN_NAMES = frozenset({"begin", "flow", "inspect", "sys", "pipecat", "FUNCTIONS", "NODES", "Path"})


def handlers_module(plan: Plan, config: str, name: str) -> str:
    """Return the module.

    Args:
        plan: What the flow becomes.
        config: Name of the file of the config.
        name: Name of the module.
    """
    return _Module(plan).text(config, name)


class _Module:
    def __init__(self, plan: Plan) -> None:
        self._plan, self._graph = plan, plan.graph
        self._modules: set[str] = set()
        self._functions: dict[str, str] = {}
        self._makers: Mapping[type, Callable[[Any], Iterator[tuple[str, str]]]] = {
            ExtractionNode: self._extraction,
            ActionNode: self._action,
        }

    def text(self, config: str, name: str) -> str:
        nodes = "".join(f"    {literal(node.name)}: {self._node(node)},\n" for node in self._graph.nodes.values())
        tools = [*self._plan.for_all, *(tool for tools in self._plan.tools.values() for tool in tools)]
        written = "\n\n".join(self._tool(tool) for tool in tools if not tool.only_moves)
        functions = "".join(f"    {key}: {source},\n" for key, source in self._functions.items())
        runtime = resources.files(__package__).joinpath("runtime.txt").read_text(encoding="utf-8")
        parts = {
            "@IMPORTS@": "".join(f"import {module}\n" for module in sorted(self._modules)),
            "@CONFIG@": literal(config),
            "@MODULE@": name,
            "@NODES@": nodes,
            "@FUNCTIONS@": functions,
            "@VARIABLES@": literal(self._variables()),
            "@START@": literal(self._graph.start if self._graph.node(self._graph.start).speaks else ""),
            "@TOOLS@": written,
        }
        # Each mark is replaced once, in the order in which they stand: what is put in is not looked at again.
        made, rest = "", runtime
        for mark, source in sorted(parts.items(), key=lambda part: runtime.index(part[0])):
            before, _, rest = rest.partition(mark)
            made += before + source
        return made + rest

    def _variables(self) -> list[str]:
        """Return all variables, also those that nothing sets: Pipecat enters no node whose prompt has one."""
        nodes = self._graph.nodes.values()
        written = [name for node in nodes for name in node.writes]
        prompts = [self._plan.flow.global_prompt, *(node.prompt for node in nodes if node.speaks)]
        placeholders = [each for prompt in prompts for each in parsed(prompt).placeholders]
        return list(dict.fromkeys([*written, *(name for each in placeholders for name in each.names)]))

    def _node(self, node: AnyNode) -> str:
        entries: dict[str, str] = {}
        if node.speaks:
            entries["speaks"] = "True"
            entries |= {"copy": "True"} if self._plan.has_copy(node) else {}
        else:
            entries |= dict(self._makers.get(type(node), self._unknown)(node))
        if node.name in self._graph.ends:
            entries["ends"] = "True"
        if self._plan.decides(node.name):
            entries["decides"] = literal(f"{node.name}{DECIDES}")
        if edges := list(self._edges(node.name)):
            entries["edges"] = "[\n" + "".join(f"            {edge},\n" for edge in edges) + "        ]"
        return "{" + "".join(f"\n        {literal(key)}: {source}," for key, source in entries.items()) + "\n    }"

    def _extraction(self, node: ExtractionNode) -> Iterator[tuple[str, str]]:
        self._plan.losses += losses.of_extraction(node)
        if node.prompt:
            self._lose(
                "prompt", node.name, "Its prompt is not used: a tool has only the descriptions of its fields."
            )
        if node.model or node.max_tokens or node.settings:
            self._lose(
                "model",
                node.name,
                "Its model and settings are not used.",
                "The speaking model extracts the values.",
            )
        for spec in node.schema.fields:
            self._tell_type(node.name, spec)
        fields = {spec.name: list(spec.enum) if spec.enum else None for spec in node.schema.fields}
        yield "fields", literal(fields)

    def _action(self, node: ActionNode) -> Iterator[tuple[str, str]]:
        yield "writes", literal(list(node.writes))
        self._functions[literal(node.name)] = self._function(node.name, node.function)
        if node.effects:
            self._lose("effects", node.name, "Its function may run again, because its effects are not remembered.")
        self._lose("deadline", node.name, f"Its time limit of {node.deadline_s:g} s is ignored.")

    def _unknown(self, node: AnyNode) -> Iterator[tuple[str, str]]:
        self._lose(
            "kind",
            node.name,
            f"Nodes of kind {node.kind!r} cannot be exported.",
            "It does nothing, and only its edges count.",
        )
        yield "writes", "[]"

    def _edges(self, name: str) -> Iterator[str]:
        for edge in self._plan.exact_edges(name):
            holds = self._holds(edge)
            if holds:
                yield f"({holds}, {literal(edge.target)})"
        for edge in self._graph.outgoing(name):
            if not edge.condition.is_known:
                self._lose("condition", edge_name(edge), "Its condition is of an unknown kind.", losses.LEFT_OUT)

    def _holds(self, edge: Edge) -> str:
        condition = edge.condition
        if condition.is_fallback:
            return "None"
        if condition.expression is not None:
            try:
                return f"lambda state: {as_python(condition.expression.tree)}"
            except NotInNormalFormError as error:
                problem = f"The condition {condition.text}: {error}."
        elif condition.runs_code:
            key = literal([edge.source, edge.target])
            key = f"({key[1:-1]})"
            (function,) = condition.codes
            self._functions[key] = self._function(edge_name(edge), function)
            return f"lambda state: FUNCTIONS[{key}](state)"
        else:
            problem = f"Its condition of the kind {condition.kind!r}: {condition.text}."
        self._lose("condition", edge_name(edge), problem, losses.LEFT_OUT)
        return ""

    def _function(self, where: str, function: Callable[..., Any] | object | None) -> str:
        name = importable(function, _OWN_NAMES) if function is not None else ""
        if name:
            self._modules.add(module_of(function))
            return name
        problem = "Its function is defined in the notebook, so it cannot be imported."
        self._lose("function", where, problem, "Add it to FUNCTIONS in the handlers.")
        return "None"

    def _tool(self, tool: Tool) -> str:
        parameters = "".join(
            f", {parameter}: {_PYTHON.get(kind_of(spec), 'str')} = None" for parameter, spec in tool.fields.items()
        )
        entries = (f"{literal(spec.name)}: {parameter}" for parameter, spec in tool.fields.items())
        call, node = tool.call
        given = f", {{{', '.join(entries)}}}" if tool.fields else ""
        body = f"return await {call}(flow_manager, {one_line_literal(node)}{given})"
        return (
            f"\nasync def {tool.name}(flow_manager: FlowManager{parameters}):\n"
            f"    {_docstring(tool.description, tool.fields)}\n    {body}\n"
        )

    def _tell_type(self, where: str, spec: FieldSpec) -> None:
        kind = kind_of(spec)
        if spec.enum:
            self._lose("type", where, f"The allowed values of {spec.name!r} are not part of its type.", _IN_WORDS)
        elif kind in ("", "array", "object") or spec.shape.formats:
            what = next(iter(spec.shape.formats), kind or "of several types")
            self._lose(
                "type",
                where,
                f"The content of {spec.name!r} is not described ({what}).",
                "Only the outer type is requested.",
            )

    def _lose(self, feature: str, where: str, problem: str, instead: str = "") -> None:
        self._plan.losses.append(Loss(feature, where, problem, instead))


_IN_WORDS = "They are listed in its description, and other values are ignored."


def _docstring(description: str, fields: Mapping[str, FieldSpec]) -> str:
    lines = [" ".join(description.split()) or "Goes on."]
    if fields:
        lines += ["", "Args:", *(f"    {parameter}: {_about(spec)}" for parameter, spec in fields.items())]
    text = "\n".join(lines)
    indented = "\n    ".join(lines) + ("\n    " if fields else "")
    is_plain = all(line.isprintable() for line in lines) and "\\" not in text and '"' not in text
    return f'"""{indented}"""' if is_plain else repr(inspect.cleandoc(text))


def _about(spec: FieldSpec) -> str:
    words = " ".join((spec.description or spec.name).split()).rstrip(".")
    choices = f" One of: {', '.join(map(str, spec.enum))}." if spec.enum else ""
    return f"{words}.{' '.join(choices.split('  '))} Left out if it was not said."
