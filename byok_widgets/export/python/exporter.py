"""`PythonExporter`: a readable module that rebuilds the flow with the public API only.

Names, prompts and all other texts are written as literals, and nothing is imported but functions and classes that
the flow has already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from byok_widgets.export.base import Export, ExportedFlow, Exporter, Loss, file_stem
from byok_widgets.export.code import literal
from byok_widgets.export.losses import edge_name
from byok_widgets.export.python.calls import Arguments, Names
from byok_widgets.export.python.nodes import NodeWriter
from byok_widgets.graph import EVERYWHERE, Edge
from byok_widgets.providers import PROVIDERS

_DOCSTRING = '''"""A flow of byok_widgets, as code: `build()` makes it. There is no API key in it."""'''
_BUILD = '''def build(name={name}, *, functions=FUNCTIONS, fresh=False):
    """Return the flow.

    Args:
        name: Its name, under which its settings and keys are saved.
        functions: Those of its actions by the node's name, and those of conditions by the names of both nodes.
        fresh: Whether it reads and saves no settings.
    """
    flow = Flow(name, fresh=fresh)
'''


class PythonExporter(Exporter):
    """Writes flows as Python modules."""

    name = "python"
    label = "Python"

    def export(self, flow: ExportedFlow) -> Export:
        """Return the module, and what it cannot say."""
        writing = _Writing(flow)
        return self.result({f"{file_stem(flow.name)}_flow.py": writing.module()}, writing.names.losses)


class _Writing:
    """Writes one module."""

    def __init__(self, flow: ExportedFlow) -> None:
        self._flow, self._graph = flow, flow.graph.snapshot()
        self.names = Names()

    def module(self) -> str:
        """Return the module."""
        statements = [*self._settings(), "", *self._nodes(), "", *self._edges(), *self._speaking(), "return flow"]
        body = "\n".join(f"    {line}".rstrip() for part in statements for line in part.split("\n"))
        table = "".join(f"    {key}: {name},\n" for key, name in self._functions().items())
        head = [
            _DOCSTRING,
            "",
            *self.names.imports(),
            "",
            f"FUNCTIONS = {{\n{table}}}" if table else "FUNCTIONS = {}",
        ]
        head.append('"""The functions that could be imported; give the others to `build`."""')
        return "\n".join([*head, "", "", _BUILD.format(name=literal(self._flow.name)) + body]) + "\n"

    def _settings(self) -> Iterator[str]:
        flow, limits = self._flow, self._flow.config.turn_limits
        yield f"flow.provider = {literal(flow.provider)}"
        for provider in PROVIDERS:
            url = flow.config.base_url(provider)
            if url:
                yield f"flow.set_base_url({literal(provider)}, {literal(url)})"
        is_ambiguous = ":" in (flow.model or "")  # an id that could be taken for a provider's name and an id
        values: Mapping[str, object] = {
            "model": f"{flow.provider}:{flow.model}" if is_ambiguous else flow.model,
            "judge_model": flow.judge_model,
            "judge_max_tokens": flow.judge_max_tokens,
            "max_calls_per_turn": limits.calls,
            "max_cost_per_turn": limits.cost,
            "global_prompt": flow.global_prompt or None,
            "grounding": None if flow.grounding == "auto" else flow.grounding,
            "locale": flow.locale,
        }
        for name, value in values.items():
            if value is not None:
                yield f"flow.{name} = {literal(value)}"

    def _nodes(self) -> Iterator[str]:
        writer = NodeWriter(self._graph, self.names)
        for node in self._graph.nodes.values():
            yield writer.statement(node)

    def _edges(self) -> Iterator[str]:
        for edge in self._graph.edges:
            if edge.source != EVERYWHERE:
                yield from self._edge(edge)

    def _edge(self, edge: Edge) -> Iterator[str]:
        condition, where = edge.condition, edge_name(edge)
        arguments = Arguments(literal(edge.source), literal(edge.target))
        if edge.extra:
            self.names.losses.append(
                Loss(
                    "unknown", where, f"Unknown fields in its file are not carried over: {', '.join(edge.extra)}."
                )
            )
        if not condition.is_known:
            self.names.losses.append(
                Loss("condition", where, "Its condition is of an unknown kind.", "The edge is left out.")
            )
            return
        if condition.argument:
            arguments.add(condition.argument, condition.text)
        elif condition.runs_code:
            arguments.put("if_", f"functions[{literal(edge.source)}, {literal(edge.target)}]")
        elif not condition.is_fallback:
            home = self.names.imported(type(condition))
            if not home:
                self.names.losses.append(
                    Loss(
                        "condition",
                        where,
                        "The class of its condition is defined in the notebook.",
                        "The edge is left out.",
                    )
                )
                return
            arguments.put("condition", f"{home}.from_data({literal(condition.to_data())})")
        yield arguments.call("flow.connect")

    def _speaking(self) -> Iterator[str]:
        if self._flow.speaks_first is not None:
            yield f"flow.speaks_first = {literal(self._flow.speaks_first)}"
        if self._flow.latency != "usual":
            yield f"flow.latency = {literal(self._flow.latency)}"
        if self._flow.fallback is not None:
            yield f"flow.fallback = {literal(self._flow.fallback)}"

    def _functions(self) -> dict[str, str]:
        """Return where the functions come from, by what `build` looks for."""
        needed: dict[str, tuple[str, Any]] = {}
        for node in self._graph.nodes.values():
            needed |= {literal(node.name): (node.name, each) for each in self.names.bound(node)}
        for edge in self._graph.edges:
            for function in edge.condition.codes if edge.condition.runs_code else ():
                key = f"({literal(edge.source)}, {literal(edge.target)})"
                needed[key] = (edge_name(edge), function)
        found = {key: self.names.imported(function) for key, (_, function) in needed.items()}
        for key, (where, _) in needed.items():
            if not found[key]:
                problem = "Its function is defined in the notebook, or has no name in a module."
                self.names.losses.append(
                    Loss("function", where, problem, f"Give build(functions={{{key}: ...}}).")
                )
        return {key: name for key, name in found.items() if name}
