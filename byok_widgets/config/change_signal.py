"""`ChangeSignal`: notifies observers of changes, but never on the engine's loop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from byok_widgets.engine import ENGINE, DaemonExecutor

if TYPE_CHECKING:
    from psygnal import SignalInstance

Changes = tuple[str, ...]
Observer = Callable[[Changes], None]

_DELIVERY = DaemonExecutor("byok-changes", 1)
_log = logging.getLogger(__name__)


class ChangeSignal:
    """Calls observers after each change: in the thread that made it, or off the loop for a change made there.

    Changes announced on the loop in quick succession are coalesced into one call.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[str, None] = {}
        self._signal: SignalInstance | None = None  # created for the first observer: most flows have none

    def __reduce__(self) -> tuple[type[ChangeSignal], tuple[()]]:
        return ChangeSignal, ()  # in another process nobody observes yet

    def __repr__(self) -> str:
        count = 0 if self._signal is None else len(self._signal)
        return f"ChangeSignal({count} observer{'' if count == 1 else 's'})"

    def connect(self, observer: Observer) -> Callable[[], None]:
        """Call `observer(changes)` after each change; return a function that stops this.

        If an observer fails, only the type of its exception is logged; the others are still called.
        """
        signal = self._made()

        def logged(changes: Changes) -> None:
            _call_logged(observer, changes)

        signal.connect(logged)
        return lambda: signal.disconnect(logged, missing_ok=True)

    def emit(self, *changes: str) -> None:
        """Announce changes. Waits for the observers, except on the engine's loop."""
        with self._lock:
            waiting = bool(self._pending)
            self._pending.update(dict.fromkeys(changes))
        if not ENGINE.is_current_thread:
            self._deliver()
        elif not waiting:  # otherwise these go along with a delivery that is due
            _DELIVERY.submit(self._deliver)

    def _made(self) -> SignalInstance:
        from psygnal import SignalInstance

        with self._lock:
            self._signal = self._signal or SignalInstance((tuple,))
            return self._signal

    def _deliver(self) -> None:
        with self._lock:
            changes, self._pending = tuple(self._pending), {}
        if changes and self._signal is not None:
            self._signal.emit(changes)


def _call_logged(observer: Observer, changes: Changes) -> None:
    try:
        observer(changes)
    except Exception as error:  # noqa: BLE001 - an observer may be a user's function
        # Not its text and not its frames: either could contain a key.
        _log.error("An observer of the flow's settings raised %s.", type(error).__name__)
