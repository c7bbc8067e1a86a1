"""Whether this kernel serves a page to visitors, who are not the person whose keys are stored here."""

from __future__ import annotations

import os
import sys
import threading


def is_served_page() -> bool:
    """Whether visitors sit in front of this kernel: Voila and `marimo run` say so, an operator by a variable."""
    voila = os.environ.get("SERVER_SOFTWARE", "").lower().startswith("voila/")
    declared = os.environ.get("BYOK_WIDGETS_SERVED", "").strip().lower() in ("1", "true", "yes", "on")
    return voila or declared or _is_marimo_app()


def visit() -> threading.Thread:
    """Return what stands for the visit that runs here: `marimo run` serves each in a thread of one process."""
    return threading.current_thread() if _is_marimo_app() else threading.main_thread()


_served_by: set[int] = set()
"""Id of the marimo that shows apps in this process."""
_unseen: set[int] = set()
"""Id of the marimo that was there when a thread loaded this module, until a cell asks."""
if "marimo" in sys.modules and threading.current_thread() is not threading.main_thread():
    _unseen.add(id(sys.modules["marimo"]))


def _is_marimo_app() -> bool:
    """Whether marimo shows this notebook without its code; one that does not say so counts as well.

    A thread that an app has started does not know of marimo: there it counts what was seen in cells, and before
    that, whether such a thread was the first to load this module.
    """
    marimo = sys.modules.get("marimo")
    running, meta = getattr(marimo, "running_in_notebook", None), getattr(marimo, "app_meta", None)
    if running is None:
        return False
    if not running():
        return id(marimo) in _served_by | _unseen
    is_app = meta is None or getattr(meta(), "mode", None) != "edit"
    if is_app:
        _served_by.add(id(marimo))
    _unseen.discard(id(marimo))
    return is_app


_is_marimo_app()  # in most apps, a cell loads this before a thread of the app can ask
