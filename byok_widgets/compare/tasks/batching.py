"""`Batches`: collects the requests of cells, submits them as batches, and gives each cell its answer.

A cell runs as usual up to the request, and reads the answer as usual: only the transport between differs. When
every cell that is under way waits for an answer, what was collected is submitted; a repair makes one more batch.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from byok_widgets.compare.cells.result_cell import Key
from byok_widgets.compare.storage.batch_store import Batch, BatchStore
from byok_widgets.errors import ByokError, ConfigError, FlowError
from byok_widgets.hashing import hashed
from byok_widgets.nodes.calls.admission import nothing_sent, sent_by
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.providers import PROVIDERS, Endpoint, Provider
from byok_widgets.providers.base import sentence
from byok_widgets.providers.batches import BatchForm, BatchItem, BatchResult, BatchState
from byok_widgets.providers.error_mapping.excerpts import excerpt
from byok_widgets.usage import NOT_CHARGED, Cost

POLL_S, LONGEST_POLL_S = 5.0, 60.0
"""Seconds between two looks at a batch, which grow."""
LONGEST_PAUSE_S = 3600.0
"""Longest wait that a provider may ask for before a batch is submitted again: some limits hold for an hour."""
QUIET_S = 2.0
"""How long no cell may be added before a part of a comparison is submitted: the rest waits for the budget."""
TRIES = 5
"""How often a batch is submitted that is refused for the moment, and results are read that arrive incomplete."""
_HELD_BACK = "rate_limit"


class Batches:
    """The batches of one run."""

    def __init__(self, store: BatchStore, change_waiting: Callable[[int], None]) -> None:
        self._store, self._change_waiting = store, change_waiting
        self._active = 0
        self._answers: dict[str, asyncio.Future[bytes]] = {}
        self._new: dict[tuple[str, str], list[tuple[BatchItem, Provider, Endpoint]]] = {}
        self._followed: dict[int, set[str]] = {}
        self._delivered: dict[Key, list[str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._all_started = self._is_over = False

    @contextlib.contextmanager
    def cell(self, key: Key) -> Iterator[None]:
        """Let a cell's requests go by batch."""
        self._active += 1
        try:
            with sent_by(_CellOutbox(self, key)):
                yield
        finally:
            self._active -= 1
            self._changed.set()

    def all_started(self) -> None:
        """Note that no more cells will come."""
        self._all_started = True
        self._changed.set()

    async def exchange(self, key: Key, provider: Provider, endpoint: Endpoint, body: Mapping[str, Any]) -> bytes:
        """Return the answer to a request of a cell, when its batch has ended.

        Raises:
            FlowError: It is not known whether the batch with it arrived.
            ByokError: The batch was refused, or its results cannot be read.
        """
        # Made of what is asked: a new kernel finds the batch in which this request was submitted.
        own = hashed([*key, provider.name, endpoint.base_url.url, body])
        known = await _known(self._store, own)
        if known is not None and known.name is None:
            self._delivered.setdefault(key, []).append(own)  # it is forgotten when the cell that says so is stored
            raise _unknown(provider)
        self._answers[own] = asyncio.get_running_loop().create_future()
        if known is None:
            place = (provider.name, endpoint.base_url.url)
            self._new.setdefault(place, []).append((BatchItem(own, body), provider, endpoint))
        else:
            self._follow(known, [own], _form(provider), endpoint)
        self._change_waiting(1)
        self._changed.set()
        try:
            answer = await self._answers[own]
        except asyncio.CancelledError:
            if known is None and own in self._collected:
                raise nothing_sent() from None
            raise
        finally:
            self._release(own)
        self._delivered.setdefault(key, []).append(own)
        return answer

    @property
    def _collected(self) -> set[str]:
        """The requests that are in no batch yet."""
        return {item.id for rows in self._new.values() for item, _, _ in rows}

    def forget(self, key: Key) -> None:
        """Forget the answers of a cell that cannot be used: they would be the same again."""
        self._store.forget_items(self._delivered.pop(key, ()))

    def _release(self, own: str) -> asyncio.Future[bytes] | None:
        answer = self._answers.pop(own, None)
        if answer is not None:
            self._change_waiting(-1)
        return answer

    async def run(self) -> None:
        """Submit what is collected, again and again, until this is cancelled."""
        try:
            while True:
                self._changed.clear()
                try:
                    await self._submit_if_quiet()
                except Exception as error:  # noqa: BLE001 - any failure is reported in the cells, which would wait for ever
                    self._fail([*self._answers], error)
                await self._changed.wait()
        finally:
            self._is_over = True
            for task in self._tasks:
                task.cancel()

    async def _submit_if_quiet(self) -> None:
        if self._is_quiet and (self._all_started or (self._new and not await self._changes_within(QUIET_S))):
            await self._submit_all()

    @property
    def _is_quiet(self) -> bool:
        """Whether every cell under way waits for an answer."""
        return len(self._answers) >= self._active

    async def _changes_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _submit_all(self) -> None:
        collected, self._new = self._new, {}
        for rows in collected.values():
            _, provider, endpoint = rows[0]
            form = _form(provider)
            for ids, lines in form.split(item for item, _, _ in rows if item.id in self._answers):
                own = await asyncio.to_thread(self._store.begin, provider.name, ids)
                task = asyncio.ensure_future(self._submit(own, (provider, endpoint), ids, lines))
                self._store.submitting[own] = task
                task.add_done_callback(partial(self._submitted, own))
                await asyncio.shield(task)  # cancelled halfway, nobody would know whether the batch arrived

    def _submitted(self, own: int, task: asyncio.Task[None]) -> None:
        del task
        self._store.submitting.pop(own, None)

    async def _submit(
        self, own: int, place: tuple[Provider, Endpoint], ids: Sequence[str], lines: Sequence[bytes]
    ) -> None:
        provider, endpoint = place
        form = _form(provider)
        try:
            name = await _patiently(lambda: form.submit(lines, endpoint), lambda error: error.kind == _HELD_BACK)
        except ByokError as error:
            if error.kind == _HELD_BACK or not (error.retryable or error.may_be_charged):
                self._store.forget(own)  # it was refused: nothing runs there
            else:
                error.cost = Cost()
            self._fail(ids, error)
            return
        self._store.submitted(own, name)
        if not self._is_over:
            self._follow(Batch(own, name, provider.name), ids, form, endpoint)

    def _follow(self, batch: Batch, ids: Sequence[str], form: BatchForm, endpoint: Endpoint) -> None:
        if batch.id in self._followed:
            self._followed[batch.id].update(ids)
            return
        self._followed[batch.id] = set(ids)
        task = asyncio.ensure_future(self._read(batch, form, endpoint))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self, batch: Batch, form: BatchForm, endpoint: Endpoint) -> None:
        """Look at a batch until it has ended, and give each cell its answer."""
        name, pause, wanted = batch.name or "", POLL_S, self._followed[batch.id]
        try:
            state = await _patiently(lambda: form.state(name, endpoint), lambda error: error.retryable)
            while not state.is_ended:
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, LONGEST_POLL_S)
                state = await _patiently(lambda: form.state(name, endpoint), lambda error: error.retryable)
            found = await _patiently(lambda: form.results(state, endpoint), lambda error: error.kind != "auth")
            outcomes = _outcomes(found, wanted, state, PROVIDERS[batch.provider])
            self._store.forget_items([own for own, outcome in outcomes.items() if not _is_answer(outcome)])
            self._store.ended(batch.id)
        except Exception as error:  # noqa: BLE001 - any failure is reported in the cells, which would wait for ever
            if isinstance(error, ByokError):
                error.fix = f"{error.fix} This is about batch {name}; without batch=True it is not needed."
            self._fail(wanted, error)
            return
        finally:
            self._followed.pop(batch.id)
        for own, outcome in outcomes.items():
            answer = self._release(own)
            if answer is None or answer.done():
                continue
            if isinstance(outcome, ByokError):
                answer.set_exception(outcome)
            else:
                answer.set_result(json.dumps(outcome).encode())

    def _fail(self, ids: Sequence[str] | set[str], error: Exception) -> None:
        for own in ids:
            answer = self._release(own)
            if answer is not None and not answer.done():
                answer.set_exception(copy.copy(error))  # each cell names itself in its own


class _CellOutbox:
    """What gets the answers of one cell."""

    def __init__(self, batches: Batches, key: Key) -> None:
        self._batches, self._key = batches, key

    async def exchange(self, provider: Provider, endpoint: Endpoint, body: Mapping[str, Any]) -> bytes:
        return await self._batches.exchange(self._key, provider, endpoint, body)


def has_batches(ref: str) -> bool:
    """Whether the provider of a model takes batches."""
    return PROVIDERS[ref.partition(":")[0]].batches is not None


async def cancel_open(store: BatchStore, context: FlowContext) -> list[str]:
    """Ask the providers to end all batches of a store; returns their ids."""
    await asyncio.gather(*store.submitting.values(), return_exceptions=True)
    asked, problems = list[str](), list[str]()
    for batch in store.open():
        provider = PROVIDERS[batch.provider]
        if batch.name is None:
            problems.append(_unknown(provider).problem)
            continue
        try:
            endpoint = await context.endpoint(provider)
            if not (await _form(provider).state(batch.name, endpoint)).is_ended:
                await _form(provider).cancel(batch.name, endpoint)
                asked.append(batch.name)
        except ByokError as error:
            problems.append(f"{batch.name}: {error.problem}")
    if problems:
        ended = f" These were asked to end: {', '.join(asked)}." if asked else ""
        raise FlowError(
            f"Not all batches could be ended. {' '.join(problems)}{ended}",
            kind="batch_cancel",
            fix="Look at the batches in your account.",
        )
    return asked


async def _known(store: BatchStore, own: str) -> Batch | None:
    """Return the batch of a request, when it is known whether it arrived, if it is being submitted here."""
    known = store.of(own)
    if known is None or known.id not in store.submitting:
        return known
    await asyncio.wait([store.submitting[known.id]])
    return store.of(own)


def _form(provider: Provider) -> BatchForm:
    form = provider.batches
    if form is None:
        raise ConfigError(f"{provider.label} takes no batches.", kind="batch", fix="Leave batch= out.")
    return form


Outcome: TypeAlias = Mapping[str, Any] | FlowError
"""The answer to a request, or the provider's error as it came; our own error where there is neither."""


def _outcomes(
    found: Sequence[BatchResult], wanted: set[str], state: BatchState, provider: Provider
) -> dict[str, Outcome]:
    """Return the outcome of each request that is wanted; results that nobody asked for are ignored."""
    bodies: dict[str, list[Mapping[str, Any] | None]] = {own: [] for own in wanted}
    for own, body in found:
        if own in wanted and body not in bodies[own]:
            bodies[own].append(body)
    return {own: _outcome(bodies[own], state, provider) for own in wanted}


def _outcome(bodies: Sequence[Mapping[str, Any] | None], state: BatchState, provider: Provider) -> Outcome:
    if len(bodies) > 1:
        return _no_answer(f"A batch at {provider.in_text} has two different results for this request.")
    if bodies and bodies[0] is not None:
        return bodies[0]
    said = f'{sentence(provider.in_text)} says: "{excerpt(state.said)}"' if state.said else ""
    cause = f"{state.problem} {said}".strip()
    if bodies or state.charges_results_only:
        problem = f"A batch at {provider.in_text} ended before this request was run."
        return _no_answer(problem, cause=cause, quote=said, cost=NOT_CHARGED)
    problem = f"A batch at {provider.in_text} has no result for this request."
    return _no_answer(problem, cause=cause, quote=said)


def _is_answer(outcome: Outcome) -> bool:
    return isinstance(outcome, Mapping) and not outcome.get("error")


def _no_answer(problem: str, *, cause: str = "", quote: str = "", cost: Cost | None = None) -> FlowError:
    """Return the error of a request without an answer; without `cost`, it is not known whether it is charged."""
    fix = "resume() submits the request again."
    error = FlowError(problem, kind="batch_ended", cause=cause, quote=quote, fix=fix)
    error.cost = Cost() if cost is None else cost
    return error


def _unknown(provider: Provider) -> FlowError:
    error = FlowError(
        f"It is not known whether a batch that was submitted to {provider.in_text} arrived.",
        kind="batch_unknown",
        fix="Look at the batches in your account. resume() submits these requests again.",
    )
    error.cost = Cost()
    return error


async def _patiently(send: Callable[[], Any], is_passing: Callable[[ByokError], bool]) -> Any:
    """Send until it succeeds, fails for good, or has failed too often."""
    for attempt in range(1, TRIES + 1):
        try:
            return await send()
        except ByokError as error:
            if attempt == TRIES or not is_passing(error):
                raise
            pause = POLL_S * attempt if error.retry_after_s is None else min(error.retry_after_s, LONGEST_PAUSE_S)
        await asyncio.sleep(pause)
    raise AssertionError
