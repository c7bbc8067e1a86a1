"""Side effects: which actions have run, so that none runs a second time unless asked to.

A turn that fails after an action ran is not part of its session, and a fork leaves turns behind; what the action
did remains. All sessions that descend from the same one share an `EffectLog`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from byok_widgets.errors import FlowError
from byok_widgets.nodes.action_result import ActionResult


@dataclass(frozen=True)
class EffectRecord:
    """One run of an action with effects.

    Attributes:
        run_id: Id of the run and of its result.
        node: Name of the node.
        arguments: The arguments as JSON.
        result: What it returned; `None` while it is unknown whether it took effect.
    """

    run_id: str
    node: str
    arguments: str
    result: ActionResult | None = None


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
        """Add a run, or update its outcome."""
        with self._lock:
            self._records[record.run_id] = record

    def discard(self, run_id: str) -> None:
        """Remove a run that failed: it may be tried again."""
        with self._lock:
            self._records.pop(run_id, None)


@dataclass(frozen=True)
class Effects:
    """The effects that concern one session, as a turn sees them.

    Attributes:
        log: The runs of the session and of all sessions that descend from the same one.
        known: Ids of the runs that the session made, or inherited when it was forked or opened; a turn adds its
            own.
        finished: Ids of the runs in the session's own finished turns, whose nodes the flow may reach again.
        repeat: Whether the user asked to run actions again.
        current: Ids of the runs of this turn, which may reach a node more than once.
    """

    log: EffectLog
    known: set[str] = field(default_factory=set)
    finished: frozenset[str] = frozenset()
    repeat: bool = False
    current: set[str] = field(default_factory=set)

    def begin(self, record: EffectRecord) -> None:
        """Add a run of this turn that is about to start."""
        self.known.add(record.run_id)
        self.current.add(record.run_id)
        self.log.put(record)

    def earlier(self, node: str, arguments: str) -> ActionResult | None:
        """Return the result of the same action in a turn outside this session; `None` if there is none.

        Raises:
            FlowError: Kind `action_unknown`: it started, and whether it took effect is unknown. Kind
                `action_repeated`: it ran with other arguments in a turn that this session lost.
        """
        past = self.finished | self.current
        runs = [run for run in self.log.records if run.node == node and run.run_id not in past]
        if self.repeat:
            self.known.difference_update(run.run_id for run in runs)
            return None
        same = [run for run in runs if run.arguments == arguments]
        lost = same or [run for run in runs if run.run_id in self.known]
        if any(run.result is None for run in lost):
            raise unknown_outcome(node, "in an earlier turn")
        if lost and not same:
            raise _other_arguments(node)
        if not same:
            return None
        self.current.add(same[0].run_id)
        return same[0].result


def _other_arguments(node: str) -> FlowError:
    return FlowError(
        f"The action {node!r} has already run, with other values, in a turn that is not part of this session.",
        kind="action_repeated",
        cause="It has effects, so it does not run a second time by itself.",
        fix="To run it again, say the text again with repeat_effects=True.",
    )


def unknown_outcome(node: str, when: str) -> FlowError:
    """Return the error for an action that started and did not return."""
    return FlowError(
        f"It is not known whether the action {node!r} took effect: its function did not return {when}.",
        kind="action_unknown",
        fix="Find out whether it happened. To run it again, say the text again with repeat_effects=True.",
    )


def as_key(arguments: Mapping[str, Any]) -> str:
    """Return arguments as text; equal arguments give the same text."""
    from pydantic_core import to_jsonable_python

    return json.dumps(to_jsonable_python(dict(arguments), fallback=repr), sort_keys=True)
