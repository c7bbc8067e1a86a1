"""`Waits`: what the calls of a flow wait for before they are retried, for its displays."""

from __future__ import annotations

import math
from types import TracebackType

from byok_widgets.config.change_signal import ChangeSignal
from byok_widgets.engine.callbacks import OnProgress, Progress, Waiting
from byok_widgets.engine.deadlines import clock

NEWS_S = 1.0
"""A wait that is shorter, or ends so soon after the one that was told, is not told."""


class Waits:
    """The waits of all calls that are under way. They are noted on the engine's loop and read from any thread.

    Attributes:
        changed: Tells that `longest` has become longer, or is over.
    """

    def __init__(self) -> None:
        self.changed = ChangeSignal()
        self._ends: dict[object, tuple[float, str]] = {}
        self._told_until = -math.inf

    def __repr__(self) -> str:
        return f"Waits({self.longest})"

    def __reduce__(self) -> tuple[type[Waits], tuple[()]]:
        return Waits, ()  # in another process nothing waits yet

    @property
    def longest(self) -> Waiting | None:
        """What remains of the longest wait; `None` if no call waits."""
        ends_at, kind = max(tuple(self._ends.values()), default=(-math.inf, ""))
        left_s = ends_at - clock()
        return Waiting(kind, left_s) if left_s > 0 else None

    def watch(self, on_progress: OnProgress) -> WatchedCall:
        """Return what a call reports its progress to, inside `with`: its waits are noted, until it ends."""
        return WatchedCall(self, on_progress)

    def note(self, call: object, wait: Waiting) -> None:
        """Take note that a call waits."""
        ends_at = clock() + wait.wait_s
        self._ends[call] = ends_at, wait.kind
        if wait.wait_s >= NEWS_S and ends_at > self._told_until + NEWS_S:
            self._told_until = ends_at
            self.changed.emit("wait")

    def forget(self, call: object) -> None:
        """Take note that a call has ended."""
        ended = self._ends.pop(call, None)
        if ended is not None and ended[0] >= self._told_until > -math.inf:
            self._told_until = max((ends_at for ends_at, _ in self._ends.values()), default=-math.inf)
            self.changed.emit("wait")


class WatchedCall:
    """A call whose waits are noted; called with its progress, which it passes on."""

    def __init__(self, waits: Waits, on_progress: OnProgress) -> None:
        self._waits, self._on_progress = waits, on_progress

    def __enter__(self) -> OnProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waits.forget(self)

    def __call__(self, progress: Progress) -> None:
        """Take its progress."""
        if isinstance(progress, Waiting):
            self._waits.note(self, progress)
        self._on_progress(progress)
