"""`SettingsPanel`: shows a flow's settings in a cell, and changes them.

A click has the same effect as a line of code. The panel only shows the flow's config and key controller, so
two panels and the cells always agree. Changes may come from any thread.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

import ipywidgets

from byok_widgets.config import BaseUrl
from byok_widgets.display.sanitize import sanitize
from byok_widgets.engine import HOME_THREAD
from byok_widgets.errors import ByokError
from byok_widgets.providers import PROVIDERS
from byok_widgets.widgets.audience import Mode, shows_widgets
from byok_widgets.widgets.panel import text_summary, visitor
from byok_widgets.widgets.panel.advanced import Advanced
from byok_widgets.widgets.panel.copy_code import CopyCode, code_of
from byok_widgets.widgets.panel.key_section import KeySection
from byok_widgets.widgets.panel.model_picker import ModelPicker, problem_html
from byok_widgets.widgets.panel.node_list import NodeList
from byok_widgets.widgets.panel.panel_head import PanelHead
from byok_widgets.widgets.panel.text_field import TextField, error_text
from byok_widgets.widgets.panel.troubleshooting import Troubleshooting

if TYPE_CHECKING:
    from collections.abc import Callable

    from byok_widgets.widgets.panel.panel_flow import PanelFlow

_in_cells: dict[str, tuple[str, list[weakref.ref[SettingsPanel]]]] = {}


class SettingsPanel(ipywidgets.VBox):  # type: ignore[misc]
    """The settings of one flow.

    `close()` ends it; if a cell runs again, its new panel replaces the previous one.
    """

    def __init__(
        self,
        flow: PanelFlow,
        *,
        title: str = "",
        note: str = "",
        takes_typed: bool = False,
        mode: Mode = "visitor",
    ) -> None:
        """Show the settings of `flow`. Nothing here waits for a keyring, a network or a large package.

        Args:
            flow: Whose settings they are.
            title: Their heading, if it is not the flow's name.
            note: A sentence about them.
            takes_typed: Whether a key that was typed in an earlier panel, and not saved, is carried over.
            mode: Whom it is for. With `"visitor"`, all panels of this flow in this kernel are for visitors.
        """
        if mode != "owner":
            flow.context.open_to_visitors()
        self._flow = flow
        self._refreshing = threading.RLock()  # setting a field calls handlers that refresh again, in this thread
        self._head = PanelHead(flow, title=sanitize(title or f"Settings · {flow.name}"), note=note)
        self._provider = ipywidgets.Dropdown(
            description="Provider", options=[(_label(name), name) for name in PROVIDERS], value=flow.provider
        )
        self._address = _Address(flow, self.refresh)
        self._key, self._models = KeySection(flow, takes_typed=takes_typed), ModelPicker(flow)
        self._nodes = NodeList(flow, self._models.rows)
        self._advanced = Advanced(flow)
        self._code = CopyCode()
        models = [self._models.view, self._nodes, self._advanced.view]
        parts = [self._provider, self._address.view, self._key.view, *models]
        self._trouble = Troubleshooting(flow, self._key)
        super().__init__([self._head, *parts, self._code, self._trouble])
        self.add_class("byok-panel")
        self._provider.observe(self._picked, "value")
        self._stop = _follow(flow, self)  # before the first refresh, so that no change is missed
        self.refresh()

    @classmethod
    def in_cell(cls, flow: PanelFlow, shell: Any, *, mode: Mode) -> SettingsPanel:
        """Return a new panel for the running cell, and close those from an earlier run of the cell."""
        cell, run = _running(shell)
        earlier_run, made = _in_cells.get(cell, ("", []))
        if earlier_run != run:  # one run of a cell may show several panels
            for old in filter(None, [known() for known in made]):
                old.close()
            made = []
        panel = cls(flow, mode=mode)
        if cell:
            _in_cells[cell] = (run, [*made, weakref.ref(panel)])
        return panel

    def __repr__(self) -> str:
        return text_summary.one_line(self._flow)

    def __str__(self) -> str:
        """Return the settings as text, which is what a plain program prints."""
        return text_summary.as_text(self._flow)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = (super()._repr_mimebundle_(**kwargs) or {}) if shows_widgets() else {}
        return bundle | {
            "text/plain": text_summary.as_text(self._flow),
            "text/html": text_summary.as_html(self._flow),
        }

    def refresh(self) -> None:
        """Show the flow's current settings, in the kernel's main thread if that has an event loop."""
        with self._refreshing:
            if self.comm is None:  # closed in the meantime
                return
            self._provider.value = self._flow.provider
            for part in (
                self._head,
                self._address,
                self._key,
                self._models,
                self._nodes,
                self._advanced,
                self._trouble,
            ):
                part.refresh()
            if self._address.is_refused:
                self._key.wait_for_address()
            self._code.code = "" if visitor.is_one(self._flow) else code_of(self._flow)

    def tell_wait(self) -> None:
        """Tell the page what the flow's calls wait for."""
        with self._refreshing:
            if self.comm is not None:
                self._head.tell_wait()

    def close(self) -> None:
        """Close the panel; the flow and its settings stay."""
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
    """The base URL, shown if the provider has no default one or another was set."""

    def __init__(self, flow: PanelFlow, changed: Callable[[], None]) -> None:
        self._flow, self._changed = flow, changed
        self._shown: tuple[str, str] = ("", "")
        self._field = TextField(description="Base URL", placeholder="https://llm.example.org/v1")
        self._field.add_class("byok-address")  # the troubleshooting section moves the focus to it
        self._field.observe(self._typed, "value")
        self._problem = ipywidgets.HTML()
        self.is_refused = False
        self.view = ipywidgets.VBox([self._field, self._problem])

    def refresh(self) -> None:
        """Show the address; refused input stays until the address changes."""
        provider = PROVIDERS[self._flow.provider]
        url = "" if visitor.is_one(self._flow) else self._flow.config.base_url(provider.name) or ""
        if (provider.name, url) != self._shown:
            self._shown = (provider.name, url)
            self._field.value = url
            self._complain("")
        is_open = not (provider.default_url or provider.free_of_charge)
        shown = not visitor.is_one(self._flow) and (bool(url) or is_open)
        self.view.layout.display = None if shown else "none"

    def _typed(self, change: Any) -> None:
        provider, text = self._flow.provider, change["new"].strip()
        if text == (self._flow.config.base_url(provider) or ""):
            return
        try:
            visitor.require_owner(self._flow)
            if text:  # before the change, which other parts of the panel follow
                self._flow.context.typed_urls.add((provider, BaseUrl.parse(text).url))
            self._flow.config.set_base_url(provider, text or None)
        except ByokError as fault:
            if fault.kind == "misplaced_key":
                # a pasted key must not stay in a trait, which the notebook file may hold
                self._field.value = self._shown[1]
            self._complain(error_text(fault))
        else:
            self._complain("")
        self._changed()

    def _complain(self, text: str) -> None:
        self.is_refused = bool(text)
        self._problem.value = problem_html(text)
        self._problem.layout.display = None if text else "none"


def _follow(flow: PanelFlow, panel: SettingsPanel) -> Callable[[], None]:
    """Refresh `panel` at each change of the flow, and tell it of waits, without keeping it alive."""
    following = weakref.ref(panel)
    ends: list[Callable[[], None]] = []

    def stop() -> None:
        for end in ends:
            end()

    def in_panel(act: Callable[[SettingsPanel], None]) -> Callable[[object], None]:
        def call() -> None:
            alive = following()
            if alive is None:
                stop()
            else:
                act(alive)

        return lambda _: HOME_THREAD.call(call)

    HOME_THREAD.adopt()
    ends.append(flow.config.observe(in_panel(SettingsPanel.refresh)))
    ends.append(flow.context.tape_changed.connect(in_panel(SettingsPanel.refresh)))
    ends.append(flow.context.waits.changed.connect(in_panel(SettingsPanel.tell_wait)))
    return stop


def _label(provider: str) -> str:
    label = PROVIDERS[provider].label
    return f"{label} (no key)" if PROVIDERS[provider].free_of_charge else label


def _running(shell: Any) -> tuple[str, str]:
    """Return the ids of the running cell and of this run of it; empty if the frontend does not send them."""
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
