"""Who sees what a cell shows: its author, a visitor, or a program that executes the notebook and saves it.

A visitor has comm messages only. So what tells an author is the request that runs a cell, which no comm message
can imitate: it names the cell, as the pages do on which people write notebooks. Everything else counts as a
visitor.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Mapping
from typing import Any, Literal, get_args

from byok_widgets.errors import ConfigError
from byok_widgets.keys.served_page import is_served_page
from byok_widgets.widgets.marimo import in_marimo

Mode = Literal["owner", "visitor"]
"""Who a panel is for: the owner of the kernel and its keys, or a visitor of a page."""

_CODE = "execute_request"


def mode_of(asked: str | None = None) -> Mode:
    """Return who the output of the running cell is for.

    Args:
        asked: What the cell's code says; `None` where it says nothing.

    Raises:
        ConfigError: No such mode, or the owner's on a page that is served to visitors.
    """
    if asked not in (None, *get_args(Mode)):
        raise ConfigError(
            f"There is no mode {asked!r}.", kind="unknown_mode", fix='Write mode="owner" or mode="visitor".'
        )
    if is_served_page():
        if asked == "owner":
            raise ConfigError(
                "This page is served to visitors, so its settings cannot be the owner's.",
                kind="served_page",
                fix="Leave the mode out, and change the settings in your notebook.",
            )
        return "visitor"
    if asked is None:
        return "owner" if _is_author() else "visitor"
    return "owner" if asked == "owner" else "visitor"


def mode_of_gear() -> Mode:
    """Return who the panel of the gear is for: the gear runs code, but not as a cell."""
    return "owner" if not is_served_page() and _request().get("msg_type") == _CODE else "visitor"


def is_watched() -> bool:
    """Whether somebody may watch the cell that runs: `jupyter execute`, nbconvert and their like ask for no input.

    A frontend that does not say counts as watched, and so does a terminal.
    """
    kernel = getattr(_shell(), "kernel", None)
    if kernel is None or not hasattr(kernel, "get_parent"):
        return True
    return _request().get("content", {}).get("allow_stdin", True) is not False


def shows_widgets() -> bool:
    """Whether a widget that is shown now comes to life: Voila executes like a program, then shows the page."""
    return is_watched() or os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


def _is_author() -> bool:
    if (
        in_marimo() or sys.platform == "emscripten"
    ):  # of marimo, only its editor gets here; else a person's own tab
        return True
    request = _request()
    if request.get("msg_type") != _CODE:
        return False
    metadata = request["metadata"]
    colab = metadata.get("colab")
    if isinstance(colab, Mapping) and colab.get("cell_id"):
        return True
    # JupyterLab, Notebook 7 and VS Code
    return bool(metadata.get("cellId")) and request["content"].get("allow_stdin") is True


def _request() -> dict[str, Any]:
    """Return type, content and metadata of the message that the kernel handles now; empty where there is none."""
    kernel = getattr(_shell(), "kernel", None)
    if kernel is None or not hasattr(kernel, "get_parent"):
        return {}
    takes_channel = bool(inspect.signature(kernel.get_parent).parameters)  # a kernel in a browser has only one
    parent = (kernel.get_parent("shell") if takes_channel else kernel.get_parent()) or {}
    parts = {name: dict(parent.get(name) or {}) for name in ("header", "content", "metadata")}
    return {"msg_type": parts["header"].get("msg_type"), **parts}


def _shell() -> Any:
    get = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get() if get else None
