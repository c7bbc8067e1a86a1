"""What all flows of a name share in this process: their settings, their keys, and what stands before each prompt.

A fresh flow shares nothing with one of the same name that is saved. Settings that were made before there was a
flow have a context of their own, which is none of a flow.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable

from byok_widgets.config import FlowConfig, checked_name
from byok_widgets.config.settings import START_PROVIDER
from byok_widgets.engine import HAS_THREADS
from byok_widgets.flow.incoming import other_kernel
from byok_widgets.keys import KeyStore
from byok_widgets.keys.backends import registry
from byok_widgets.keys.served_page import is_served_page, visit
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.local.default_model import default_model

FRESH_VARIABLE = "BYOK_WIDGETS_FRESH"

_Contexts = dict[tuple[str, bool], FlowContext]

_made: weakref.WeakKeyDictionary[threading.Thread, _Contexts] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def shared(name: str, *, fresh: bool = False) -> FlowContext:
    """Return what all flows of this name share, made for the first of them.

    Args:
        name: The flow's name.
        fresh: Read and save nothing: settings and keys live in this kernel's memory. So it always is on a page
            that is served to visitors: what is saved here is not theirs, and each visit has its own.

    Raises:
        ConfigError: The name cannot be used.
    """
    name = checked_name(name)
    fresh = fresh or is_served_page() or _starts_clean()
    with _lock:
        made = _made.setdefault(visit(), {})
        if (name, fresh) not in made:
            made[name, fresh] = in_memory(name) if fresh else _saved(name)
            made[name, fresh].for_visitors = is_served_page()
        return made[name, fresh]


def withdraw(context: FlowContext) -> None:
    """Let no further flow share this: one of the same name gets settings of its own."""
    with _lock:
        for made in _made.values():
            for key in [key for key, known in made.items() if known is context]:
                del made[key]


def _starts_clean() -> bool:
    """Whether all flows start clean here: a class says so by a variable, and a browser's tab keeps nothing."""
    return not HAS_THREADS or os.environ.get(FRESH_VARIABLE, "").strip().lower() in ("1", "true", "yes", "on")


def all_made() -> tuple[FlowContext, ...]:
    """Return those of all flows that this process has met."""
    with _lock:
        return tuple(context for contexts in _made.values() for context in contexts.values())


def in_memory(name: str, *, waiting: bool = False) -> FlowContext:
    """Return one of which nothing is saved; `waiting`: whose keys are meant for a flow that is still to come."""
    config = _config(name, saved=False)
    backends = registry.waiting() if waiting else registry.in_memory()
    return FlowContext(config, KeyStore(name, config.key_references, backends=backends))


def _saved(name: str) -> FlowContext:
    opened: list[weakref.ref[FlowConfig]] = []

    def tell() -> None:
        config = opened[0]() if opened else None
        if config is not None:
            other_kernel.tell(config)

    config = _config(name, on_elsewhere=tell)
    opened.append(weakref.ref(config))  # the config keeps `tell`: together they would be a circle
    return FlowContext(config, KeyStore(name, config.key_references))


def _config(name: str, *, saved: bool = True, on_elsewhere: Callable[[], None] | None = None) -> FlowConfig:
    names = {provider: each.in_text for provider, each in PROVIDERS.items()}
    start_models = {START_PROVIDER: default_model()}
    return FlowConfig(
        name,
        providers=tuple(PROVIDERS),
        names=names,
        start_models=start_models,
        saved=saved,
        on_elsewhere=on_elsewhere,
    )
