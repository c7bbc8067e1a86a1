"""What a page adds to the card of an error: a button to the settings, where it is corrected there.

A traceback is plain text. So a message of a kind of its own follows it, which only our extension of JupyterLab and
Notebook 7 draws; elsewhere the card's last line says how the settings are opened.
"""

from __future__ import annotations

import weakref
from typing import Any

from byok_widgets.errors import ByokError
from byok_widgets.widgets.audience import is_watched

MIME_TYPE = "application/vnd.byok-widgets.error+json"
_watched: weakref.WeakSet[Any] = weakref.WeakSet()


def watch(shell: Any) -> None:
    """Follow up the errors of this kernel's cells from now on, the running one included."""
    if getattr(shell, "kernel", None) is None or shell in _watched:
        return
    _watched.add(shell)
    shell.events.register("post_run_cell", lambda result: _follow_up(shell, result.error_in_exec))


def _follow_up(shell: Any, error: object) -> None:
    if isinstance(error, ByokError) and is_watched():
        facts = {"flow": error.flow, "settings": error.concerns_settings}
        shell.display_pub.publish({MIME_TYPE: facts, "text/plain": ""})
