"""The settings panel at the side of a notebook: the kernel's side of the gear in the toolbar.

The gear calls `show` and `look`; otherwise the panel is the same as in a cell.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets

from byok_widgets.display.sanitize import sanitize
from byok_widgets.errors import ByokError
from byok_widgets.flow import flow_contexts, flow_registry
from byok_widgets.flow.flow_settings import FlowSettings
from byok_widgets.flow.incoming.earlier import EARLIER
from byok_widgets.widgets.audience import Mode, mode_of_gear
from byok_widgets.widgets.panel.settings import SettingsPanel

if TYPE_CHECKING:
    from byok_widgets.diagnostics.check import Check
    from byok_widgets.graph import AnyNode
    from byok_widgets.nodes.flow_context import FlowContext

_NO_FLOW = "Settings · no flow yet"
_WAITS = (
    "No cell has made a flow yet. What you set here waits in this kernel's memory, and the first flow of this "
    "notebook takes it over."
)

_sides: dict[str, SidePanel] = {}


def show(notebook: str, flow: str = "") -> None:
    """Show the side panel of a notebook; it is made once and then shown again.

    Args:
        notebook: The notebook's path: each has a side panel of its own.
        flow: Name of the flow to show, such as the one shown before the kernel was restarted; empty for none in
            particular.
    """
    from IPython.display import display

    side = _sides.get(notebook)
    if side is None or side.comm is None:
        side = _sides[notebook] = SidePanel(flow, mode=mode_of_gear())
        _refresh_after_cells()
    side.refresh(flow)
    display(side)  # type: ignore[no-untyped-call]


def look(notebook: str) -> None:
    """Look whether another kernel has changed what the side panel of a notebook shows, where it is shown."""
    side = _sides.get(notebook)
    if side is not None and side.comm is not None:
        side.refresh()


class FlowInPanel(FlowSettings):
    """A flow as the side panel sees it: its settings, and the nodes of the newest `Flow` that has them."""

    @property
    def nodes(self) -> Mapping[str, AnyNode]:
        """The nodes by name; none while no such flow lives."""
        flow = flow_registry.latest(self.context)
        return flow.nodes if flow else {}

    def node(self, name: str) -> AnyNode:
        """Return the node with this name."""
        return self.nodes[name]

    def replace_model(self, old: str, new: str, nodes: Mapping[str, AnyNode] | None = None) -> tuple[str, ...]:
        """Use another model wherever one is used, at the nodes of the newest flow too; returns who used it."""
        return super().replace_model(old, new, self.nodes if nodes is None else nodes)

    def check(self) -> Check:
        """Look for mistakes: in the newest flow, or in the settings alone while none lives."""
        from byok_widgets.diagnostics.check import check_settings  # loaded when somebody looks

        flow = flow_registry.latest(self.context)
        return flow.check() if flow else check_settings(self)


class SidePanel(ipywidgets.VBox):  # type: ignore[misc]
    """The settings of one flow of this kernel, and a choice if there are several.

    It follows the cells: the flow that one makes is shown, unless a flow that lives is shown already or the person
    has chosen. While there is none, it shows the settings that wait for the first one.
    """

    def __init__(self, name: str = "", *, mode: Mode = "visitor") -> None:
        self._mode: Mode = mode
        self._earlier = _known(name)
        self._chosen = False
        self._panel: SettingsPanel | None = None
        self._shown: FlowContext | None = None
        self._which = ipywidgets.Dropdown(description="Flow")
        self._which.add_class("byok-which")
        self._which.observe(self._picked, "value")
        super().__init__()
        self.add_class("byok-side-panel")

    def __repr__(self) -> str:
        return f"SidePanel({self._shown.config.name if self._is_flow and self._shown else ''!r})"

    def refresh(self, name: str = "") -> None:
        """Show what lives in the kernel now: the flow of this name, if it was made here."""
        made = flow_registry.contexts()
        known = tuple({id(flow): flow for flow in [*made, *([self._earlier] if self._earlier else [])]}.values())
        keep = any(self._shown is flow for flow in (known if self._chosen else made))
        asked = next((flow for flow in made if name and flow.config.name == name), None)
        shown = asked or (self._shown if keep else (made or known or (EARLIER.context,))[-1])
        if shown is not None:
            self._offer(known, shown)
        for flow in made:
            flow.config.look_elsewhere()
        if self._panel is not None and keep:
            self._panel.refresh()

    def close(self) -> None:
        """Close the panel; the flows and their settings stay."""
        if self._panel is not None:
            self._panel.close()
        self._which.close()
        super().close()

    @property
    def _is_flow(self) -> bool:
        return self._shown is not None and self._which.value is self._shown

    def _offer(self, flows: tuple[FlowContext, ...], shown: FlowContext) -> None:
        self._which.unobserve(self._picked, "value")  # what is set here is no choice of the person's
        options = [(_label(flow), flow) for flow in flows]
        if self._which.options != tuple(options):
            self._which.options = options
        is_flow = any(shown is flow for flow in flows)
        self._which.value = shown if is_flow else None
        self._which.layout.display = None if len(flows) > 1 else "none"
        self._which.observe(self._picked, "value")
        self._show(shown, is_flow=is_flow)

    def _picked(self, change: Any) -> None:
        self._chosen = True
        self._show(change["new"])

    def _show(self, flow: FlowContext, *, is_flow: bool = True) -> None:
        if flow is self._shown:
            return
        before, self._shown = self._panel, flow
        words = {} if is_flow else {"title": _NO_FLOW, "note": _WAITS}
        self._panel = SettingsPanel(FlowInPanel(flow), takes_typed=not self._chosen, mode=self._mode, **words)
        self.children = [self._which, self._panel]
        # The page comes back after a restart to a flow that is saved, and to no other.
        (self.remove_class if flow.config.path else self.add_class)("byok-unsaved")
        if before is not None:
            # last, so that the side never stands empty
            before.close()


def _label(flow: FlowContext) -> str:
    return sanitize(flow.config.name if flow.config.path else f"{flow.config.name} (fresh)")


def _known(name: str) -> FlowContext | None:
    """Return the flow that was shown before a restart; `None` where there was none that is saved."""
    try:
        return flow_contexts.shared(name) if name else None
    except ByokError:
        return None


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
