"""The settings panel at the side of a notebook: the kernel's side of the gear in the toolbar.

The gear calls `show`; otherwise the panel is the same as in a cell.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets

from byok_widgets.config import checked_name
from byok_widgets.diagnostics.check import Check, check_settings
from byok_widgets.errors import ByokError
from byok_widgets.flow import flow_registry
from byok_widgets.flow.flow_settings import FlowSettings
from byok_widgets.widgets.panel.settings import SettingsPanel
from byok_widgets.widgets.sanitize import sanitize

if TYPE_CHECKING:
    from byok_widgets.graph import AnyNode

_FALLBACK = "my flow"

_sides: dict[str, SidePanel] = {}


def show(notebook: str, name: str) -> None:
    """Show the side panel of a notebook; it is made once and then shown again.

    Args:
        notebook: The notebook's path: each notebook has its own side panel.
        name: The flow to start if no cell has created one.
    """
    from IPython.display import display

    side = _sides.get(notebook)
    if side is None or side.comm is None:
        side = _sides[notebook] = SidePanel(name)
        _refresh_after_cells()
    side.refresh()
    display(side)  # type: ignore[no-untyped-call]


class FlowByName(FlowSettings):
    """A flow as the side panel sees it: its settings, and the nodes of the newest `Flow` with its name."""

    @property
    def nodes(self) -> Mapping[str, AnyNode]:
        """The nodes by name; none while no such flow exists."""
        flow = flow_registry.latest(self.name)
        return flow.nodes if flow else {}

    def node(self, name: str) -> AnyNode:
        """Return the node with this name."""
        return self.nodes[name]

    def replace_model(self, old: str, new: str, nodes: Mapping[str, AnyNode] | None = None) -> tuple[str, ...]:
        """Use another model wherever one is used, at the nodes of the newest flow too; returns who used it."""
        return super().replace_model(old, new, self.nodes if nodes is None else nodes)

    def check(self) -> Check:
        """Look for mistakes: in the newest flow with its name, or only in the settings while none exists."""
        flow = flow_registry.latest(self.name)
        return flow.check() if flow else check_settings(self)


class SidePanel(ipywidgets.VBox):  # type: ignore[misc]
    """The settings of one flow of this kernel, and a choice if there are several.

    It follows the cells: a flow that a cell creates is shown, unless another existing flow is already shown or the
    user has chosen one.
    """

    def __init__(self, name: str) -> None:
        self._start = _usable(name)
        self._started = self._chosen = False
        self._panel: SettingsPanel | None = None
        self._shown = ""
        self._which = ipywidgets.Dropdown(description="Flow")
        self._which.add_class("byok-which")
        self._which.observe(self._picked, "value")
        super().__init__()
        self.add_class("byok-side-panel")

    def __repr__(self) -> str:
        return f"SidePanel({self._shown!r})"

    def refresh(self) -> None:
        """Show the flows that now exist in the kernel."""
        made = flow_registry.names()
        self._started = self._started or not made
        names = tuple(dict.fromkeys([*made, *([self._start] if self._started else [])]))
        keep = self._shown in (names if self._chosen else made)
        self._offer(names, self._shown if keep else (made or names)[-1])
        if self._panel is not None and keep:
            self._panel.refresh()

    def close(self) -> None:
        """Close the panel; the flows and their settings stay."""
        if self._panel is not None:
            self._panel.close()
        self._which.close()
        super().close()

    def _offer(self, names: tuple[str, ...], shown: str) -> None:
        self._which.unobserve(self._picked, "value")
        options = [(sanitize(name), name) for name in names]
        if self._which.options != tuple(options):
            self._which.options = options
        self._which.value = shown
        self._which.layout.display = None if len(names) > 1 else "none"
        self._which.observe(self._picked, "value")
        self._show(shown)

    def _picked(self, change: Any) -> None:
        self._chosen = True
        self._show(change["new"])

    def _show(self, name: str) -> None:
        if name == self._shown:
            return
        before, self._shown = self._panel, name
        self._panel = SettingsPanel(FlowByName(name))
        self.children = [self._which, self._panel]
        if before is not None:
            before.close()


def _usable(name: str) -> str:
    """Return a valid flow name, since a notebook's name may not be one."""
    try:
        return checked_name(name)
    except ByokError:
        return _FALLBACK


def _refresh_after_cells() -> None:
    """Check after each cell which flows exist; the flows themselves know nothing about panels."""
    shell = sys.modules["IPython"].get_ipython()
    events = getattr(shell, "events", None)
    if events is not None and _refresh not in events.callbacks["post_run_cell"]:
        events.register("post_run_cell", _refresh)


def _refresh(_result: Any = None) -> None:
    for side in tuple(_sides.values()):
        if side.comm is not None:
            side.refresh()
