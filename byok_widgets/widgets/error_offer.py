"""What a page needs to draw an error as a card: its parts, and whether it is corrected in the settings.

A traceback is plain text, in lines for a wide page. So a message of a kind of its own follows it, which only our
extension of JupyterLab and Notebook 7 draws, in place of the text; elsewhere the text has it all.
"""

from __future__ import annotations

import weakref
from typing import Any

from byok_widgets.display.sanitize import sanitize
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


def _parts(error: ByokError) -> list[list[str]]:
    """Return names and texts in pairs: a saved notebook keeps no order of the names in a mapping."""
    parts = [[name, sanitize(text)] for name, text in error.parts.items()]
    return [*parts, ["traceback", f"{type(error).__name__} · traceback: byok_widgets.last_traceback()"]]


def _follow_up(shell: Any, error: object) -> None:
    if isinstance(error, ByokError) and is_watched():
        facts = {"flow": error.flow, "settings": error.concerns_settings, "parts": _parts(error)}
        shell.display_pub.publish({MIME_TYPE: facts, "text/plain": ""})
