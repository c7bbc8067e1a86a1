"""`CellExecutor`: where the cells of a comparison run. What is stored, scored and spent is decided here still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.spending.limits import Limits
from byok_widgets.compare.tasks.task import Task
from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.errors import FlowError

RunCell = Callable[[Variant, Case, int, OnProgress], Awaitable[ResultCell]]
"""Runs a cell: the variant, the case, the number of the repeat."""


class WorkerLostError(FlowError):
    """The process that ran a cell has ended; its calls may be charged all the same."""


class CellExecutor(Protocol):
    """Where cells run."""

    @property
    def workers(self) -> int:
        """How many processes run cells, at least 1."""

    def opened(self, task: Task, limits: Limits) -> AbstractAsyncContextManager[RunCell]:
        """Get ready to run cells within limits; what is entered runs one.

        Raises:
            ConfigError: Cells cannot run here.
        """


class LocalExecutor:
    """Runs cells in this process."""

    workers = 1

    @asynccontextmanager
    async def opened(self, task: Task, limits: Limits) -> AsyncIterator[RunCell]:
        """Run cells as they are: each call is reserved before it is sent."""
        del limits
        yield task.run


LOCAL = LocalExecutor()
