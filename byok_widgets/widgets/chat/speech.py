"""`Speech`: a reply while it is written. Its pieces go out together, at most 20 times a second."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from byok_widgets.engine.callbacks import Fetching, Retraction, Waiting
from byok_widgets.shortening import MAX_CHARS
from byok_widgets.widgets.cell_output import waiting
from byok_widgets.widgets.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable

    from byok_widgets.widgets.page_messages.chat import ChatMessage, UnderWay

UPDATE_S = 1 / 20
"""Least time between two pieces of a reply on their way to the page, in seconds."""


class Speech:
    """Gathers the pieces of a reply, and knows what a view that appears late has missed.

    Attributes:
        is_active: Whether a turn is under way.
    """

    def __init__(self, tell: Callable[[ChatMessage], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._said, self._node = "", ""
        self._instead_of: int | None = None
        self._text: list[str] = []
        self._unsent: list[str] = []
        self._chars = 0
        self._timer: asyncio.TimerHandle | None = None
        self.is_active = False

    def begin(self, said: str, instead_of: int | None = None) -> None:
        """Announce a turn; `instead_of` is the one that it answers once more."""
        with self._lock:
            self._said, self._node, self._instead_of = said, "", instead_of
            self._text, self._unsent, self._chars = [], [], 0
        self.is_active = True
        self._tell({"kind": "begin", "text": sanitize(said), "instead_of": instead_of})

    def on_node(self, name: str) -> None:
        """Announce the node that begins to run."""
        self._node = name
        self._tell({"kind": "node", "node": sanitize(name)})

    def on_progress(self, progress: Fetching | Waiting) -> None:
        """Announce how far a download is, or how long the wait is before a request is sent again."""
        if isinstance(progress, Waiting):
            self._tell({"kind": "wait", "text": waiting(progress.kind), "seconds": progress.wait_s})
            return
        mb = round(progress.total / 1e6)
        text = f"Downloading {sanitize(progress.what)}: {round(progress.done / 1e6)} of {mb} MB"
        self._tell({"kind": "progress", "text": text})

    def on_text(self, text: str) -> None:
        """Take a piece; called on the engine's loop."""
        with self._lock:
            if isinstance(text, Retraction):  # what a page shows already is replaced at the end of the turn
                self._text, self._unsent, self._chars = [], [], 0
            room = max(0, MAX_CHARS - self._chars)
            self._chars += len(text)
            self._text.append(text[:room])
            self._unsent.append(text[:room])
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(UPDATE_S, self._flush)

    def end(self) -> None:
        """Send nothing more of this turn."""
        self.is_active = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def under_way(self) -> UnderWay:
        """Return what a view that appears late has missed."""
        with self._lock:
            self._unsent = []
            return {
                "text": sanitize(self._said),
                "node": sanitize(self._node),
                "reply": sanitize("".join(self._text)),
                "instead_of": self._instead_of,
            }

    def _flush(self) -> None:
        self._timer = None
        with self._lock:
            unsent, self._unsent = "".join(self._unsent), []
        if unsent:
            self._tell({"kind": "text", "text": sanitize(unsent)})
