"""`Pulse`: repeatedly tells a page that this kernel is alive, from a thread of its own.

Some frontends let a page see no kernel: there a widget asks by `ping`. While a cell runs nothing that a page sends
is read, so an answer to each question could not tell a busy kernel from one that is gone. One `ping` is answered
for minutes instead, whatever the cells do.
"""

from __future__ import annotations

import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

from byok_widgets.engine import HAS_THREADS

if TYPE_CHECKING:
    from byok_widgets.widgets.page_messages.every_view import Pong

BEAT_S = 2.0
"""Time between two answers, in seconds."""
KEPT_S = 300.0
"""How long one `ping` is answered, in seconds. A page asks again much sooner; one that was closed does not."""


class Pulse:
    """Answers for all widgets of this kernel; its thread lives while somebody asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: weakref.WeakKeyDictionary[Any, float] = weakref.WeakKeyDictionary()
        self._is_beating = False

    def keep(self, widget: Any) -> None:
        """Answer the page of `widget` from now on."""
        if not HAS_THREADS:  # what a page asks is read while a cell waits, too: each question has its answer
            pong: Pong = {"kind": "pong"}
            widget.send(pong)
            return
        with self._lock:
            self._until[widget] = time.monotonic() + KEPT_S
            if not self._is_beating:
                threading.Thread(target=self._beat, name="byok-pulse", daemon=True).start()
                self._is_beating = True

    def _beat(self) -> None:
        try:
            while asking := self._asking():
                pong: Pong = {"kind": "pong"}
                for widget in asking:
                    widget.send(pong)
                del asking[:], widget  # held over the pause, widgets that nobody needs would live on
                time.sleep(BEAT_S)
        except BaseException:  # the next question begins it again
            with self._lock:
                self._is_beating = False
            raise

    def _asking(self) -> list[Any]:
        with self._lock:
            now = time.monotonic()
            asking = [widget for widget, end in self._until.items() if end > now and widget.comm is not None]
            self._is_beating = bool(asking)  # under the lock: a question from now on starts a new thread
            if not asking:
                self._until.clear()
            return asking


PULSE = Pulse()
