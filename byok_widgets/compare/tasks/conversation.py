"""`Conversation`: a case that is played through a flow, and what is kept of each turn of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from byok_widgets.compare.cells.left_out import left_out_of
from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.session import Session, Turn, Visit
from byok_widgets.usage import CostTotal


class Conversation:
    """One conversation with a flow.

    Attributes:
        session: The session that is talked to.
        in_turn: Whether a turn of the flow is under way; where it ends with an error, it stays so.
    """

    def __init__(self, session: Session, *, speaks_first: bool) -> None:
        self.session = session
        self.in_turn = False
        self._speaks_first = speaks_first
        self._known: list[tuple[dict[str, Any], dict[str, str]]] = []

    async def open(self, on_progress: OnProgress) -> None:
        """Let the flow speak, where it does so before the caller."""
        if self._speaks_first:
            await self._take(None, on_progress)

    async def say(self, text: str, on_progress: OnProgress) -> Turn:
        """Say something to the flow.

        Raises:
            ByokError: The turn failed.
        """
        return await self._take(text, on_progress)

    async def play(self, script: Sequence[str], on_progress: OnProgress) -> None:
        """Say one text after another, until the flow has ended.

        Raises:
            ByokError: A turn failed.
        """
        await self.open(on_progress)
        for text in script:
            if self.session.closed:
                return
            await self.say(text, on_progress)

    async def _take(self, text: str | None, on_progress: OnProgress) -> Turn:
        # An action with effects is here only where a person asked for it to be called, in a replay, too.
        self.in_turn = True
        turn = await self.session.prepare_turn(text, repeat_effects=True)(ignore, on_progress)
        self.in_turn = False
        variables = self.session.variables
        self._known.append((dict(variables), dict(variables.status)))
        return turn

    @property
    def turns(self) -> list[dict[str, Any]]:
        """The turns so far, as they are kept."""
        return [
            _turn(turn, values, status) | {"why": self.session.explain(turn.number)}
            for turn, (values, status) in zip(self.session.turns, self._known, strict=True)
        ]

    def output(self, last: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is kept of it, with what the last call gave where that cannot be used."""
        from pydantic_core import to_jsonable_python

        session, turns = self.session, self.turns
        every = [*session.turns, *session.unfinished]
        said = [turn.reply.text for turn in session.turns if turn.reply]
        lost = session.unfinished[-1:]
        output = {
            "text": said[-1] if said else "",
            "values": dict(session.variables),
            "status": dict(session.variables.status),
            "path": [node for turn in session.turns for node in turn.path],
            "end_node": session.node,
            "turns": turns,
            "calls": sum(turn.cost.calls for turn in every),
            "usd": _money(sum((turn.cost for turn in every), CostTotal())),
            "seconds": sum(_own_seconds(turn) for turn in every),
            **left_out_of(request for turn in every for request in turn.requests),
            **({"unfinished": {"number": lost[0].number, "node": lost[0].node}} if lost else {}),
            **last,
        }
        return dict(to_jsonable_python(output, fallback=str))


def _turn(turn: Turn, values: Mapping[str, Any], status: Mapping[str, str]) -> dict[str, Any]:
    visits = [step for step in turn.steps if isinstance(step, Visit)]
    return {
        "number": turn.number,
        "said": turn.text,
        "reply": turn.reply.text if turn.reply else "",
        "path": list(turn.path),
        "node": turn.node,
        "learned": [[visit.node, {found.name: found.value for found in visit.result.learned}] for visit in visits],
        "values": dict(values),
        "status": dict(status),
        "calls": turn.cost.calls,
        "usd": _money(turn.cost),
        "seconds": _own_seconds(turn),
    }


def _money(cost: CostTotal) -> str | None:
    """Return an amount in US dollars as a text, which loses no digit; `None` where a part of it is not known.

    A replayed call counts with what it cost when it was recorded.
    """
    paid = cost.originally
    return None if paid.unpriced else str(paid.usd)


def _own_seconds(turn: Turn) -> float:
    """Return what a turn took, without waiting here for a quota: that says nothing of the flow."""
    return max(0.0, turn.latency_s - sum(reply.waited_s for reply in turn.calls))
