"""`Elsewhere`: the cells of one run that another kernel runs, or has run since; nobody pays for one twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.result_cell import Key
from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.storage.cell_rows import cell_id
from byok_widgets.compare.storage.claims import RENEW_S
from byok_widgets.compare.storage.store import LOOK_S, CellStore


class Elsewhere:
    """What one run has claimed for this kernel, and what it waits for."""

    def __init__(self, store: CellStore) -> None:
        self._store = store
        self._claimed: set[Key] = set()
        self._others: set[Key] = set()
        self._waiting: dict[Key, tuple[Case, Variant]] = {}

    def has(self, key: Key) -> bool:
        """Whether another kernel runs a cell, or had finished it when it was to be claimed."""
        return key in self._others

    @property
    def is_waited_for(self) -> bool:
        """Whether there are cells of other kernels that are waited for."""
        return bool(self._waiting)

    async def claim(self, keys: Iterable[Key]) -> None:
        """Claim cells that were not before; afterwards `has` knows which ones others have.

        Raises:
            ConfigError: The store cannot be written.
        """
        wanted = [key for key in keys if key not in self._claimed and key not in self._others]
        if not wanted:
            return
        claiming = asyncio.ensure_future(asyncio.to_thread(self._store.claim, wanted))
        try:
            others = await asyncio.shield(claiming)
        except asyncio.CancelledError:
            self._claimed |= {*wanted} - await claiming  # they have to be released
            raise
        self._others |= others
        self._claimed |= {*wanted} - others

    def wait_for(self, key: Key, case: Case, variant: Variant) -> None:
        """Wait for a cell of another kernel."""
        self._waiting[key] = (case, variant)

    async def settled(self, *, judged: bool) -> list[tuple[Key, Case, Variant]]:
        """Return the cells that are not waited for any more: they are finished, or their kernel has given them up.

        Args:
            judged: Whether a judge may still be asked about one that is finished.
        """
        await asyncio.sleep(LOOK_S)
        found = await asyncio.to_thread(lambda: self._store.settled([*self._waiting], judged=judged))
        self._others -= found
        return [(key, *self._waiting.pop(key)) for key in found]

    async def renew(self) -> None:
        """Keep what is claimed, until this is cancelled.

        Raises:
            ConfigError: The store cannot be written.
        """
        while True:
            await asyncio.sleep(RENEW_S)
            await asyncio.to_thread(self._store.claims.renew)

    async def end(self) -> None:
        """Give up all claims: what is not finished is for others.

        Raises:
            ConfigError: The store cannot be written.
        """
        claimed, self._claimed = self._claimed, set()
        await asyncio.to_thread(self._store.claims.release, [cell_id(key) for key in claimed])
