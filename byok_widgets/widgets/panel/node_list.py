"""`NodeList`: the nodes of a flow, the model each would use and why, and each node's settings.

It is one widget for any number of nodes. A user's action arrives as a custom message and has the same effect as
the corresponding line of code; refused input stays in the browser, and is in no trait.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from byok_widgets.display.sanitize import sanitize
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.misplaced_keys import reject_key
from byok_widgets.nodes import ModelNode, model_nodes
from byok_widgets.nodes.node_settings import LIMIT
from byok_widgets.nodes.own_setting import find_own_setting
from byok_widgets.providers.model_settings import SETTINGS
from byok_widgets.secrets import redact
from byok_widgets.widgets import assets
from byok_widgets.widgets.page_input import field_text
from byok_widgets.widgets.panel import visitor
from byok_widgets.widgets.panel.model_field import ModelRows
from byok_widgets.widgets.panel.model_lists import ModelLists
from byok_widgets.widgets.panel.node_rows import facts_of, info_of, offered, same_kind
from byok_widgets.widgets.panel.text_field import error_text

if TYPE_CHECKING:
    from byok_widgets.widgets.page_messages.node_list import NodeAnswer, NodeFacts, NodeOutcome
    from byok_widgets.widgets.panel.panel_flow import PanelFlow

_FAILED = "Not set: that did not work."


class NodeList(assets.PageWidget):
    """One row for each node.

    Attributes:
        nodes: What is shown of each node, made by `node_rows`, with a permanent `id`.
        models: The models on offer.
    """

    view = traitlets.Unicode("node_list").tag(sync=True)

    nodes: traitlets.List[NodeFacts] = traitlets.List().tag(sync=True)
    models = traitlets.Instance(ModelRows).tag(sync=True, **ipywidgets.widget_serialization)

    def __init__(self, flow: PanelFlow, models: ModelRows) -> None:
        """Show the nodes of `flow`; their models are offered from `models`."""
        self._flow, self._lists = flow, ModelLists.of(flow)
        self._ids: dict[str, str] = {}
        self._numbers = count(1)
        super().__init__(models=models)
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        return "NodeList()"

    def refresh(self) -> None:
        """Show the flow's current nodes and settings."""
        nodes = model_nodes(self._flow.nodes)
        for name in nodes:
            self._ids.setdefault(name, f"n{next(self._numbers)}")
        self.nodes = [facts_of(self._flow, node, self._lists, self._ids[name]) for name, node in nodes.items()]

    def _receive(self, _widget: object, content: Any, _buffers: Sequence[Any]) -> None:
        if isinstance(content, Mapping):
            outcome = self._outcome(content)
            answer: NodeAnswer = {"kind": "answer", "id": str(content.get("id"))[:32], **outcome}
            self.send(answer)

    def _outcome(self, content: Mapping[str, Any]) -> NodeOutcome:
        """Handle a message. No exception escapes: its frames would contain what was typed."""
        try:
            return {"outcome": "taken", "text": sanitize(self._act(content))}
        except ByokError as fault:
            return {
                "outcome": "misplaced" if fault.kind == "misplaced_key" else "refused",
                "reason": fault.kind,
                "text": redact(sanitize(f"Not set: {error_text(fault)}")),
            }
        except Exception:  # noqa: BLE001 - its text could contain what was typed
            return {"outcome": "refused", "reason": "failed", "text": _FAILED}

    def _act(self, content: Mapping[str, Any]) -> str:
        """Handle a message, and return what was done in words."""
        names = {given: name for name, given in self._ids.items()}
        node = model_nodes(self._flow.nodes)[names.get(field_text(content, "node"), "")]
        action = _ACTIONS.get(field_text(content, "kind"))
        if action is None:
            raise ConfigError(
                "This panel is out of date.", kind="unknown_action", fix="Run the cell of this panel again."
            )
        setting, value = field_text(content, "name"), field_text(content, "value").strip()
        reject_key([setting, value])
        return action(self, node, setting, value)

    def _choose(self, node: ModelNode[Any], _setting: str, value: str) -> str:
        visitor.check_pick(self._flow.context, self._flow.nodes, value)
        node.model = value or None
        return f"{node.name}: {node.resolve().ref}." if value else f"{node.name}: back to the flow's default."

    def _for_all(self, node: ModelNode[Any], _setting: str, _value: str) -> str:
        model, nodes = node.model, same_kind(self._flow, node)
        visitor.check_pick(self._flow.context, self._flow.nodes, model or "")
        self._flow.config.set_overrides({other.name: model for other in nodes})
        return f"All {len(nodes)} {node.kind} nodes: {model}."

    def _set(self, node: ModelNode[Any], setting: str, value: str) -> str:
        own = find_own_setting(node.own_settings, setting)
        visitor.require_change(self._flow, own.setting if own else SETTINGS.get(setting))
        if own:
            own.put(node, value)
            return _own_line(node, setting)
        node.layered_settings.set({setting: self._read(node, setting, value) if value else None})
        return f"{node.name}: {setting} is {value}." if value else f"{node.name}: {setting} is not set."

    def _reset(self, node: ModelNode[Any], setting: str, _value: str) -> str:
        own = find_own_setting(node.own_settings, setting)
        visitor.require_change(self._flow, own.setting if own else SETTINGS.get(setting))
        if own:
            own.reset(node)
            return _own_line(node, setting)
        node.layered_settings.reset([setting])
        value = node.max_tokens if setting == LIMIT else node.settings.get(setting)
        return f"{node.name}: {setting} is {'not set' if value is None else value}."

    def _read(self, node: ModelNode[Any], name: str, text: str) -> Any:
        info = info_of(self._flow, node, self._lists)
        setting = next((known for known in offered(node, info) if known.name == name), None)
        try:
            if setting is not None:
                return setting.read(text)
        except ValueError as fault:
            kind, problem = "bad_setting", str(fault)
        else:
            kind, problem = "unknown_setting", "its model has no such setting."
        raise ConfigError(f"Node {node.name!r}: {problem}", kind=kind)


def _own_line(node: ModelNode[Any], setting: str) -> str:
    value = getattr(node, setting)
    return f"{node.name}: {setting} is {'not set' if value is None else value}."


_ACTIONS: Mapping[str, Callable[[NodeList, ModelNode[Any], str, str], str]] = {
    "choose": NodeList._choose,  # noqa: SLF001
    "for_all": NodeList._for_all,  # noqa: SLF001
    "set": NodeList._set,  # noqa: SLF001
    "reset": NodeList._reset,  # noqa: SLF001
}
