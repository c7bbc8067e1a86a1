"""What runs on a worker of a cluster: many cells at once on its engine, each reported as soon as it ends."""

from __future__ import annotations

import asyncio
import pickle
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from byok_widgets import __version__
from byok_widgets.cases.case import Case
from byok_widgets.compare.cells import failures
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.executors.asking import AskingGate, Questions
from byok_widgets.compare.executors.key_delivery import KeyDelivery, received
from byok_widgets.compare.executors.shipping import KEYS, STORE, unpacked
from byok_widgets.compare.spending.call_gate import CallMeter
from byok_widgets.compare.spending.limits import Limits
from byok_widgets.compare.storage.cell_rows import storable
from byok_widgets.compare.tasks.task import Task
from byok_widgets.engine import ENGINE
from byok_widgets.engine.quota import shared_by
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.errors import ByokError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.keys.sealing import SealingKey
from byok_widgets.nodes.calls.admission import admitted_by
from byok_widgets.usage import Cost

Tell = Callable[[dict[str, Any]], None]


class Greeting(NamedTuple):
    """What a worker says of itself.

    Attributes:
        versions: The versions that have to be the driver's, by what they are of.
        public_b64: The public half of its sealing key.
    """

    versions: dict[str, str]
    public_b64: str


@dataclass(frozen=True)
class SentCell:
    """A cell for a worker.

    Attributes:
        number: What tells it from others of the same run.
        variant: Id of its variant.
        case: The case.
        repeat: Number of the repeat.
        given: What stands before it; see `Task.given`.
    """

    number: int
    variant: str
    case: Case
    repeat: int
    given: Any


class Answer(NamedTuple):
    """The outcome of a cell.

    Attributes:
        cell: The cell.
        costs: What each of its calls cost.
        apart: The same of calls that are not its own, such as those of a simulated caller.
        reserved: What the driver has reserved for each call, with its cost; empty where it reserved nothing.
    """

    cell: ResultCell
    costs: tuple[Cost, ...]
    apart: tuple[Cost, ...] = ()
    reserved: tuple[tuple[Decimal, Cost], ...] = ()


class _Job:
    """One comparison, as far as this worker runs it."""

    def __init__(self, task: Task, limits: Limits) -> None:
        self._task, self._limits = task, limits
        self.questions = Questions()
        self._variants = {variant.id: variant for variant in task.variants}
        self._running: set[asyncio.Task[bytes]] = set()

    async def run(self, cells: Sequence[SentCell], users: int, tell: Tell) -> dict[int, bytes]:
        """Run cells at once, report each when it ends, and return what was reported."""
        with shared_by(users):
            started = [asyncio.ensure_future(self._run_one(cell, tell)) for cell in cells]
        self._running.update(started)
        try:
            ended = await asyncio.gather(*started, return_exceptions=True)
        finally:
            self._running.difference_update(started)
        return {
            cell.number: answer
            for cell, answer in zip(cells, ended, strict=True)
            if not isinstance(answer, BaseException)
        }

    async def _run_one(self, sent: SentCell, tell: Tell) -> bytes:
        meter = self._meter(sent, tell)
        try:
            self._task.take(sent.case, sent.given)
            with admitted_by(meter):
                cell = storable(await self._task.run(self._variants[sent.variant], sent.case, sent.repeat, ignore))
        except Exception as error:  # noqa: BLE001 - a person's values may raise anything, and others go on
            own = self._task.known_id(sent.case) or sent.case.input_id
            cell = ResultCell(sent.variant, own, sent.repeat, **failures.of_error(error))
        reserved = meter.reserved if isinstance(meter, AskingGate) else ()
        answer = pickle.dumps(Answer(cell, tuple(meter.costs), tuple(meter.apart), tuple(reserved)))
        tell({"number": sent.number, "answer": answer})
        return answer

    def _meter(self, sent: SentCell, tell: Tell) -> CallMeter:
        """Return what admits the calls of a cell: the driver, where it has not reserved them with the cell."""
        if not self._task.reserves_by_call or self._limits == Limits():
            return CallMeter()

        def ask(number: int, worst: Decimal) -> None:
            tell({"number": sent.number, "asks": number, "worst": str(worst)})

        return AskingGate(self._task.prices, self.questions, ask, has_money=self._limits.usd is not None)

    def stop(self) -> None:
        """Give up the cells under way."""
        for running in self._running:
            running.cancel()


_jobs: dict[str, _Job] = {}


@cache
def _sealing() -> SealingKey:
    return SealingKey()


def versions() -> dict[str, str]:
    """Return the versions that driver and workers must share."""
    import cloudpickle
    import pydantic

    python = ".".join(platform.python_version_tuple()[:2])
    own = {"Python": python, "byok-widgets": __version__}
    return {**own, "pydantic": pydantic.VERSION, "cloudpickle": cloudpickle.__version__}


def greet() -> Greeting:
    """Return what the driver has to know of this worker."""
    return Greeting(versions(), _sealing().public_b64)


def begin(job: str, flow: str, data: bytes, deliveries: Sequence[KeyDelivery], limits: Limits) -> str:
    """Get ready to run the cells of a comparison; returns what is missing for that, or nothing."""
    try:
        keys = received(flow, deliveries, _sealing())
        _jobs[job] = _Job(unpacked(data, {KEYS: keys, STORE: None}), limits)
    except ByokError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a person's module may be missing here, or raise anything
        return describe_exception(error)
    return ""


def run_cells(job: str, topic: str, data: bytes, users: int) -> dict[int, bytes]:
    """Run cells, and report each by an event of the topic; returns the same by the cells' numbers.

    Events go another way than results, and may come later, or be lost with a connection.

    Raises:
        LookupError: This worker was never told of the comparison.
    """
    from distributed import get_worker

    own, worker = _jobs[job], get_worker()
    cells: list[SentCell] = unpacked(data, {})
    return ENGINE.run(own.run(cells, users, lambda message: worker.log_event(topic, message)))


def answer(job: str, answers: Mapping[int, bool]) -> None:
    """Take the driver's answers to questions."""
    own = _jobs.get(job)
    if own is not None:
        ENGINE.loop.call_soon_threadsafe(own.questions.answer, answers)


def end(job: str) -> None:
    """Give up what runs of a comparison, and forget it."""
    own = _jobs.pop(job, None)
    if own is not None:
        ENGINE.loop.call_soon_threadsafe(own.stop)
