"""`DaskExecutor`: runs the cells of a comparison on the workers of a cluster of dask.distributed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from byok_widgets.compare.executors.base import RunCell
from byok_widgets.compare.executors.cluster_run import ClusterRun
from byok_widgets.compare.spending.limits import Limits
from byok_widgets.compare.tasks.task import Task
from byok_widgets.errors import ConfigError
from byok_widgets.secrets.quoting import as_given


class DaskExecutor:
    """Runs cells on workers."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def of(cls, client: Any) -> DaskExecutor:
        """Return an executor for a client.

        Raises:
            ConfigError: It is no client, or one that is used with await.
        """
        made_by = type(client).__module__.partition(".")[0]
        if made_by != "distributed" or not hasattr(client, "submit"):
            raise ConfigError(
                f"executor is a client of dask.distributed, not {as_given(client)}.",
                kind="executor",
                fix="Write: from dask.distributed import Client; node.compare(..., executor=Client()).",
            )
        if client.asynchronous:
            raise ConfigError(
                "executor is a client that waits, not an asynchronous one.",
                kind="executor",
                fix="Write Client(...) without asynchronous=True.",
            )
        return cls(client)

    @property
    def workers(self) -> int:
        """How many workers there are now, at least 1."""
        return max(1, len(self._client.scheduler_info(n_workers=-1)["workers"]))

    @asynccontextmanager
    async def opened(self, task: Task, limits: Limits) -> AsyncIterator[RunCell]:
        """Get the workers ready.

        Raises:
            ConfigError: A worker cannot run cells.
            ByokError: A key is missing.
        """
        run = ClusterRun(self._client, task, limits)
        try:
            await run.begin()
            yield run.run_cell
        finally:
            await run.end()
