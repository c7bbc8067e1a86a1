"""Seconds of a provider are its own: answers are read while this process prepares other calls."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from byok_widgets.compare.running.runner import STARTED_AT_ONCE
from byok_widgets.compare.tasks.node_task import NodeTask
from tests.compare.flows import booking_flow
from tests.scripted_server import Say, ScriptedServer


def test_after_each_few_cases_the_loop_reads_what_has_come(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, begun, turn = NodeTask.run, Counter[int](), 0

    def next_turn() -> None:
        nonlocal turn
        turn += 1
        if sum(begun.values()) < 40:
            asyncio.get_running_loop().call_soon(next_turn)

    async def counted(*given: Any) -> Any:
        if not begun:
            next_turn()
        begun[turn] += 1
        return await run(*given)

    monkeypatch.setattr(NodeTask, "run", counted)
    server.script(lambda _: Say('{"weekday": "Tue"}'))
    cases = [{"text": f"Tuesday, number {number}", "values": {"weekday": "Tue"}} for number in range(20)]
    booking_flow(server).node("read").compare(["compatible:one", "compatible:two"], cases, wait=True)
    assert sum(begun.values()) == 40
    assert max(begun.values()) <= STARTED_AT_ONCE
    assert all(count % 2 == 0 for count in begun.values()), "the cells of one case begin together"
