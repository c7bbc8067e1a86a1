"""What a click in the panel's troubleshooting section does about a finding: only this module applies a `Fix`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from byok_widgets.findings import Finding, Fix, FixKind
from byok_widgets.nodes import model_nodes
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.model_settings import SETTINGS
from byok_widgets.widgets.panel import visitor

if TYPE_CHECKING:
    from byok_widgets.widgets.page_messages.troubleshooting import Focus
    from byok_widgets.widgets.panel.panel_flow import PanelFlow


def button(fix: Fix, flow: PanelFlow) -> str:
    """Return the label of the button that applies a fix; empty if it cannot be applied with a click."""
    label = PROVIDERS[fix.argument].label if fix.argument in PROVIDERS else ""
    is_there = fix.argument == flow.provider
    may_remove = visitor.may_change(flow, SETTINGS.get(fix.argument))
    words: Mapping[FixKind, str] = {
        "save_key": "Go to the key field" if is_there else f"Switch to {label} and paste its key",
        "use_model": f"{'Replace everywhere with' if fix.instead else 'Use'} {_bare(fix.argument)}",
        "choose_model": f"Choose a model for {fix.argument}" if fix.argument else "Choose a default model",
        "fill_address": "Enter the address" if is_there else f"Switch to {label} and enter its address",
        "use_own_address": "Use the default address",
        "remove_setting": f"Remove {fix.argument}" if may_remove else "",
    }
    return words.get(fix.kind, "")


def apply(finding: Finding, flow: PanelFlow) -> tuple[str, Focus]:
    """Do what the finding's button says; return what was done, in words, and where the focus goes next.

    Raises:
        ByokError: It cannot be done.
    """
    act = _ACTS.get(finding.by.kind) if finding.by else None
    return act(flow, finding.by, finding.where) if act and finding.by else ("", {})


def _save_key(flow: PanelFlow, fix: Fix, _where: str) -> tuple[str, Focus]:
    return _switch(flow, fix.argument, "Paste its key above and press Save."), {"field": "key"}


def _fill_address(flow: PanelFlow, fix: Fix, _where: str) -> tuple[str, Focus]:
    return _switch(flow, fix.argument, "Enter its address above."), {"field": "address"}


def _switch(flow: PanelFlow, provider: str, then: str) -> str:
    if flow.provider == provider:
        return then
    before, flow.provider = PROVIDERS[flow.provider].label, provider
    back = f"To keep the flow's default model there, choose {before} again afterwards."
    return f"Switched to {PROVIDERS[provider].label}. {then} {back}"


def _use_model(flow: PanelFlow, fix: Fix, _where: str) -> tuple[str, Focus]:
    visitor.check_pick(flow.context, flow.nodes, fix.argument)
    if not fix.instead:
        flow.model = fix.argument
        return f"The default model is now {_bare(fix.argument)}.", {}
    users = flow.replace_model(fix.instead, fix.argument)
    where = f" ({', '.join(users)})" if users else ""
    return f"{_bare(fix.argument)} is now used everywhere instead of {_bare(fix.instead)}{where}.", {}


def _choose_model(_flow: PanelFlow, fix: Fix, _where: str) -> tuple[str, Focus]:
    return "", {"field": "node", "name": fix.argument} if fix.argument else {"field": "model"}


def _use_own_address(flow: PanelFlow, fix: Fix, _where: str) -> tuple[str, Focus]:
    visitor.require_owner(flow)
    flow.config.set_base_url(fix.argument, None)
    return f"Calls now go to {PROVIDERS[fix.argument].label}'s default address.", {}


def _remove(flow: PanelFlow, fix: Fix, where: str) -> tuple[str, Focus]:
    visitor.require_change(flow, SETTINGS.get(fix.argument))
    model_nodes(flow.nodes)[where].layered_settings.set({fix.argument: None})
    return f"{where}: {fix.argument} is now left to the provider.", {}


_ACTS: Mapping[FixKind, Callable[[PanelFlow, Fix, str], tuple[str, Focus]]] = {
    "save_key": _save_key,
    "use_model": _use_model,
    "choose_model": _choose_model,
    "fill_address": _fill_address,
    "use_own_address": _use_own_address,
    "remove_setting": _remove,
}


def _bare(ref: str) -> str:
    return ref.partition(":")[2] or ref
