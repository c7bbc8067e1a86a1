"""Warns once when code sets a model id that is on no list; the id is used anyway."""

from __future__ import annotations

import inspect
import threading

from byok_widgets.config import FlowConfig, ModelRef
from byok_widgets.frontend import warn
from byok_widgets.providers import PROVIDERS, catalog, model_list_cache

_PACKAGE = __name__.partition(".")[0]
_told: set[tuple[str, ModelRef]] = set()
_listed: set[tuple[str, ModelRef]] = set()
"""Models that were on a list once: it is a file, and calls on the engine's loop ask here, too."""
_lock = threading.Lock()


def tell_if_unknown(config: FlowConfig, model: str | ModelRef | None) -> None:
    """Warn of a model that no list knows, unless the panel sets it.

    Where calls go to another address there is no list, and only a mistyped provider is reported.

    Args:
        config: The settings of the flow.
        model: The model, also as it was written; `None` for none.
    """
    if model is None:
        return
    ref = config.ref(model) if isinstance(model, str) else model
    provider = PROVIDERS[ref.provider]
    with _lock:
        if (config.name, ref) in _told:
            return
    note = _mistyped_provider(ref) or provider.missing_model(ref.model) or _unlisted(config, ref)
    if not note:
        return
    level, by_panel = _caller()
    if not by_panel:
        with _lock:
            _told.add((config.name, ref))
        warn(note, level=level)


def _mistyped_provider(ref: ModelRef) -> str:
    """Return what is said of a ref with an unknown provider; it may still be an id with a colon in it."""
    meant = catalog.mistyped_ref(ref.model)
    label = PROVIDERS[ref.provider].in_text
    return f'{meant} As written, it is a model of {label} that is called "{ref.model}".' if meant else ""


def _unlisted(config: FlowConfig, ref: ModelRef) -> str:
    provider = PROVIDERS[ref.provider]
    if not provider.default_url or config.base_url(ref.provider):  # there is no list of what it has
        return ""
    if (config.name, ref) in _listed:
        return ""
    kept = model_list_cache.read(config.name, ref.provider, provider.default_url)
    note = catalog.unknown_note(ref.provider, ref.model, [info.id for info in kept.models] if kept else ())
    if not note:
        _listed.add((config.name, ref))
    return note


def _caller() -> tuple[int, bool]:
    """Return how far off the first code is that is not of this package, and whether the panel is on the way."""
    level, by_panel, frame = 0, False, inspect.currentframe()
    while frame and (name := frame.f_globals.get("__name__", "")).partition(".")[0] == _PACKAGE:
        by_panel |= name.startswith(f"{_PACKAGE}.widgets")
        level, frame = level + 1, frame.f_back
    return level, by_panel
