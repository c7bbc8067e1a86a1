"""What a visitor cannot do in a panel. Each handler asks here: a visitor can send any message to the kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from byok_widgets.errors import ConfigError
from byok_widgets.keys.backends.session import SessionMemory
from byok_widgets.nodes.models_in_use import models_in_use
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.local.catalog import LOCAL_MODELS

if TYPE_CHECKING:
    from byok_widgets.findings import Finding, FixKind
    from byok_widgets.graph import AnyNode
    from byok_widgets.keys import KeyStatus
    from byok_widgets.nodes.flow_context import FlowContext
    from byok_widgets.providers.model_settings import Setting
    from byok_widgets.widgets.panel.panel_flow import PanelFlow

STORAGE = SessionMemory.name
"""Where a visitor's key is stored."""

NOTE = "What you set here, an API key too, stays in the memory of this session and is gone when you leave."


_FIXES: frozenset[FixKind] = frozenset({"save_key", "choose_model", "use_model", "remove_setting"})
"""What a visitor can do about a finding."""


def is_one(flow: PanelFlow) -> bool:
    """Whether the flow's panels are for visitors."""
    return flow.context.for_visitors


def require_owner(flow: PanelFlow) -> None:
    """Refuse what only the owner of the page may do.

    Raises:
        ConfigError: A visitor asks for it.
    """
    if is_one(flow):
        raise refusal()


def may_change(flow: PanelFlow, setting: Setting | None) -> bool:
    """Whether whoever sees the panel may change a setting of a node: a visitor changes none that costs money.

    Args:
        flow: The flow.
        setting: The setting; `None` for one that is not known, of which nobody can say what it costs.
    """
    return not is_one(flow) or (setting is not None and not setting.is_costly)


def require_change(flow: PanelFlow, setting: Setting | None) -> None:
    """Refuse a change of a setting to visitors, who may not make it; see `may_change`.

    Raises:
        ConfigError: A visitor asks for it.
    """
    if not may_change(flow, setting):
        raise refusal()


def hears_of(flow: PanelFlow, finding: Finding) -> bool:
    """Whether a finding is told in the flow's panels: other findings than these quote prompts and conditions."""
    return not is_one(flow) or (finding.by is not None and finding.by.kind in _FIXES)


def told_of(status: KeyStatus) -> KeyStatus:
    """Return what a visitor is told of a key: not the variable of the server that holds it."""
    if not status.is_reference:
        return status
    there = "is used; it is not stored" if status.available else "is not there"
    return replace(status, sentence=f"The key that the author of this page named {there}.")


def refusal() -> ConfigError:
    """Return the error for what only the owner of the page may do."""
    return ConfigError(
        "On this page, only its owner can do that.",
        kind="visitor",
        fix='If this is your own notebook, run flow.settings(mode="owner") in a cell after restarting the kernel.',
    )


def check_pick(context: FlowContext, nodes: Mapping[str, AnyNode], text: str) -> None:
    """Note that a visitor picks a model, and refuse a file before anything looks whether it is there.

    Args:
        context: What the nodes of the flow share.
        nodes: The nodes by name.
        text: The model; empty for none.

    Raises:
        ConfigError: A visitor asks for a local model that is none of those that come with the package.
    """
    if not (context.for_visitors and text):
        return
    ref = context.config.ref(text)
    if PROVIDERS[ref.provider].runs_file(ref.model):
        raise ConfigError(
            "On this page, a model cannot be a file of the machine that runs it.",
            kind="visitor",
            fix=f"Choose one of {', '.join(LOCAL_MODELS)}, or another provider.",
        )
    context.picked_models.note(ref, in_use=models_in_use(context.config, nodes))
