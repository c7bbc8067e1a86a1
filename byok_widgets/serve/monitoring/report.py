"""`TurnReport`: what became of a turn, for logs, metrics and traces."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from byok_widgets.session.turn import Turn

_LOG = logging.getLogger("byok_widgets.serve")


@dataclass(frozen=True)
class TurnReport:
    """What became of a turn.

    Attributes:
        key: Its key.
        session: Key of the session.
        flow: Name of the flow.
        version: Its version.
        turns: The attempts, the last one last: more than one where a fallback model was asked.
        node: Where the flow is after it.
        began_at: When it began, in seconds since 1970.
        seconds: How long it took.
        first_token_s: Seconds from the caller's last word to the first of the reply; `None` without one.
        fallback: Kind of the error in whose place a sentence was said; empty where all went well.
        failed: Which call failed last, without the words of the error, which may quote what was said.
        reused: How many steps another process had finished.
        paid_again: How many calls may have been paid for twice, since a process ended while they ran.
        trace: What a client sent of the trace that it is part of.
    """

    key: str
    session: str
    flow: str
    version: str
    turns: tuple[Turn, ...]
    node: str
    began_at: float
    seconds: float
    first_token_s: float | None
    fallback: str = ""
    failed: str = ""
    reused: int = 0
    paid_again: int = 0
    trace: str = ""


Observer = Callable[[TurnReport], None]


class Observers:
    """Called with the report of each turn that ends. One that fails does not disturb the others, or the call."""

    def __init__(self, observers: Iterable[Observer] = ()) -> None:
        self.all = list(observers)
        self.of_moves: list[Callable[[], None]] = []

    def move(self) -> None:
        """Call those who want to know that a conversation has moved, before its turn has ended."""
        for observer in list(self.of_moves):
            _call(observer)

    def tell(self, report: TurnReport) -> None:
        """Call all of them."""
        for observer in list(self.all):
            _call(observer, report)


def _call(observer: Callable[..., None], *given: TurnReport) -> None:
    try:
        observer(*given)
    except Exception:  # noqa: BLE001 - it may be anybody's
        _LOG.exception("an observer of turns failed")
