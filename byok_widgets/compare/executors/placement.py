"""Cells that were handed to workers and have not come back, the chunks they went in, and where those are."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from byok_widgets.compare.executors import worker
from byok_widgets.nodes.calls.admission import Admission

CHUNKS_PER_WORKER = 2


MOST_LOSSES = 3


@dataclass(eq=False)
class SentOut:
    """A cell that has not come back."""

    sent: worker.SentCell
    losses: int
    answer: asyncio.Future[worker.Answer]
    gate: Admission | None
    address: str = ""
    reserved: list[Decimal] = field(default_factory=list)


@dataclass(eq=False)
class Chunk:
    """Cells on one worker."""

    cells: list[SentOut]
    future: Any = None

    @property
    def missing(self) -> list[SentOut]:
        """Its cells that have not come back."""
        return [cell for cell in self.cells if not cell.answer.done()]

    @property
    def is_suspect(self) -> bool:
        """Whether it has a cell that may have ended its workers."""
        return any(cell.losses == MOST_LOSSES - 1 for cell in self.cells)


@dataclass(eq=False)
class ClusterWorker:
    """A worker that runs cells."""

    address: str
    threads: int
    chunks: set[Chunk] = field(default_factory=set)

    def takes(self, losses: int) -> bool:
        """Whether it takes cells that were lost so often: one that may end its worker runs there alone."""
        if losses == MOST_LOSSES - 1 or any(chunk.is_suspect for chunk in self.chunks):
            return not self.chunks
        return len(self.chunks) < min(self.threads, CHUNKS_PER_WORKER)
