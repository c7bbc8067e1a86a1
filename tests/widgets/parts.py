"""What a browser shows of a settings panel: its widgets, found by what they are."""

from __future__ import annotations

import html
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import ipywidgets

from byok_widgets.widgets.panel.copy_code import CopyCode
from byok_widgets.widgets.panel.key_field import KeyField
from byok_widgets.widgets.panel.model_field import ModelField
from byok_widgets.widgets.panel.node_list import NodeList
from byok_widgets.widgets.panel.panel_head import PanelHead
from byok_widgets.widgets.panel.troubleshooting import Troubleshooting

W = TypeVar("W", bound=ipywidgets.Widget)


class Parts:
    """The widgets of one panel, as they are in its view."""

    def __init__(self, panel: ipywidgets.Widget) -> None:
        self._panel = panel

    @property
    def head(self) -> PanelHead:
        return self._one(PanelHead)

    @property
    def provider(self) -> ipywidgets.Dropdown:
        return self._labelled("Provider")

    @property
    def address(self) -> ipywidgets.Text:
        return self._labelled("Base URL")

    @property
    def judge_limit(self) -> ipywidgets.Text:
        return self._unfolded("Judge max tokens")

    @property
    def calls_limit(self) -> ipywidgets.Text:
        return self._unfolded("Max calls per turn")

    @property
    def cost_limit(self) -> ipywidgets.Text:
        return self._unfolded("Max cost per turn")

    @property
    def locale(self) -> ipywidgets.Text:
        return self._unfolded("Locale")

    @property
    def key(self) -> KeyField:
        return self._one(KeyField)

    @property
    def model(self) -> ModelField:
        return self._one(ModelField)

    @property
    def nodes(self) -> NodeList:
        return self._one(NodeList)

    @property
    def code(self) -> CopyCode:
        return self._one(CopyCode)

    @property
    def troubleshooting(self) -> Troubleshooting:
        return self._one(Troubleshooting)

    @property
    def buttons(self) -> dict[str, ipywidgets.Button]:
        """The buttons by what they say, the chosen ones without their mark."""
        found = self._all(ipywidgets.Button)
        return {button.description.removeprefix("✓ "): button for button in found}

    @property
    def markup(self) -> str:
        """All HTML that is shown."""
        return " ".join(part.value for part in self._all(ipywidgets.HTML) if self.shows(part))

    @property
    def complaints(self) -> list[str]:
        """What was refused, as far as it is still told."""
        html_alerts = [part.value for part in self._all(ipywidgets.HTML) if 'role="alert"' in part.value]
        return [*html_alerts, *filter(None, (field.problem for field in self._all(ModelField)))]

    @property
    def text(self) -> str:
        """All that is said about addresses, models and nodes."""
        fields = [f"{field.problem} {field.note}" for field in self._all(ModelField)]
        notes = [note for row in self.nodes.nodes for note in row["notes"]]
        return " ".join([html.unescape(self.markup), *fields, *notes])

    def shows(self, widget: ipywidgets.Widget) -> bool:
        """Whether neither the widget nor what it stands in is hidden."""
        return any(found is widget for found in _visible(self._panel))

    def _one(self, kind: type[W]) -> W:
        (found,) = self._all(kind)
        return found

    def _all(self, kind: type[W]) -> list[W]:
        return [widget for widget in _walk(self._panel) if isinstance(widget, kind)]

    def _unfolded(self, label: str) -> Any:
        """Return an advanced field, which is made when somebody unfolds them."""
        self._one(ipywidgets.Accordion).selected_index = 0
        return self._labelled(label)

    def _labelled(self, label: str) -> Any:
        (found,) = [each for each in _walk(self._panel) if getattr(each, "description", None) == label]
        return found


def parts(panel: ipywidgets.Widget) -> Parts:
    """Return what a browser shows of `panel`."""
    return Parts(panel)


def saved_settings() -> str:
    """Return everything that stands in files of settings."""
    folder = Path(os.environ["BYOK_WIDGETS_CONFIG_DIR"])
    return "".join(path.read_text() for path in sorted(folder.rglob("*")) if path.is_file())


def _walk(widget: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _walk(child)


def _visible(widget: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    if getattr(getattr(widget, "layout", None), "display", None) == "none":
        return
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _visible(child)
