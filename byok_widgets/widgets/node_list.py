"""The panel's list of nodes: which model each would use, where that comes from, and a model of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from byok_widgets.widgets.facts import model_line
from byok_widgets.widgets.inert import inert
from byok_widgets.widgets.model_field import ModelField, ModelRows
from byok_widgets.widgets.model_lists import ModelLists
from byok_widgets.widgets.model_picker import note_html
from byok_widgets.widgets.target import Target

if TYPE_CHECKING:
    from byok_widgets.flow import AnyNode, Flow

_NONE_YET = "Nodes appear here when a cell has made them: each can have a model of its own."


class NodeList:
    """One row for each node of the flow.

    Attributes:
        view: The widget.
    """

    def __init__(self, flow: Flow, models: ModelRows) -> None:
        self._flow, self._models = flow, models
        self._lists = ModelLists.of(flow)
        self._rows: dict[str, _Row] = {}
        self._empty = ipywidgets.HTML()
        self.view = ipywidgets.VBox([self._empty])
        self.view.add_class("byok-nodes")

    def refresh(self) -> None:
        """Show the flow's nodes and settings as they are now."""
        nodes = self._flow.nodes
        for gone in set(self._rows) - set(nodes):
            close_all(self._rows.pop(gone).view)
        for name in nodes:
            if name not in self._rows:
                self._rows[name] = _Row(self._flow, name, self._models)
        note = "" if nodes else f'<div class="byok-note">{_NONE_YET}</div>'
        self._empty.value = f"<h4>Models of single nodes</h4>{note}"
        views = (self._empty, *(self._rows[name].view for name in nodes))
        if views != self.view.children:
            self.view.children = views
        for name in nodes:
            self._rows[name].refresh(self._lists)


class _Row:
    def __init__(self, flow: Flow, name: str, models: ModelRows) -> None:
        self._flow, self._name = flow, name
        self._line = ipywidgets.HTML()
        label = f"Model for {inert(name)}"
        self._field = ModelField(self._choose, models, description=label, placeholder="the flow's default")
        tooltip = f"{inert(name)}: use the flow's default model"
        self._back = ipywidgets.Button(description="Back to default", tooltip=tooltip)
        self._back.on_click(lambda _: self._choose(""))
        override = ipywidgets.HBox([self._field, self._back])
        override.add_class("byok-override")
        self.view = ipywidgets.VBox([override, self._line])
        self.view.add_class("byok-node")

    def refresh(self, lists: ModelLists) -> None:
        node = self._flow.node(self._name)
        self._field.value = node.model or ""
        self._back.disabled = node.model is None
        lines = [f"{node.kind} · {model_line(node)}", self._doubt(node, lists)]
        self._line.value = "".join(note_html(line) for line in lines if line)

    def _doubt(self, node: AnyNode, lists: ModelLists) -> str:
        if node.model is None:
            return ""
        ref = node.resolve().ref
        return lists.doubt(Target.of(self._flow, ref.provider), ref.model)

    def _choose(self, model: str) -> None:
        self._flow.node(self._name).model = model or None


def close_all(widget: Any) -> None:
    """Close a widget and everything in it, so that the kernel forgets them."""
    for child in getattr(widget, "children", ()):
        close_all(child)
    widget.close()
