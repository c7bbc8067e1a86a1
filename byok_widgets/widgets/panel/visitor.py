"""What a visitor cannot do in a panel. Each handler asks here: a visitor can send any message to the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byok_widgets.config import ModelRef
from byok_widgets.errors import ConfigError
from byok_widgets.keys.backends.session import SessionMemory
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.local.catalog import LOCAL_MODELS

if TYPE_CHECKING:
    from byok_widgets.config import FlowConfig
    from byok_widgets.nodes.flow_context import FlowContext
    from byok_widgets.widgets.panel.panel_flow import PanelFlow

STORAGE = SessionMemory.name
"""Where a visitor's key is stored."""

NOTE = "What you set here, an API key too, stays in the memory of this session and is gone when you leave."


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


def refusal() -> ConfigError:
    """Return the error for what only the owner of the page may do."""
    return ConfigError(
        "On this page, visitors cannot change that.",
        kind="visitor",
        fix='If this is your own notebook, run flow.settings(mode="owner") in a cell after restarting the kernel.',
    )


def check_model(context: FlowContext, text: str) -> None:
    """Refuse a model that is a file on the kernel's machine, before anything looks whether it is there.

    Raises:
        ConfigError: A visitor asks for a local model that is none of those that come with the package.
    """
    if context.for_visitors:
        check_file(context, text)


def check_file(context: FlowContext, text: str) -> None:
    """Refuse a model that is a file on the kernel's machine; see `check_model`."""
    if text and _is_local_file(context.config, text):
        raise ConfigError(
            "On this page, a model cannot be a file of the machine that runs it.",
            kind="visitor",
            fix=f"Choose one of {', '.join(LOCAL_MODELS)}, or another provider.",
        )


def _is_local_file(config: FlowConfig, text: str) -> bool:
    ref = ModelRef.parse(text, default_provider=config.provider, providers=PROVIDERS)
    return PROVIDERS[ref.provider].runs_file(ref.model)
