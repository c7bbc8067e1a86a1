"""Rating by hand on the board: one reply after another, without the name of what wrote it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from byok_widgets.display.value_words import quoted
from byok_widgets.engine import DaemonExecutor
from byok_widgets.engine.home_thread import call_logged
from byok_widgets.errors import ByokError
from byok_widgets.widgets.audience import Mode
from byok_widgets.widgets.board.board_messages import shown
from byok_widgets.widgets.board.cell_detail import said_in
from byok_widgets.widgets.panel import visitor

if TYPE_CHECKING:
    from byok_widgets.compare.comparison import Comparison
    from byok_widgets.compare.results.rating import RatedReply, Rating
    from byok_widgets.widgets.page_messages.board import BoardMessage, BoardRating, BoardUtterance

_WORK = DaemonExecutor("byok-rating", 1)
"""One thread: marks are written in order, and the kernel does not wait for the disk."""


class RatingByHand:
    """One person at a time rates the replies of a comparison. Marks are saved, so no visitor gives any."""

    def __init__(self, comparison: Comparison, tell: Callable[[BoardMessage], None], *, mode: Mode) -> None:
        self._comparison, self._tell, self._mode = comparison, tell, mode
        self._rating: Rating | None = None
        self._number = 0

    def receive(self, message: Mapping[str, Any]) -> None:
        """Do what a page asks for, and tell it the reply that comes next; returns at once."""
        _WORK.submit(call_logged, lambda: self._act(message))

    def _act(self, message: Mapping[str, Any]) -> None:
        problem = ""
        try:
            self._step(message)
        except ByokError as error:
            problem = str(error)
        by = self._rating.by if self._rating else str(message.get("by") or "")
        self._tell(self._told(by, problem))

    def _step(self, message: Mapping[str, Any]) -> None:
        if self._mode != "owner":
            raise visitor.refusal()
        act, mark = message.get("act"), message.get("mark")
        if act == "begin":
            self._rating = None
            self._rating = self._comparison.rating(message.get("by"))  # type: ignore[arg-type]  # checked there
        elif self._rating is None or message.get("number") != self._number:
            return  # a key that was pressed twice: the reply that it was meant for is gone
        elif act == "mark":
            self._rating.rate(mark)  # type: ignore[arg-type]  # checked there
        elif act == "skip":
            self._rating.skip()
        elif act == "undo":
            self._rating.undo()
        self._number += 1

    def _told(self, by: str, problem: str) -> BoardRating:
        rating = self._rating
        reply = rating.current if rating else None
        ended = rating is not None and reply is None
        return {
            "kind": "rating",
            "by": shown(by),
            "number": self._number,
            "left": rating.left if rating else 0,
            "total": rating.total if rating else 0,
            "can_undo": rating is not None and rating.can_undo,
            "said": said_in(reply.case) if reply else [],
            "answer": "" if reply is None or _turns(reply) else shown(str(reply.output.get("text") or "")),
            "values": [
                {"name": shown(name), "value": shown(quoted(value))}
                for name, value in ((reply.output.get("values") if reply else None) or {}).items()
            ],
            "conversation": _conversation(reply) if reply else [],
            "notes": [shown(note) for note in self._comparison.ratings().notes] if ended else [],
            "problem": shown(problem),
        }


def _turns(reply: RatedReply) -> list[Mapping[str, Any]]:
    return list(reply.output.get("turns") or ())


def _conversation(reply: RatedReply) -> list[BoardUtterance]:
    """Return a conversation that was played, with both sides."""
    spoken: list[BoardUtterance] = []
    for turn in _turns(reply):
        spoken += [{"by": "caller", "text": shown(turn["said"])}] if turn["said"] is not None else []
        spoken += [{"by": "flow", "text": shown(turn["reply"])}] if turn["reply"] else []
    return spoken
