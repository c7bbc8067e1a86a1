"""Bring your own key to a notebook, and go from an idea to a tested conversation flow.

Names are loaded when they are first used: importing the package loads no SDK and no widget.
"""

from __future__ import annotations

import sys
import warnings
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from byok_widgets.frontend import register

if TYPE_CHECKING:
    from byok_widgets.cases.callers.caller import Caller
    from byok_widgets.errors import (
        ByokError,
        ConfigError,
        ExtractionError,
        FlowError,
        KeyFormatError,
        KeyStoreError,
        LocalModelError,
        MissingKeyError,
        ProviderError,
        ReplayMissError,
        SchemaError,
        TemplateError,
        last_partial_result,
    )
    from byok_widgets.flow import Flow
    from byok_widgets.foreign_exceptions import last_traceback
    from byok_widgets.frontend import Frontend
    from byok_widgets.messages import Message, TextDelta
    from byok_widgets.nodes import ActionNode, ActionResult, ConversationNode, Extraction, ExtractionNode
    from byok_widgets.nodes.calls.lane import lane
    from byok_widgets.providers.local import list_local_models
    from byok_widgets.providers.stream import bounds
    from byok_widgets.reply import Reply
    from byok_widgets.schema import Field
    from byok_widgets.session import Session, Timeline, Trace, Turn, Variables
    from byok_widgets.usage import Cost, Usage
    from byok_widgets.widgets.key_leak_warning import warn_about_keys

__version__ = "0.1.0"

_HOMES = {
    "byok_widgets.cases.callers.caller": ("Caller",),
    "byok_widgets.errors": (
        *("ByokError", "ConfigError", "ExtractionError", "FlowError", "KeyFormatError", "KeyStoreError"),
        *("LocalModelError", "MissingKeyError", "ProviderError", "ReplayMissError", "SchemaError"),
        *("TemplateError", "last_partial_result"),
    ),
    "byok_widgets.flow": ("Flow",),
    "byok_widgets.foreign_exceptions": ("last_traceback",),
    "byok_widgets.messages": ("Message", "TextDelta"),
    "byok_widgets.reply": ("Reply",),
    "byok_widgets.usage": ("Cost", "Usage"),
    "byok_widgets.nodes": ("ActionNode", "ActionResult", "ConversationNode", "Extraction", "ExtractionNode"),
    "byok_widgets.nodes.calls.lane": ("lane",),
    "byok_widgets.providers.local": ("list_local_models",),
    "byok_widgets.providers.stream": ("bounds",),
    "byok_widgets.schema": ("Field",),
    "byok_widgets.session": ("Session", "Timeline", "Trace", "Turn", "Variables"),
    "byok_widgets.widgets.key_leak_warning": ("warn_about_keys",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_RENAMED = {"guard": "warn_about_keys", "last_stopped": "last_partial_result"}
"""Earlier names, which still work but give a `DeprecationWarning`."""

__all__ = [
    "ActionNode",
    "ActionResult",
    "ByokError",
    "Caller",
    "ConfigError",
    "ConversationNode",
    "Cost",
    "Extraction",
    "ExtractionError",
    "ExtractionNode",
    "Field",
    "Flow",
    "FlowError",
    "KeyFormatError",
    "KeyStoreError",
    "LocalModelError",
    "Message",
    "MissingKeyError",
    "ProviderError",
    "ReplayMissError",
    "Reply",
    "SchemaError",
    "Session",
    "TemplateError",
    "TextDelta",
    "Timeline",
    "Trace",
    "Turn",
    "Usage",
    "Variables",
    "__version__",
    "bounds",
    "lane",
    "last_partial_result",
    "last_traceback",
    "list_local_models",
    "warn_about_keys",
]


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        caller = sys._getframe(1).f_globals.get("__name__")  # noqa: SLF001 - the only way to tell who asks
        if caller != "importlib._bootstrap":  # which looks whether the name is there, before an import takes it
            new = f"byok_widgets.{_RENAMED[name]}"
            warnings.warn(
                f"byok_widgets.{name} is now {new}; the old name goes with version 1.0.",
                DeprecationWarning,
                stacklevel=2,
            )
        name = _RENAMED[name]
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'byok_widgets' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


@cache
def _notebook() -> Frontend:
    """Return the notebook's frontend; widgets are loaded when the first one is shown."""
    frontend: Frontend = import_module("byok_widgets.widgets").NotebookFrontend()
    return frontend


register(
    lambda: None if sys.modules.keys().isdisjoint(("IPython", "marimo")) else _notebook(),
    describe=lambda flow: _notebook().settings(flow),
)
