"""The nodes of a FlowConfig."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from byok_widgets.export.base import Loss
from byok_widgets.export.pipecat.plan import AGAIN, DECIDES, Plan, Tool
from byok_widgets.export.placeholders import dotted, rewritten
from byok_widgets.graph import AnyNode
from byok_widgets.templates.expression import Expression

Json = dict[str, Any]

_PLACEHOLDER = re.compile(r"\{\{\s*[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*\s*\}\}")
_LISTENS = "Wait for the caller. When they have said something, call the tool; say nothing before."
_DECIDES = "Say nothing. Call the tool whose description is true of what was said."


class NodeWriter:
    """Writes the config of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._graph = plan, plan.graph

    def config(self) -> Json:
        """Return the config."""
        nodes = {name: node for each in self._graph.nodes.values() for name, node in self._nodes(each)}
        start = self._graph.start
        if self._plan.flow.global_prompt:
            role = self._text(self._plan.flow.global_prompt, "")
            nodes[start] = {"role_message": role, **nodes[start]}
        made: Json = {"initial_node": start, "nodes": nodes}
        if self._plan.for_all:
            made["global_functions"] = [_function(tool) for tool in self._plan.for_all]
        return made

    def _nodes(self, node: AnyNode) -> Iterator[tuple[str, Json]]:
        name = node.name
        if name in self._graph.ends:
            yield name, self._end(node)
        elif node.speaks:
            yield from self._speaking(node)
        elif name == self._graph.start:
            yield name, self._made(name, _LISTENS, respond_immediately=False)
        if self._plan.decides(name):
            yield f"{name}{DECIDES}", self._made(f"{name}{DECIDES}", _DECIDES)

    def _speaking(self, node: AnyNode) -> Iterator[tuple[str, Json]]:
        name, text = node.name, self._text(node.prompt, node.name)
        self._tell_settings(node)
        waits = self._plan.waits and name == self._graph.start
        if node.is_static and not waits:
            self._tell_static(name)
            said = {"pre_actions": [{"type": "tts_say", "text": text}]}
            yield name, {**self._made(name, text, respond_immediately=False), **said}
        else:
            if node.is_static:
                self._lose(
                    "static",
                    name,
                    "The fixed sentence of a start node that waits for the caller is used as a prompt.",
                )
            yield name, self._made(name, text, respond_immediately=not waits)
        if self._plan.has_copy(node):
            yield f"{name}{AGAIN}", self._made(name, text)

    def _end(self, node: AnyNode) -> Json:
        over = {"type": "end_conversation"}
        if not node.speaks:
            return {"task_messages": [], "pre_actions": [over], "respond_immediately": False}
        text = self._text(node.prompt, node.name)
        self._tell_settings(node)
        if not node.is_static:
            return {"task_messages": [_message(text)], "post_actions": [over]}
        self._tell_static(node.name)
        # Both come before: as a post-action the end would wait for another reply.
        say = {"type": "tts_say", "text": text}
        return {"task_messages": [], "pre_actions": [say, over], "respond_immediately": False}

    def _made(self, name: str, text: str, *, respond_immediately: bool = True) -> Json:
        tools = [_function(tool) for tool in self._plan.tools.get(name, ())]
        return {
            "task_messages": [_message(text)],
            **({"functions": tools} if tools else {}),
            **({} if respond_immediately else {"respond_immediately": False}),
        }

    def _text(self, prompt: str, where: str) -> str:
        paths: list[str] = []

        def path_of(expression: Expression) -> str:
            paths.append(dotted(expression))
            return paths[-1]

        made = rewritten(prompt, write=_escaped, path_of=path_of)
        for path in paths:
            if "." in path:
                problem = (
                    f"{{{{{path}}}}}: without that entry, Pipecat cannot enter the node, and raises an error."
                )
                self._lose("part", where, problem, "Set it in begin(), or before the flow comes here.")
        for source in made.lost:
            self._lose(
                "filter",
                where,
                f"{source}: filters and indexes are not supported.",
                "The plain value is inserted.",
            )
        return made.text

    def _tell_static(self, name: str) -> None:
        problem = "A fixed sentence is spoken by the pipeline's TTS service."
        self._lose("static", name, problem, "Without one, the model does not see the sentence.")

    def _tell_settings(self, node: AnyNode) -> None:
        data = node.to_data({})
        if data.get("model"):
            self._lose(
                "model", node.name, f"Its model {data['model']} is not used.", "The pipeline has one model."
            )
        names = [*(["max_tokens"] if data.get("max_tokens") else []), *(data.get("settings") or {})]
        if names:
            self._lose("settings", node.name, f"These model settings are not carried over: {', '.join(names)}.")

    def _lose(self, feature: str, where: str, problem: str, instead: str = "") -> None:
        self._plan.losses.append(Loss(feature, where, problem, instead))


def _message(text: str) -> Json:
    return {"role": "developer", "content": text}


def _escaped(text: str) -> str:
    """Return a text in which Pipecat sees no placeholder."""
    return _PLACEHOLDER.sub(lambda found: f"\\{found[0]}", text)


def _function(tool: Tool) -> Json:
    if tool.only_moves:
        description = " ".join(tool.description.split())
        moves = {"transition_only": True, "description": description, "transition_to": tool.targets[0]}
        return {"name": tool.name, **moves}
    if not tool.targets:
        return {"name": tool.name}
    cases = {target: target for target in tool.targets}
    return {"name": tool.name, "transition_to": {"field": "node", "cases": cases}}
