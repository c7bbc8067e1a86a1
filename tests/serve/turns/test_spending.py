"""What turns that run at once may spend together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from byok_widgets.errors import FlowError
from byok_widgets.nodes.calls.admission import PendingCall
from byok_widgets.serve.stores.sqlite_store import SqliteStore
from byok_widgets.serve.turns.spending import Caps, Spending, TurnSpending
from byok_widgets.usage import Cost

CALL = cast(PendingCall, None)
"""Which call it is does not count: caps are for all models alike."""


def spends(tmp_path: Path, caps: Caps, work: Callable[[Spending], Awaitable[Any]]) -> None:
    async def within() -> None:
        store = SqliteStore(tmp_path / "calls.sqlite")
        await store.open()
        try:
            await work(Spending(caps, store))
        finally:
            await store.close()

    asyncio.run(within())


async def calls(turn: TurnSpending, usd: str, times: int = 1) -> None:
    for _ in range(times):
        admitted = await turn.admit(CALL)
        admitted.settle(Cost(Decimal(usd), "price list"))


@pytest.mark.parametrize("caps", [Caps({"day": 3}), Caps({}, {"day": Decimal("0.3")})])
def test_what_a_turn_has_spent_that_ended_meanwhile_counts(tmp_path: Path, caps: Caps) -> None:
    async def work(spending: Spending) -> None:
        one, other = [await spending.turn(key, key, "token") for key in ("one", "other")]
        await calls(one, "0.1", 2)
        await one.end()
        await calls(other, "0.1")
        with pytest.raises(FlowError) as caught:
            await other.admit(CALL)
        assert caught.value.kind == "cap"
        await other.end()

    spends(tmp_path, caps, work)


def test_what_is_stored_counts_once(tmp_path: Path) -> None:
    async def work(spending: Spending) -> None:
        long = await spending.turn("long", "long", "token")
        for key in ("first", "second"):
            turn = await spending.turn(key, key, "token")
            await calls(turn, "0.1", 2)
            await turn.end()
        late = await spending.turn("late", "late", "token")
        await calls(late, "0.1", 2)
        for turn in (late, long):
            with pytest.raises(FlowError):
                await turn.admit(CALL)
            await turn.end()
        assert not spending.open

    spends(tmp_path, Caps({"token": 6}), work)
