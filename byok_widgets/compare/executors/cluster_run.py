"""`ClusterRun`: hands cells to workers in chunks, takes each as it comes, and sends again what a lost worker had.

A chunk is bound to one worker. So the cluster never runs it a second time by itself, and what is sent again are
only the cells that were not told before. A cell that was under way on three workers that ended has failed.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import pickle
import uuid
from collections import deque
from collections.abc import Coroutine, Iterable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells import failures
from byok_widgets.compare.cells.result_cell import Key, ResultCell
from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.executors import worker
from byok_widgets.compare.executors.base import WorkerLostError
from byok_widgets.compare.executors.placement import MOST_LOSSES, Chunk, ClusterWorker, SentOut
from byok_widgets.compare.executors.roster import Roster, ask
from byok_widgets.compare.executors.shipping import packed
from byok_widgets.compare.spending.call_gate import CallGate, CallMeter
from byok_widgets.compare.spending.limits import Limits
from byok_widgets.compare.tasks.task import Task
from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.engine.quota import quota_users
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.nodes.calls.admission import current_admission
from byok_widgets.usage import Cost

_log = logging.getLogger(__name__)

CHUNK = 50
"""Cells that are sent at once."""
GATHER_S = 0.01
"""How long cells are gathered before a chunk is sent."""
LOOK_S = 0.5
"""How often it is seen which workers there are."""
LATE_S = 60.0
"""How long the result of a chunk that has ended is waited for."""


class ClusterRun:
    """One run of a comparison on a cluster."""

    def __init__(self, client: Any, task: Task, limits: Limits) -> None:
        self._client, self._task = client, task
        self._job = uuid.uuid4().hex
        self._roster = Roster(client, self._job, task, limits)
        self._topic = f"byok-widgets-{self._job}"
        self._loop = asyncio.get_running_loop()
        self._numbers = itertools.count()
        self._waiting: deque[SentOut] = deque()
        self._sent: dict[int, SentOut] = {}
        self._losses: dict[Key, int] = {}
        self._fault: ByokError | None = None
        self._changed = asyncio.Event()
        self._beside: list[asyncio.Task[None]] = []
        self._answers: dict[str, dict[int, bool]] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    async def begin(self) -> None:
        """Get all workers ready that there are.

        Raises:
            ConfigError: A worker cannot run cells.
            ByokError: A key is missing.
        """
        await ask(self._client.subscribe_topic, self._topic, self._hear)
        await self._roster.pack()
        await self._look()
        self._roster.require_fit()
        self._beside = [asyncio.ensure_future(each()) for each in (self._hand_out, self._look_on)]
        for each in self._beside:
            each.add_done_callback(self._stopped)

    async def end(self) -> None:
        """Give up what runs on the workers, and leave nothing there."""
        beside = [*self._beside, *self._under_way]
        for each in beside:
            each.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        chunks = [
            chunk.future
            for own in self._roster.workers.values()
            for chunk in own.chunks
            if chunk.future is not None
        ]
        calls = [
            partial(self._client.run, worker.end, self._job, workers=list(self._roster.workers)),  # it costs money
            partial(self._client.cancel, chunks),
            partial(self._client.unsubscribe_topic, self._topic),
        ]
        for call in calls:
            try:
                await ask(call)
            except Exception as error:  # noqa: BLE001 - the cluster may be gone, and what was finished is kept
                _log.warning("A comparison could not be ended on its workers: %s", describe_exception(error))

    async def run_cell(self, variant: Variant, case: Case, repeat: int, on_progress: OnProgress) -> ResultCell:
        """Run a cell on a worker.

        Raises:
            WorkerLostError: Its worker ended.
            ConfigError: No worker can run cells, or the cluster does not answer.
        """
        del on_progress
        if self._fault is not None:
            raise self._fault
        key = (variant.id, case.input_id, repeat)
        losses = self._losses.get(key, 0)
        if losses >= MOST_LOSSES:
            lost = WorkerLostError(f"{losses} workers ended while they ran this case.", kind="worker_lost")
            own = self._task.known_id(case) or case.input_id
            return ResultCell(variant.id, own, repeat, **failures.of_error(lost))
        sent = worker.SentCell(next(self._numbers), variant.id, case, repeat, self._task.given(case))
        waiting = SentOut(sent, losses, self._loop.create_future(), current_admission())
        self._sent[sent.number] = waiting
        self._waiting.append(waiting)
        self._changed.set()
        try:
            answer = await waiting.answer
        except WorkerLostError:
            self._losses[key] = losses + 1
            raise
        finally:
            self._sent.pop(sent.number, None)
            if not waiting.answer.done() or waiting.answer.cancelled() or waiting.answer.exception():
                self._charge(waiting, [], [(worst, Cost()) for worst in waiting.reserved])
        self._charge(waiting, (*answer.costs, *answer.apart), answer.reserved)
        if isinstance(waiting.gate, CallMeter):
            waiting.gate.set_apart(answer.apart)
        return answer.cell

    @staticmethod
    def _charge(waiting: SentOut, costs: Sequence[Cost], reserved: Sequence[tuple[Decimal, Cost]]) -> None:
        """Replace what was reserved for calls by what they cost; calls of which nothing was reserved are noted."""
        if isinstance(waiting.gate, CallGate) and reserved:
            for worst, cost in reserved:
                waiting.gate.charge(worst, cost)
        elif waiting.gate is not None:
            for cost in costs:
                waiting.gate.note(cost)

    async def _reserve(self, waiting: SentOut, question: int, worst: Decimal) -> None:
        """Reserve the worst case of a call that a worker is about to make, and answer it."""
        is_admitted = isinstance(waiting.gate, CallGate) and await waiting.gate.reserve(worst)
        if is_admitted:
            waiting.reserved.append(worst)
        is_first = waiting.address not in self._answers
        self._answers.setdefault(waiting.address, {})[question] = is_admitted
        if is_first:
            await asyncio.sleep(GATHER_S)
            answers = self._answers.pop(waiting.address)
            await ask(self._client.run, worker.answer, self._job, answers, workers=[waiting.address])

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        """Take an event, in the client's thread."""
        self._loop.call_soon_threadsafe(self._take, event[1])

    def _take(self, told: dict[str, Any]) -> None:
        waiting = self._sent.get(told["number"])
        if waiting is None or waiting.answer.done():
            return
        if "asks" in told:
            self._keep(self._reserve(waiting, told["asks"], Decimal(told["worst"])))
        else:
            _settle(waiting, told["answer"])

    async def _hand_out(self) -> None:
        """Send cells as long as there are workers that take more."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await asyncio.sleep(GATHER_S)
            while (chosen := self._free()) is not None:
                await self._send(chosen, Chunk(self._next_chunk()))

    def _free(self) -> ClusterWorker | None:
        """Return the least busy worker that takes the next cells."""
        while self._waiting and self._waiting[0].answer.done():
            self._waiting.popleft()
        if not self._waiting:
            return None
        losses = self._waiting[0].losses
        free = [each for each in self._roster.workers.values() if each.takes(losses)]
        return min(free, key=lambda each: len(each.chunks), default=None)

    def _next_chunk(self) -> list[SentOut]:
        """Take cells that were lost equally often: the more often, the fewer at once."""
        losses = self._waiting[0].losses
        most = (CHUNK, 5, 1)[losses]
        chosen: list[SentOut] = []
        while self._waiting and len(chosen) < most and self._waiting[0].losses == losses:
            cell = self._waiting.popleft()
            chosen += [] if cell.answer.done() else [cell]
        return chosen

    async def _send(self, chosen: ClusterWorker, chunk: Chunk) -> None:
        chosen.chunks.add(chunk)
        for cell in chunk.cells:
            cell.address = chosen.address
        data = packed([cell.sent for cell in chunk.cells])
        users = quota_users() * len(self._roster.workers)  # all workers call with one key
        chunk.future = await asyncio.to_thread(
            self._client.submit,
            worker.run_cells,
            self._job,
            self._topic,
            data,
            users,
            key=f"byok-cells-{uuid.uuid4().hex}",
            workers=[chosen.address],
            pure=False,  # otherwise a task with equal arguments would not be run again
        )
        chunk.future.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._chunk_ended, chosen, chunk))

    def _chunk_ended(self, own: ClusterWorker, chunk: Chunk) -> None:
        if chunk not in own.chunks:
            return
        if chunk.future.status == "finished" and chunk.missing:
            self._keep(self._collect(own, chunk, chunk.future))
        else:
            self._release(own, chunk)

    async def _collect(self, own: ClusterWorker, chunk: Chunk, future: Any) -> None:
        """Take from the result of a chunk what its events have not told: it is paid, and must not be run again."""
        try:
            answers = await asyncio.to_thread(future.result, timeout=LATE_S)
        except Exception as error:  # noqa: BLE001 - its worker may have ended since; then its cells are lost
            _log.warning("The result of cells that had ended did not come: %s", describe_exception(error))
        else:
            for cell in chunk.missing:
                if cell.sent.number in answers:
                    _settle(cell, answers[cell.sent.number])
        self._release(own, chunk)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside, until it or the run ends."""
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _release(self, own: ClusterWorker, chunk: Chunk) -> None:
        if chunk not in own.chunks:
            return
        own.chunks.discard(chunk)
        self._lose(chunk.missing)
        chunk.future = None
        self._changed.set()

    def _lose(self, cells: Iterable[SentOut]) -> None:
        for cell in cells:
            cell.answer.set_exception(
                WorkerLostError("The worker that ran this case has ended.", kind="worker_lost")
            )

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            await self._look()

    async def _look(self) -> None:
        """See which workers have come, and which have gone."""
        present = await self._roster.present()
        for gone in self._roster.drop_gone(present):
            for chunk in list(gone.chunks):
                if chunk.future is not None:
                    await ask(self._client.cancel, [chunk.future])
                self._release(gone, chunk)
        if await self._roster.welcome(present, is_waited_for=bool(self._waiting)):
            self._changed.set()

    def _stopped(self, ended: asyncio.Task[None]) -> None:
        """Let all cells fail where handing out has failed: nothing would ever come."""
        error = None if ended.cancelled() else ended.exception()
        if error is None:
            return
        known = self._fault = error if isinstance(error, ByokError) else _broken(error)
        for waiting in list(self._sent.values()):
            if not waiting.answer.done():
                waiting.answer.set_exception(known)


def _settle(waiting: SentOut, answer: bytes) -> None:
    waiting.answer.set_result(pickle.loads(answer))  # noqa: S301 - a worker runs our code


def _broken(error: BaseException) -> ConfigError:
    return ConfigError(
        f"The cluster does not answer: {describe_exception(error)}.",
        kind="executor",
        fix="What was finished is kept. Start the cluster again, and resume.",
    )
