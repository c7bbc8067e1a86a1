"""`Speech`: a reply while it is written. Its first piece goes out at once, those after it together."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from byok_widgets.display.sanitize import sanitize
from byok_widgets.display.shortening import MAX_CHARS
from byok_widgets.engine import clock
from byok_widgets.engine.callbacks import Progress, Retraction, Thinking, Waiting
from byok_widgets.widgets.progress_words import at_work, waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from byok_widgets.widgets.page_messages.chat import ChatMessage, UnderWay, WorkFacts

UPDATE_S = 1 / 15
"""Minimum time between two pieces of a reply sent to the page, in seconds: sending costs more than reading."""
SIGN_S = 1.0
"""The same between two signs that a model is at work; the page counts the seconds itself."""


class Speech:
    """Gathers the pieces of a reply, and knows what a view that appears late has missed.

    Attributes:
        is_active: Whether a turn is under way.
    """

    def __init__(self, tell: Callable[[ChatMessage], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._said, self._node, self._speaks = "", "", False
        self._instead_of: int | None = None
        self._text: list[str] = []
        self._unsent: list[str] = []
        self._chars = 0
        self._retracts = False
        self._sign: Thinking | None = None
        self._told: tuple[float, bool] | None = None
        self._told_at = 0.0
        self._flushing: asyncio.Handle | None = None
        self._flushed_at = float("-inf")
        self.is_active = False

    def begin(self, said: str, instead_of: int | None = None) -> None:
        """Announce a turn; `instead_of` is the one that it answers once more."""
        with self._lock:
            self._said, self._node, self._speaks, self._instead_of = said, "", False, instead_of
            self._text, self._unsent, self._chars, self._retracts = [], [], 0, False
            self._sign = self._told = None
        self.is_active = True
        self._tell({"kind": "begin", "text": sanitize(said), "instead_of": instead_of})

    def on_node(self, name: str, *, speaks: bool) -> None:
        """Announce the node that begins to run."""
        self._node, self._speaks, self._sign = name, speaks, None
        self._tell({"kind": "node", "node": sanitize(name), "speaks": speaks})

    def on_progress(self, progress: Progress) -> None:
        """Announce a download, a wait before a request is sent again, or a model at work."""
        if isinstance(progress, Thinking):
            self._on_sign(progress)
            return
        self._sign = None
        if isinstance(progress, Waiting):
            self._tell({"kind": "wait", "text": waiting(progress.kind), "seconds": progress.wait_s})
            return
        mb = round(progress.total / 1e6)
        text = f"Downloading {sanitize(progress.what)}: {round(progress.done / 1e6)} of {mb} MB"
        self._tell({"kind": "progress", "text": text})

    def on_text(self, text: str) -> None:
        """Take a piece; called on the engine's loop."""
        with self._lock:
            if isinstance(text, Retraction):
                self._text, self._unsent, self._chars, self._retracts = [], [], 0, True
            room = max(0, MAX_CHARS - self._chars)
            self._chars += len(text)
            self._text.append(text[:room])
            self._unsent.append(text[:room])
        if self._flushing is None:
            loop = asyncio.get_running_loop()
            due = self._flushed_at + UPDATE_S
            # Not in this call: what was read together goes out together.
            self._flushing = loop.call_soon(self._flush) if loop.time() >= due else loop.call_at(due, self._flush)

    def end(self) -> None:
        """Send nothing more of this turn."""
        self.is_active = False
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None

    def under_way(self) -> UnderWay:
        """Return what a view that appears late has missed."""
        with self._lock:
            # it is in what is returned: sent as well, it would stand there twice
            self._unsent, self._retracts = [], False
            return {
                "text": sanitize(self._said),
                "node": sanitize(self._node),
                "speaks": self._speaks,
                "reply": sanitize("".join(self._text)),
                "thinking": _work(self._sign) if self._sign and not self._chars else None,
                "instead_of": self._instead_of,
            }

    def _flush(self) -> None:
        self._flushing, self._flushed_at = None, asyncio.get_running_loop().time()
        with self._lock:
            unsent, self._unsent = "".join(self._unsent), []
            retracts, self._retracts = self._retracts, False
        if retracts:
            self._tell({"kind": "retract"})
        if unsent:
            self._tell({"kind": "text", "text": sanitize(unsent)})

    def _on_sign(self, sign: Thinking) -> None:
        self._sign = sign
        told, now = (sign.began_at, sign.thinker.has_thought), clock()
        if self._chars or (told == self._told and now - self._told_at < SIGN_S):
            return
        self._told, self._told_at = told, now
        self._tell({"kind": "thinking", **_work(sign)})


def _work(sign: Thinking) -> WorkFacts:
    text = at_work(is_thinking=sign.thinker.has_thought)
    return {"text": text, "seconds": int(clock() - sign.began_at)}
