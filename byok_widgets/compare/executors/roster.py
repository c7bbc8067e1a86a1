"""`Roster`: the workers of a cluster that run cells, each made ready when it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from byok_widgets.compare.executors import worker
from byok_widgets.compare.executors.key_delivery import KeySource, key_sources
from byok_widgets.compare.executors.placement import ClusterWorker
from byok_widgets.compare.executors.shipping import packed
from byok_widgets.compare.spending.limits import Limits
from byok_widgets.compare.tasks.task import Task
from byok_widgets.errors import ConfigError
from byok_widgets.foreign_exceptions import describe_exception


async def ask(function: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """Call the client of a cluster in a thread: it waits for the cluster."""
    return await asyncio.to_thread(function, *args, **named)


class Roster:
    """The workers of one run.

    Attributes:
        workers: Those that run cells, by address.
    """

    def __init__(self, client: Any, job: str, task: Task, limits: Limits) -> None:
        self.workers: dict[str, ClusterWorker] = {}
        self._client, self._job, self._task, self._limits = client, job, task, limits
        self._unfit: dict[str, str] = {}
        self._called: Any = None
        self._sources: list[KeySource] = []
        self._data = b""

    async def pack(self) -> None:
        """Get ready what workers are given.

        Raises:
            ConfigError: The flow cannot be sent.
            ByokError: A key is missing.
        """
        called = [ref for variant in self._task.variants for ref in variant.models.values()]
        self._sources = await key_sources(self._task.context, [*called, *self._task.beside(())])
        self._data = packed(self._task)

    async def present(self) -> Mapping[str, Any]:
        """Return what the cluster says of the workers that there are, by address."""
        info = await ask(self._client.scheduler_info, n_workers=-1)
        return dict(info["workers"])

    def drop_gone(self, present: Mapping[str, Any]) -> list[ClusterWorker]:
        """Forget the workers that have gone, and return them."""
        self._unfit = {address: problem for address, problem in self._unfit.items() if address in present}
        return [self.workers.pop(address) for address in self.workers.keys() - present.keys()]

    async def welcome(self, present: Mapping[str, Any], *, is_waited_for: bool) -> bool:
        """Get the workers ready that have come; returns whether there is one.

        Args:
            present: The workers that there are.
            is_waited_for: Whether cells wait; a cluster that adapts starts a worker only where there is a task.

        Raises:
            ConfigError: None of the workers can run cells.
        """
        if is_waited_for and not present and self._called is None:
            self._called = await ask(self._client.submit, worker.greet, pure=False)
        elif present:
            self._called = None
        come = False
        for address in present.keys() - self.workers.keys() - self._unfit.keys():
            if problem := await self._begin_on(address):
                self._unfit[address] = problem
            else:
                self.workers[address], come = ClusterWorker(address, present[address]["nthreads"]), True
        if present and not self.workers:
            self.require_fit()
        return come

    def require_fit(self) -> None:
        """Make sure that each worker that there is can run cells.

        Raises:
            ConfigError: One cannot.
        """
        if not self._unfit:
            return
        address, problem = next(iter(self._unfit.items()))
        raise ConfigError(
            f"Worker {address} cannot run cells: {problem}",
            kind="executor",
            fix="Install the same packages there as here, set the variables that hold keys, and resume.",
        )

    async def _begin_on(self, address: str) -> str:
        """Get a worker ready; returns why it cannot run cells, or nothing."""
        try:
            greeting = await self._run_on(address, worker.greet)
            if greeting.versions != worker.versions():
                return _differences(greeting.versions)
            flow = self._task.context.key_store.flow
            keys = [source.delivery(flow, greeting.public_b64) for source in self._sources]
            return str(await self._run_on(address, worker.begin, self._job, flow, self._data, keys, self._limits))
        except Exception as error:  # noqa: BLE001 - a worker may end, or have no byok_widgets
            return describe_exception(error)

    async def _run_on(self, address: str, function: Callable[..., Any], *args: Any) -> Any:
        return (await ask(self._client.run, function, *args, workers=[address]))[address]


def _differences(theirs: dict[str, str]) -> str:
    ours = worker.versions()
    return "; ".join(f"{name} {theirs[name]}, here {ours[name]}" for name in ours if theirs[name] != ours[name])
