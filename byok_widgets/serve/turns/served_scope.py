"""What a served turn keeps while it runs: what its steps gave, and the runs of actions with effects."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

from byok_widgets.files import finite_json
from byok_widgets.graph import FlowGraph
from byok_widgets.nodes.effects import EffectLog, EffectRecord
from byok_widgets.reply import NodeResult
from byok_widgets.serve.stores.dialogue import digest
from byok_widgets.serve.stores.plain_json import plain_json
from byok_widgets.serve.stores.store import Store
from byok_widgets.session.session_data import effect_data, effect_of_data, result_data, result_of_data


class ServedScope:
    """The steps of one turn: what is finished is stored at once, and not done again if this process ends.

    Attributes:
        key: The turn's key.
        done: How many steps were done here.
        reused: How many were done before.
    """

    def __init__(self, key: str, journal: Mapping[str, str], store: Store, graph: FlowGraph) -> None:
        self.key, self.done, self.reused = key, 0, 0
        self._journal, self._store, self._graph = journal, store, graph
        self._names: dict[str, str] = {}
        self._seen: dict[str, int] = {}
        self._due: list[tuple[str, NodeResult]] = []
        self._has_ended = False
        self._storing: set[asyncio.Task[None]] = set()

    async def kept(self, step: str) -> NodeResult | None:
        """Return what a step gave before. Where it has to be done, what was done before it is stored first."""
        found = self._journal.get(self._place(step))
        if found is None:
            self._store_due()
            if self._storing:
                await asyncio.wait(self._storing)  # a failed one is reported when the turn is stored
            return None
        self.reused += 1
        return result_of_data(finite_json(found), self._graph)

    def keep(self, step: str, result: NodeResult) -> None:
        """Store what a step gave; the next step waits for that, and the caller of this one does not."""
        self.done += 1
        self._due.append((self._place(step, is_done=True), result))
        asyncio.get_running_loop().call_soon(self._store_due)  # not yet: usually the turn ends with it

    def end(self) -> None:
        """Take note that the turn is stored now as a whole: what its last step gave is in it."""
        self._due.clear()
        self._has_ended = True

    def _store_due(self) -> None:
        due, self._due = self._due, []
        for at, result in due:
            storing = soon(self._note(at, result))
            self._storing.add(storing)
            storing.add_done_callback(self._storing.discard)

    async def _note(self, at: str, result: NodeResult) -> None:
        if not self._has_ended:
            await self._store.note(self.key, at, plain_json(result_data(result)))

    def _place(self, step: str, *, is_done: bool = False) -> str:
        """Return the place of a step in the journal: the same step may come again in a turn."""
        name = self._names.get(step) or self._names.setdefault(step, digest(step))
        if not is_done:
            self._seen[name] = self._seen.get(name, 0) + 1
        return f"{name}:{self._seen[name]}"


class ServedEffects(EffectLog):
    """The runs of actions with effects in one session. At least once: a run without a result does not count."""

    def __init__(self, session: str, stored: list[str], store: Store, graph: FlowGraph) -> None:
        super().__init__(effect_of_data(finite_json(data), graph) for data in stored)
        self._session, self._store = session, store
        self._loop = asyncio.get_running_loop()

    @property
    def records(self) -> tuple[EffectRecord, ...]:
        """The runs that gave a result, earliest first."""
        return tuple(record for record in super().records if record.result is not None)

    def put(self, record: EffectRecord) -> None:
        """Add a run, and store what it gave; this is called in the function's own thread."""
        super().put(record)
        if record.result is not None:
            data = plain_json(effect_data(record))
            self._loop.call_soon_threadsafe(soon, self._store.note_effect(self._session, record.run_id, data))


_SOON: set[asyncio.Task[None]] = set()  # the loop itself keeps only weak references to tasks


def soon(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Do something without waiting for it."""
    task = asyncio.ensure_future(work)
    _SOON.add(task)
    task.add_done_callback(_SOON.discard)
    return task
