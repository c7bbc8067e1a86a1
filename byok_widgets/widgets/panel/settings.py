"""`SettingsPanel`: a flow's settings to look at and to change, in a cell.

What a click writes is what a line of code writes. The panel only shows the flow's config and key controller, so
two panels and the cells always agree. Changes may come from any thread.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from byok_widgets.engine import HOME_THREAD
from byok_widgets.errors import ByokError
from byok_widgets.providers import PROVIDERS
from byok_widgets.secrets import redact
from byok_widgets.widgets import assets
from byok_widgets.widgets.panel import text_summary
from byok_widgets.widgets.panel.copy_code import CopyCode, code_of
from byok_widgets.widgets.panel.key_section import KeySection
from byok_widgets.widgets.panel.model_picker import ModelPicker, problem_html
from byok_widgets.widgets.panel.node_list import NodeList
from byok_widgets.widgets.panel.text_field import TextField, error_text
from byok_widgets.widgets.panel.troubleshooting import Troubleshooting
from byok_widgets.widgets.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable

    from byok_widgets.widgets.panel.panel_flow import PanelFlow

_in_cells: dict[str, tuple[str, list[weakref.ref[SettingsPanel]]]] = {}


class PanelHead(assets.PageWidget):
    """The panel's title and notice, and the look of the whole panel.

    Attributes:
        title: The title.
        notice: What a person must know, such as that settings are not saved; empty when all is well.
    """

    view = traitlets.Unicode("head").tag(sync=True)

    title = traitlets.Unicode("").tag(sync=True)
    notice = traitlets.Unicode("").tag(sync=True)

    def __repr__(self) -> str:
        return "PanelHead()"


class SettingsPanel(ipywidgets.VBox):  # type: ignore[misc]
    """The settings of one flow.

    `close()` ends it; a panel that is shown again by the same cell replaces the one before.
    """

    def __init__(self, flow: PanelFlow) -> None:
        """Show the settings of `flow`. Nothing here waits for a keyring, a network or a large package."""
        self._flow = flow
        self._refreshing = threading.RLock()
        self._head = PanelHead(title=sanitize(f"Settings · {flow.name}"))
        self._provider = ipywidgets.Dropdown(
            description="Provider", options=[(_label(name), name) for name in PROVIDERS], value=flow.provider
        )
        self._address = _Address(flow)
        self._key, self._models = KeySection(flow), ModelPicker(flow)
        self._nodes = NodeList(flow, self._models.rows)
        self._code = CopyCode()
        parts = [self._provider, self._address.view, self._key.view, self._models.view, self._nodes]
        self._trouble = Troubleshooting(flow, self._key)
        super().__init__([self._head, *parts, self._code, self._trouble])
        self.add_class("byok-panel")
        self._provider.observe(self._picked, "value")
        self._stop = _follow(flow, self)  # before the first look, so that no change falls between the two
        self.refresh()

    @classmethod
    def in_cell(cls, flow: PanelFlow, shell: Any) -> SettingsPanel:
        """Return a new panel for the running cell, and end those that an earlier run of the cell has made."""
        cell, run = _running(shell)
        earlier_run, made = _in_cells.get(cell, ("", []))
        if earlier_run != run:
            for old in filter(None, [known() for known in made]):
                old.close()
            made = []
        panel = cls(flow)
        if cell:
            _in_cells[cell] = (run, [*made, weakref.ref(panel)])
        return panel

    def __repr__(self) -> str:
        return text_summary.one_line(self._flow)

    def __str__(self) -> str:
        """Return the settings as text, which is what a plain program prints."""
        return text_summary.as_text(self._flow)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs) or {}
        return bundle | {
            "text/plain": text_summary.as_text(self._flow),
            "text/html": text_summary.as_html(self._flow),
        }

    def refresh(self) -> None:
        """Show the flow's settings as they are now: in the kernel's main thread, where that has a loop."""
        with self._refreshing:
            if self.comm is None:  # closed meanwhile
                return
            self._provider.value = self._flow.provider
            self._head.notice = redact(sanitize(str(self._flow.config.notice or "")))
            for part in (self._address, self._key, self._models, self._nodes, self._trouble):
                part.refresh()
            self._code.code = code_of(self._flow)

    def close(self) -> None:
        """End the panel; the flow and its settings stay."""
        self._stop()
        with self._refreshing:
            for child in self.children:
                _close_all(child)
            self._models.rows.close()
            super().close()

    def _picked(self, change: Any) -> None:
        if change["new"] != self._flow.provider:
            self._flow.provider = change["new"]


class _Address:
    """The base URL, where the provider has no usual one or another was set."""

    def __init__(self, flow: PanelFlow) -> None:
        self._flow = flow
        self._shown: tuple[str, str] = ("", "")
        self._field = TextField(description="Base URL", placeholder="https://llm.example.org/v1")
        self._field.add_class("byok-address")  # the troubleshooting section moves the keyboard to it
        self._field.observe(self._typed, "value")
        self._problem = ipywidgets.HTML()
        self.view = ipywidgets.VBox([self._field, self._problem])

    def refresh(self) -> None:
        """Show the address; what was typed and not accepted stays until the address changes."""
        provider = PROVIDERS[self._flow.provider]
        url = self._flow.config.base_url(provider.name) or ""
        if (provider.name, url) != self._shown:
            self._shown = (provider.name, url)
            self._field.value = url
            self._complain("")
        shown = bool(url) or not (provider.default_url or provider.free_of_charge)
        self.view.layout.display = None if shown else "none"

    def _typed(self, change: Any) -> None:
        provider, text = self._flow.provider, change["new"].strip()
        if text == (self._flow.config.base_url(provider) or ""):
            return
        try:
            self._flow.set_base_url(provider, text or None)
        except ByokError as fault:
            if fault.kind == "misplaced_key":
                self._field.value = self._shown[1]
            self._complain(error_text(fault))
        else:
            self._complain("")

    def _complain(self, text: str) -> None:
        self._problem.value = problem_html(text)
        self._problem.layout.display = None if text else "none"


def _follow(flow: PanelFlow, panel: SettingsPanel) -> Callable[[], None]:
    """Refresh `panel` at each change of the flow, without keeping it alive."""
    following = weakref.ref(panel)

    def refresh() -> None:
        alive = following()
        if alive is None:
            stop()
        else:
            alive.refresh()

    HOME_THREAD.adopt()
    stop = flow.config.observe(lambda _: HOME_THREAD.call(refresh))
    return stop


def _label(provider: str) -> str:
    label = PROVIDERS[provider].label
    return f"{label} (no key)" if PROVIDERS[provider].free_of_charge else label


def _running(shell: Any) -> tuple[str, str]:
    """Return the id of the cell that runs and of this run of it; empty where the frontend does not say."""
    parent = getattr(shell, "parent_header", None) or {}
    if hasattr(shell, "get_parent"):
        parent = shell.get_parent() or {}
    cell = str((parent.get("metadata") or {}).get("cellId") or "")
    return cell, str((parent.get("header") or {}).get("msg_id") or "")


def _close_all(widget: Any) -> None:
    """Close a widget and everything in it, so that the kernel forgets them."""
    for child in getattr(widget, "children", ()):
        _close_all(child)
    widget.close()
