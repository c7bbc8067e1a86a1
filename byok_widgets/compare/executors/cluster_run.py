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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from byok_widgets.cases.case import Case
from byok_widgets.compare import failures
from byok_widgets.compare.call_gate import CallGate, CallMeter
from byok_widgets.compare.executors import worker
from byok_widgets.compare.executors.base import WorkerLostError
from byok_widgets.compare.executors.key_delivery import KeySource, key_sources
from byok_widgets.compare.executors.shipping import packed
from byok_widgets.compare.limits import Limits
from byok_widgets.compare.result_cell import Key, ResultCell
from byok_widgets.compare.task import Task
from byok_widgets.compare.variant import Variant
from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.engine.quota import quota_users
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.nodes.admission import Admission, current_admission
from byok_widgets.usage import Cost

_log = logging.getLogger(__name__)

CHUNK = 50
"""Cells that are sent at once."""
CHUNKS_PER_WORKER = 2
GATHER_S = 0.01
"""How long cells are gathered before a chunk is sent."""
LOOK_S = 0.5
"""How often it is seen which workers there are."""
LATE_S = 5.0
"""How long the cells of a chunk that has ended are waited for."""
MOST_LOSSES = 3


@dataclass(eq=False)
class _Waiting:
    """A cell that has not come back."""

    sent: worker.SentCell
    losses: int
    answer: asyncio.Future[worker.Answer]
    gate: Admission | None
    address: str = ""
    reserved: list[Decimal] = field(default_factory=list)


@dataclass(eq=False)
class _Chunk:
    """Cells on one worker."""

    cells: list[_Waiting]
    future: Any = None

    @property
    def missing(self) -> list[_Waiting]:
        return [cell for cell in self.cells if not cell.answer.done()]

    @property
    def is_suspect(self) -> bool:
        return any(cell.losses == MOST_LOSSES - 1 for cell in self.cells)


@dataclass(eq=False)
class _Worker:
    """A worker that runs cells."""

    address: str
    threads: int
    chunks: set[_Chunk] = field(default_factory=set)

    def takes(self, losses: int) -> bool:
        """Whether it takes cells that were lost so often: one that may end its worker runs there alone."""
        if losses == MOST_LOSSES - 1 or any(chunk.is_suspect for chunk in self.chunks):
            return not self.chunks
        return len(self.chunks) < min(self.threads, CHUNKS_PER_WORKER)


class ClusterRun:
    """One run of a comparison on a cluster."""

    def __init__(self, client: Any, task: Task, limits: Limits) -> None:
        self._client, self._task, self._limits = client, task, limits
        self._job = uuid.uuid4().hex
        self._topic = f"byok-widgets-{self._job}"
        self._loop = asyncio.get_running_loop()
        self._numbers = itertools.count()
        self._waiting: deque[_Waiting] = deque()
        self._sent: dict[int, _Waiting] = {}
        self._losses: dict[Key, int] = {}
        self._fault: ByokError | None = None
        self._called: Any = None
        self._workers: dict[str, _Worker] = {}
        self._unfit: dict[str, str] = {}
        self._changed = asyncio.Event()
        self._beside: list[asyncio.Task[None]] = []
        self._sources: list[KeySource] = []
        self._answers: dict[str, dict[int, bool]] = {}
        self._reserving: set[asyncio.Task[None]] = set()
        self._data = b""

    async def begin(self) -> None:
        """Get all workers ready that there are.

        Raises:
            ConfigError: A worker cannot run cells.
            ByokError: A key is missing.
        """
        await self._ask(self._client.subscribe_topic, self._topic, self._hear)
        called = [ref for variant in self._task.variants for ref in variant.models.values()]
        self._sources = await key_sources(self._task.context, [*called, *self._task.beside(())])
        self._data = packed(self._task)
        await self._look()
        if self._unfit:
            raise self._no_worker()
        self._beside = [asyncio.ensure_future(each()) for each in (self._hand_out, self._look_on)]
        for each in self._beside:
            each.add_done_callback(self._stopped)

    async def end(self) -> None:
        """Give up what runs on the workers, and leave nothing there."""
        beside = [*self._beside, *self._reserving]
        for each in beside:
            each.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        chunks = [
            chunk.future for own in self._workers.values() for chunk in own.chunks if chunk.future is not None
        ]
        calls = [
            partial(self._client.run, worker.end, self._job, workers=list(self._workers)),  # it costs money
            partial(self._client.cancel, chunks),
            partial(self._client.unsubscribe_topic, self._topic),
        ]
        for call in calls:
            try:
                await self._ask(call)
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
        waiting = _Waiting(sent, losses, self._loop.create_future(), current_admission())
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
    def _charge(waiting: _Waiting, costs: Sequence[Cost], reserved: Sequence[tuple[Decimal, Cost]]) -> None:
        """Replace what was reserved for calls by what they cost; calls of which nothing was reserved are noted."""
        if isinstance(waiting.gate, CallGate) and reserved:
            for worst, cost in reserved:
                waiting.gate.charge(worst, cost)
        elif waiting.gate is not None:
            for cost in costs:
                waiting.gate.note(cost)

    async def _reserve(self, waiting: _Waiting, question: int, worst: Decimal) -> None:
        """Reserve the worst case of a call that a worker is about to make, and answer it."""
        is_admitted = isinstance(waiting.gate, CallGate) and await waiting.gate.reserve(worst)
        if is_admitted:
            waiting.reserved.append(worst)
        is_first = waiting.address not in self._answers
        self._answers.setdefault(waiting.address, {})[question] = is_admitted
        if is_first:
            await asyncio.sleep(GATHER_S)
            answers = self._answers.pop(waiting.address)
            await self._run_on([waiting.address], worker.answer, self._job, answers)

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        """Take an event, in the client's thread."""
        self._loop.call_soon_threadsafe(self._take, event[1])

    def _take(self, told: dict[str, Any]) -> None:
        waiting = self._sent.get(told["number"])
        if waiting is None or waiting.answer.done():
            return
        if "asks" in told:
            reserving = asyncio.ensure_future(self._reserve(waiting, told["asks"], Decimal(told["worst"])))
            self._reserving.add(reserving)
            reserving.add_done_callback(self._reserving.discard)
        else:
            waiting.answer.set_result(pickle.loads(told["answer"]))  # noqa: S301 - a worker runs our code

    async def _hand_out(self) -> None:
        """Send cells as long as there are workers that take more."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await asyncio.sleep(GATHER_S)
            while (chosen := self._free()) is not None:
                await self._send(chosen, _Chunk(self._next_chunk()))

    def _free(self) -> _Worker | None:
        """Return the least busy worker that takes the next cells."""
        while self._waiting and self._waiting[0].answer.done():
            self._waiting.popleft()
        if not self._waiting:
            return None
        losses = self._waiting[0].losses
        free = [each for each in self._workers.values() if each.takes(losses)]
        return min(free, key=lambda each: len(each.chunks), default=None)

    def _next_chunk(self) -> list[_Waiting]:
        """Take cells that were lost equally often: the oftener, the fewer at once."""
        losses = self._waiting[0].losses
        most = (CHUNK, 5, 1)[losses]
        chosen: list[_Waiting] = []
        while self._waiting and len(chosen) < most and self._waiting[0].losses == losses:
            cell = self._waiting.popleft()
            chosen += [] if cell.answer.done() else [cell]
        return chosen

    async def _send(self, chosen: _Worker, chunk: _Chunk) -> None:
        chosen.chunks.add(chunk)
        for cell in chunk.cells:
            cell.address = chosen.address
        data = packed([cell.sent for cell in chunk.cells])
        users = quota_users() * len(self._workers)
        chunk.future = await asyncio.to_thread(
            self._client.submit,
            worker.run_cells,
            self._job,
            self._topic,
            data,
            users,
            key=f"byok-cells-{uuid.uuid4().hex}",
            workers=[chosen.address],
            pure=False,
        )
        chunk.future.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._chunk_ended, chosen, chunk))

    def _chunk_ended(self, own: _Worker, chunk: _Chunk) -> None:
        """Take note that a chunk has ended; what was not told by then comes at once, or never."""
        if chunk not in own.chunks:
            return
        if chunk.future.status == "finished":
            self._loop.call_later(LATE_S if chunk.missing else 0, self._release, own, chunk)
        else:
            self._release(own, chunk)

    def _release(self, own: _Worker, chunk: _Chunk) -> None:
        if chunk not in own.chunks:
            return
        own.chunks.discard(chunk)
        self._lose(chunk.missing)
        chunk.future = None
        self._changed.set()

    def _lose(self, cells: Iterable[_Waiting]) -> None:
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
        info = await self._ask(self._client.scheduler_info, n_workers=-1)
        present = info["workers"]
        for address in self._workers.keys() - present.keys():
            gone = self._workers.pop(address)
            for chunk in list(gone.chunks):
                if chunk.future is not None:
                    await self._ask(self._client.cancel, [chunk.future])
                self._release(gone, chunk)
        self._unfit = {address: problem for address, problem in self._unfit.items() if address in present}
        if self._waiting and not present and self._called is None:  # a cluster that adapts starts one for a task
            self._called = await self._ask(self._client.submit, worker.greet, pure=False)
        elif present:
            self._called = None
        for address in present.keys() - self._workers.keys() - self._unfit.keys():
            if problem := await self._begin_on(address):
                self._unfit[address] = problem
            else:
                self._workers[address] = _Worker(address, present[address]["nthreads"])
                self._changed.set()
        if self._unfit and not self._workers and present:
            raise self._no_worker()

    async def _begin_on(self, address: str) -> str:
        """Get a worker ready; returns why it cannot run cells, or nothing."""
        try:
            greeting = (await self._run_on([address], worker.greet))[address]
            if greeting.versions != worker.versions():
                return _differences(greeting.versions)
            flow = self._task.context.key_store.flow
            keys = [source.delivery(flow, greeting.public_b64) for source in self._sources]
            return str(
                (await self._run_on([address], worker.begin, self._job, flow, self._data, keys, self._limits))[
                    address
                ]
            )
        except Exception as error:  # noqa: BLE001 - a worker may end, or have no byok_widgets
            return describe_exception(error)

    def _no_worker(self) -> ConfigError:
        address, problem = next(iter(self._unfit.items()))
        return ConfigError(
            f"Worker {address} cannot run cells: {problem}",
            kind="executor",
            fix="Install the same packages there as here, set the variables that hold keys, and resume.",
        )

    async def _run_on(self, addresses: list[str], function: Callable[..., Any], *args: Any) -> Any:
        return await self._ask(self._client.run, function, *args, workers=addresses)

    @staticmethod
    async def _ask(function: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Call the client in a thread: it waits for the cluster."""
        return await asyncio.to_thread(function, *args, **named)

    def _stopped(self, ended: asyncio.Task[None]) -> None:
        """Let all cells fail where handing out has failed: nothing would ever come."""
        error = None if ended.cancelled() else ended.exception()
        if error is None:
            return
        known = self._fault = error if isinstance(error, ByokError) else _broken(error)
        for waiting in list(self._sent.values()):
            if not waiting.answer.done():
                waiting.answer.set_exception(known)


def _broken(error: BaseException) -> ConfigError:
    return ConfigError(
        f"The cluster does not answer: {describe_exception(error)}.",
        kind="executor",
        fix="What was finished is kept. Start the cluster again, and resume.",
    )


def _differences(theirs: dict[str, str]) -> str:
    ours = worker.versions()
    return "; ".join(f"{name} {theirs[name]}, here {ours[name]}" for name in ours if theirs[name] != ours[name])
