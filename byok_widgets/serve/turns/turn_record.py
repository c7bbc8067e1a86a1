"""`TurnRecord`: what is kept of one turn: where the flow is after it, what was said, and what became of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from byok_widgets.engine import clock
from byok_widgets.serve.monitoring.report import TurnReport
from byok_widgets.serve.stores.plain_json import plain_jsons
from byok_widgets.serve.stores.state import State
from byok_widgets.serve.stores.store import Bill, Claim, Store, StoredSession
from byok_widgets.serve.turns.asked import Asked
from byok_widgets.serve.turns.live_turn import Answer
from byok_widgets.serve.turns.served_scope import ServedScope
from byok_widgets.serve.turns.stored import answer_data, record_data
from byok_widgets.session.steps import Visit
from byok_widgets.session.turn import Turn
from byok_widgets.session.turn_runner import TurnRunner
from byok_widgets.session.variable_names import VariableNames
from byok_widgets.session.variables import Variables


class LostTurnError(Exception):
    """Another process has taken this turn over, or its session was deleted."""


class TurnRecord:
    """Stores one turn that this process answers."""

    def __init__(self, asked: Asked, claim: Claim, owner: str, store: Store) -> None:
        self._asked, self._claim, self._owner, self._store = asked, claim, owner, store
        self._claimed_at = time.time()
        self._first_token_s: float | None = None
        self._written: tuple[State, str] | None = None

    @property
    def unmoved(self) -> State:
        """The state after a turn that changed nothing."""
        return replace(self._asked.parent, key=self._asked.key, said=self._asked.said)

    def state_after(self, runner: TurnRunner) -> State:
        """Return the state after what a runner has done so far."""
        asked, parent, path = self._asked, self._asked.parent, runner.path
        graph, entries = asked.flow.graph, parent.entries
        if runner.entries:
            variables = Variables(VariableNames(graph, asked.flow.context), entries)
            variables.learn(runner.entries, len(asked.said))
            entries = variables.current
        runs = {step.result.effect_id for step in runner.steps if isinstance(step, Visit)} - {""}
        return State(
            asked.key,
            parent.session,
            parent.version,
            runner.place_after,
            asked.said,
            parent.visited.union(path),
            parent.spoken.union([name for name in path if not graph.is_silent(name)]),
            parent.runs | runs,
            entries,
        )

    def note_first(self) -> None:
        """Take note that the caller begins to hear something."""
        if self._first_token_s is None:
            self._first_token_s = clock() - self._asked.asked_at

    async def place(self, state: State, node: str) -> None:
        """Store where the flow is; only then may the reply be heard.

        Raises:
            LostTurnError: The turn is not this process's any more.
        """
        [text] = plain_jsons(state.data)
        self._written = state, text
        if not await self._store.put(self._claim.turn.known(text), self._owner, self._session(node)):
            raise LostTurnError

    async def end(self, answer: Answer, state: State, attempts: Sequence[Turn], bill: Bill | None) -> None:
        """Store the turn as a whole, with what it has spent.

        Raises:
            LostTurnError: The turn is not this process's any more.
        """
        known = self._written[1:] if self._written and self._written[0] == state else ()
        data = (answer_data(answer), record_data(attempts, self._asked.flow), *(() if known else (state.data,)))
        said, record, *rest = plain_jsons(*data)
        turn = self._claim.turn.known((known or rest)[0], said, record)
        if not await self._store.put(turn, self._owner, self._session(state.place.node), bill):
            raise LostTurnError

    def report(
        self, answer: Answer, state: State, turns: Sequence[Turn], scope: ServedScope, failed: str
    ) -> TurnReport:
        """Return what became of the turn."""
        asked = self._asked
        seconds = clock() - asked.asked_at
        return TurnReport(
            key=asked.key,
            session=state.session,
            flow=asked.flow.name,
            version=asked.flow.version,
            turns=tuple(turns),
            node=state.place.node,
            began_at=time.time() - seconds,
            seconds=seconds,
            first_token_s=self._first_token_s,
            fallback=answer.fallback,
            failed=failed,
            reused=scope.reused,
            paid_again=int(self._claim.taken_over and scope.done > 0),
            trace=asked.trace,
        )

    def _session(self, node: str) -> StoredSession:
        asked = self._asked
        return StoredSession(
            asked.parent.session, asked.redacted[1], asked.caller, node, self._claimed_at, asked.key
        )
