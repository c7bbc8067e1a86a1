"""Side effects: which actions have run, so that none runs a second time unless the user asks for it.

A turn that fails after an action ran is not part of its session, and a fork leaves turns behind; but what the
action did remains. All sessions that descend from the same one share an `EffectLog`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from byok_widgets.display.cards import Card, Cards
from byok_widgets.errors import FlowError
from byok_widgets.reply import NodeResult
from byok_widgets.secrets import redact

Outcome = Literal["running", "returned", "late", "raised", "unusable"]
"""What became of a run.

`running`: it has begun. `returned`: it has a result. `late`: nobody waits for it any more. `raised`: its function
raised an exception, before or after the effect. `unusable`: it returned, but nothing that the node can write.
"""

AGAIN = "To run it again, say the text again with repeat_effects=True."
FIND_OUT = f"Find out whether it happened. {AGAIN}"


@dataclass(frozen=True, repr=False)
class EffectRecord(Card):
    """One run of an action with effects.

    Attributes:
        run_id: Id of the run and of its result.
        node: Name of the node.
        arguments: The arguments as text, the same for equal ones.
        result: What it returned; `None` where there is nothing that can be used.
        outcome: What became of it.
        superseded: Whether it no longer counts for the session that was saved, since the person asked to run the
            action again.
    """

    run_id: str
    node: str
    arguments: str
    result: NodeResult | None = None
    outcome: Outcome = "running"
    superseded: bool = False

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield the action, what it was called with, what became of it, and its result."""
        yield "action", self.node
        yield "arguments", redact(self.arguments)
        yield "outcome", f"{self.outcome}, does not count any more" if self.superseded else self.outcome
        yield "result", self.result.line if self.result else ""


class EffectRecords(Cards[EffectRecord]):
    """Several runs of actions."""

    __slots__ = ()
    nothing = "No action with effects has run."


class EffectLog:
    """The runs of actions with effects, in a session and its forks."""

    def __init__(self, records: Iterable[EffectRecord] = ()) -> None:
        self._lock = threading.Lock()
        self._records = {record.run_id: record for record in records}

    @property
    def records(self) -> tuple[EffectRecord, ...]:
        """All runs, earliest first."""
        with self._lock:
            return tuple(self._records.values())

    def put(self, record: EffectRecord) -> None:
        """Add a run, or what became of it: one that was late may return or raise in the end."""
        with self._lock:
            self._records[record.run_id] = record

    def give_up(self, run_id: str) -> None:
        """Note that nobody waits for a run any more, unless it has ended meanwhile."""
        with self._lock:
            record = self._records[run_id]
            if record.outcome == "running":
                self._records[run_id] = replace(record, outcome="late")


@dataclass(frozen=True)
class Effects:
    """The effects that concern one session, as a turn sees them.

    Attributes:
        log: The runs of the session and of all sessions that descend from the same one.
        known: Ids of the runs that the session made, or inherited when it was forked or opened; a turn adds its
            own.
        superseded: Ids of the runs that no longer count for the session, since the person asked to run their
            actions again; a turn adds to them.
        finished: Ids of the runs in the session's own finished turns: the flow may come to their nodes again.
        repeat: Whether the person asked to run actions again.
        current: Ids of the runs of this turn, which may come to a node more than once.
        replayed: Whether the turn is answered from a recording, in which no run of an action is.
    """

    log: EffectLog
    known: set[str] = field(default_factory=set)
    superseded: set[str] = field(default_factory=set)
    finished: frozenset[str] = frozenset()
    repeat: bool = False
    current: set[str] = field(default_factory=set)
    replayed: bool = False

    def begin(self, record: EffectRecord) -> None:
        """Add a run of this turn that is about to start."""
        self.known.add(record.run_id)
        self.current.add(record.run_id)
        self.log.put(record)

    def earlier(self, node: str, arguments: str) -> NodeResult | None:
        """Return the result of the same action in a turn that this session does not have; `None` without one.

        Raises:
            FlowError: Kind `action_unknown`: it began, and whether it took effect is unknown. Kind
                `action_repeated`: it ran in a turn that this session lost, with other arguments, or without a
                result that can be used. Kind `action_replayed`: the turn is replayed, and the person did not ask
                for another run.
        """
        settled = self.finished | self.current | self.superseded
        runs = [run for run in self.log.records if run.node == node and run.run_id not in settled]
        if self.repeat:
            self.superseded.update(run.run_id for run in runs)
            return None
        same = [run for run in runs if run.arguments == arguments]
        lost = same or [run for run in runs if run.run_id in self.known]
        without = next((run for run in lost if run.result is None), None)
        if without is not None:
            raise _without_result(without)
        if lost and not same:
            raise _repeated(node, "with other values, in a turn that is not part of this session")
        if not same and self.replayed:
            raise _replayed(node)
        if not same:
            return None
        self.current.add(same[0].run_id)
        return same[0].result


_WHY_UNKNOWN: Mapping[Outcome, str] = {
    "running": "it has begun in another turn or another session, and had not ended when it was last seen",
    "late": "its function did not return in time",
    "raised": "its function raised an exception",
}


def unknown_outcome(node: str, why: str) -> FlowError:
    """Return the error for an action of which nobody knows whether it took effect."""
    return FlowError(
        f"It is not known whether the action {node!r} took effect: {why}.", kind="action_unknown", fix=FIND_OUT
    )


def _without_result(run: EffectRecord) -> FlowError:
    if run.outcome in _WHY_UNKNOWN:
        return unknown_outcome(run.node, _WHY_UNKNOWN[run.outcome])
    return _repeated(run.node, "and returned what cannot be used")


def _replayed(node: str) -> FlowError:
    return FlowError(
        f"The action {node!r} was not called: it has effects, and this flow replays a recording.",
        kind="action_replayed",
        fix="Give the flow a function that changes nothing, or say the text again with repeat_effects=True.",
    )


def _repeated(node: str, how: str) -> FlowError:
    return FlowError(
        f"The action {node!r} has already run, {how}.",
        kind="action_repeated",
        cause="It has effects, so it does not run again unless you ask for it.",
        fix=AGAIN,
    )
