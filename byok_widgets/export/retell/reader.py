"""`RetellReader`: reads conversation flows in the three shapes in which they come, and lists what it skips.

The shapes: the flow alone, the answer of the API, and an agent that the dashboard exported with its flow inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from byok_widgets.export.base import Loss
from byok_widgets.export.passing import pass_on
from byok_widgets.export.retell.conditions import Conditions
from byok_widgets.export.retell.graph_checks import edges_of
from byok_widgets.export.retell.listed_models import ref_of
from byok_widgets.export.retell.nodes import RETURN

Json = dict[str, Any]

_BRANCHES = ("branch", "logic_split")
_OF_FLOW = frozenset({"nodes", "start_node_id", "start_speaker", "global_prompt", "model_config", "model_choice"})
_OF_API = frozenset({"conversation_flow_id", "version", "last_modification_timestamp", "is_published"})
_OF_AGENT = _OF_API | {"conversationFlow", "conversation_flow", "agent_name", "agent_id", "response_engine"}
"""What an agent has around its flow that says nothing, or that is read."""
_ON_SCREEN = frozenset({"display_position", "begin_tag_display_position", "notes", "name", "id", "type"})
_OF_NODE = frozenset(
    {"instruction", "edges", "else_edge", "always_edge", "variables", "global_node_setting"}
    | {"model_config", "model_choice", "speak_during_execution"}
)
_JSON_TYPES = {"string": "string", "boolean": "boolean", "number": "number"}


class RetellReader:
    """Reads conversation flows."""

    def recognises(self, data: Any) -> bool:
        """Whether this is a conversation flow, in any of its three shapes."""
        flow = _flow_in(data)
        nodes = flow.get("nodes")
        is_list = isinstance(nodes, list) and all(
            isinstance(n, dict) and {"id", "type"} <= n.keys() for n in nodes
        )
        return is_list and ("start_speaker" in flow or flow is not data)

    def read(self, data: Json, name: str) -> tuple[Json, list[Loss], dict[str, Callable[..., Any]]]:
        """Return the data of a flow file, what was left out, and the functions of nodes that only branch."""
        flow = _flow_in(data)
        reading = _Reading(flow)
        if flow is not data:
            reading.skip_settings(data, _OF_AGENT, "{} of the agent.")
        title = data.get("agent_name")
        made = reading.data(title if isinstance(title, str) and title.strip() else name)
        return made, reading.skipped, reading.functions


def _flow_in(data: Any) -> Json:
    if not isinstance(data, dict):
        return {}
    inner = data.get("conversationFlow") or data.get("conversation_flow")
    return inner if isinstance(inner, dict) else data


class _Reading:
    """Reads one flow."""

    def __init__(self, flow: Json) -> None:
        self.skipped: list[Loss] = []
        self.functions: dict[str, Callable[..., Any]] = {}
        self._flow = flow
        self._makers: Mapping[str, Callable[[Json], Json | None]] = {
            "conversation": self._conversation,
            "end": self._end,
            "extract_dynamic_variables": self._extraction,
            **dict.fromkeys(_BRANCHES, self._branch),
        }
        nodes = {node["id"]: node for node in self._nodes(flow["nodes"])}
        self._made = {name: (node, made) for name, node in nodes.items() if (made := self._node(node)) is not None}
        variables = [
            each for node in nodes.values() for each in _list(node, "variables") if _text(each.get("name"))
        ]
        self._conditions = Conditions({each["name"]: each.get("type") for each in variables})

    def data(self, name: str) -> Json:
        """Return the flow as the data of a flow file."""
        flow = self._flow
        self.skip_settings(flow, _OF_FLOW | _OF_API | _ON_SCREEN, "{}.")
        wanted = flow.get("start_node_id")
        start, first = _text(wanted), next(iter(self._made), "")
        if wanted is not None and start not in self._made:
            self._skip("start", "", f"It starts at {wanted!r}, which was left out.", f"It starts at {first!r}.")
        model = self._model(flow, "")
        return {
            "version": 1,
            "name": name,
            **({"provider": model.partition(":")[0], "model": model.partition(":")[2]} if model else {}),
            "global_prompt": self._text(flow, "global_prompt"),
            "start": start if start in self._made else first,
            "speaks_first": flow.get("start_speaker") == "agent",
            "nodes": [made for _, made in self._made.values()],
            "edges": [edge for node, _ in self._made.values() for edge in self._edges(node)],
        }

    def skip_settings(self, of: Json, known: frozenset[str], problem: str) -> None:
        """List the settings that are not known here, and that are set."""
        for key in sorted(of.keys() - known):
            if of[key]:
                self._skip("setting", "", problem.format(key))

    def _nodes(self, nodes: list[Json]) -> Iterator[Json]:
        """Yield the nodes that can be told apart."""
        known: set[str] = set()
        for at, node in enumerate(nodes, 1):
            name = _text(node["id"])
            if not name.strip():
                self._skip("node", "", f"Node {at} has no id.", "The node is left out.")
            elif name in known:
                self._skip("node", name, "An earlier node has the same id.", "The node is left out.")
            else:
                known.add(name)
                yield node

    def _text(self, flow: Json, name: str) -> str:
        if not isinstance(flow.get(name), str | None):
            self._skip("setting", "", f"{name}: it is not a text.")
        return _text(flow.get(name))

    def _node(self, node: Json) -> Json | None:
        maker = self._makers.get(_text(node["type"]))
        if maker is None:
            self._skip(
                "node", node["id"], f"Nodes of type {node['type']!r} are not supported.", "The node is left out."
            )
            return None
        for key in sorted(node.keys() - _OF_NODE - _ON_SCREEN):
            if node[key] not in (None, [], {}):
                self._skip("setting", node["id"], f"{key}.")
        for key in ("edges", "variables"):
            if _list(node, key) != (node.get(key) or []):
                self._skip("setting", node["id"], f"Some {key} are no objects.", "They are left out.")
        made = maker(node)
        return None if made is None else {"name": node["id"], **made, "enter": self._way_in(node)}

    def _conversation(self, node: Json) -> Json | None:
        instruction = node.get("instruction")
        text = _text(instruction.get("text")) if isinstance(instruction, dict) else ""
        if not text.strip():
            self._skip("node", node["id"], "It says nothing.", "The node is left out.")
            return None
        static = (instruction or {}).get("type") == "static_text"
        model = self._model(node, node["id"]) or None
        return {"kind": "conversation", "prompt": text, "static": static, "model": model}

    def _end(self, node: Json) -> Json:
        instruction = node.get("instruction")
        if node.get("speak_during_execution") and isinstance(instruction, dict) and _text(instruction.get("text")):
            return {**(self._conversation(node) or {}), "end": True}
        return {**self._branch(node), "end": True}

    def _extraction(self, node: Json) -> Json | None:
        properties: Json = {}
        for variable in _list(node, "variables"):
            name, description = _text(variable.get("name")), _text(variable.get("description"))
            if not name or name in properties:
                problem = f"There are two variables {name!r}." if name else "A variable has no name."
                self._skip("variable", node["id"], problem, "One is left out.")
                continue
            told = {} if description in ("", name) else {"description": description}
            choices = variable.get("choices")
            kind = variable.get("type", "string")
            what: Json = {"type": _JSON_TYPES.get(_text(kind), "string")}
            if _text(kind) not in (*_JSON_TYPES, "enum") or (kind == "enum" and not choices):
                self._skip("variable", node["id"], f"The type of the variable {name!r}.", "It is a text.")
            properties[name] = {**({"type": "string", "enum": choices} if choices else what), **told}
            for key in sorted(variable.keys() - {"name", "description", "type", "choices"}):
                self._skip("variable", node["id"], f"{key} of the variable {name!r}.")
        if not properties:
            self._skip("node", node["id"], "It extracts nothing.", "The node is left out.")
            return None
        schema = {"type": "object", "properties": properties, "required": list(properties)}
        return {"kind": "extraction", "schema": schema, "model": self._model(node, node["id"]) or None}

    def _branch(self, node: Json) -> Json:
        self.functions[node["id"]] = pass_on
        return {"kind": "action", "writes": []}

    def _model(self, of: Json, where: str) -> str:
        chosen = of.get("model_config") or of.get("model_choice")
        if not isinstance(chosen, dict):
            if chosen:
                self._skip("model", where, "The model is not named in a known form.", "Choose a model.")
            return ""
        primary = chosen.get("primary", chosen)
        name = _text(primary.get("model")) if isinstance(primary, dict) else ""
        if chosen and not name:
            self._skip("model", where, "The model is not named in a known form.", "Choose a model.")
        ref = ref_of(name) if name else ""
        if name and not ref:
            self._skip("model", where, f"The model {name}: no provider is known to have it.", "Choose a model.")
        for key in sorted(chosen.keys() - {"primary", "model", "type"}):
            self._skip("setting", where, f"{key} of its model.")
        return ref

    def _way_in(self, node: Json) -> str | None:
        setting = node.get("global_node_setting")
        if not isinstance(setting, dict):
            return None
        condition = setting.get("condition")
        sentence = condition if isinstance(condition, str) else _prompt_in(condition)
        if not sentence.strip():
            self._skip(
                "global", node["id"], "Its condition is not a sentence.", "It cannot be entered from anywhere."
            )
            return None
        for key in sorted(setting.keys() - {"condition", "go_back_conditions"}):
            self._skip("global", node["id"], f"{key} of its global setting.")
        back = [_prompt_in(each.get("transition_condition")) for each in _list(setting, "go_back_conditions")]
        if any(sentence != RETURN for sentence in back):
            what = (
                "it returns as soon as it has spoken"
                if not list(edges_of(node))
                else "it returns by its edges alone"
            )
            self._skip("global", node["id"], "Its conditions for going back.", f"Here {what}.")
        return sentence

    def _edges(self, node: Json) -> Iterator[Json]:
        """Yield the edges of a node; those that lead to the same one are joined where the first of them stands."""
        by_target: dict[str, Json] = {}
        before = ""
        for edge in edges_of(node):
            made = self._edge(node, edge)
            if made is None:
                continue
            known = by_target.setdefault(made["target"], made)
            where = f"{made['source']} → {made['target']}"
            if known is not made and not self._joined(known, made):
                problem = "There is another edge between the two, of another kind."
                self._skip("edge", where, problem, "It is left out.")
            elif known is not made and before != made["target"]:
                problem = "Its condition is looked at with that of the first edge between the two."
                self._skip("order", where, problem, "Edges in between come after it.")
            before = made["target"]
        yield from by_target.values()

    def _joined(self, known: Json, more: Json) -> bool:
        if "if" in known and "if" in more:
            joined = f"{known['if']} or {more['if']}"
            if self._conditions.fault(joined):
                return False
            known["if"] = joined
        elif "when" in known and "when" in more:
            known["when"] = f"{known['when']}, or {more['when']}"
        else:
            return False
        return True

    def _edge(self, node: Json, edge: Json) -> Json | None:
        source, target = node["id"], edge.get("destination_node_id")
        if target is None:
            if edge in _list(node, "edges"):
                self._skip("edge", f"{source} →", "It leads nowhere.", "The edge is left out.")
            return None
        where = f"{source} → {target}"
        problem = self._condition_problem(node, edge)
        if _text(target) not in self._made:
            problem = "It leads to a node that was left out."
        if problem:
            self._skip("edge", where, problem, "The edge is left out.")
            return None
        return {"source": source, "target": target, **self._condition(node, edge)}

    def _condition_problem(self, node: Json, edge: Json) -> str:
        if edge is node.get("skip_response_edge"):
            return "It does not wait for an answer from the caller."
        condition = edge.get("transition_condition")
        if not isinstance(condition, dict):
            return "It has no condition."
        if condition.get("type") == "equation":
            return self._conditions.problem(condition)
        return "" if _prompt_in(condition).strip() else "Its condition is empty."

    def _condition(self, node: Json, edge: Json) -> Json:
        if edge is node.get("else_edge") or edge is node.get("always_edge"):
            return {}
        condition = edge["transition_condition"]
        if condition.get("type") == "equation":
            return {"if": self._conditions.expression(condition)}
        return {"when": _prompt_in(condition)}

    def _skip(self, feature: str, where: str, problem: str, instead: str = "") -> None:
        self.skipped.append(Loss(feature, where, problem, instead))


def _prompt_in(condition: Any) -> str:
    return _text(condition.get("prompt")) if isinstance(condition, dict) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(of: Json, name: str) -> list[Json]:
    found = of.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
