"""Checks that no test of the engine leaves work behind on its loop."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from byok_widgets.engine import ENGINE
from tests.engine.work import tasks


@pytest.fixture(autouse=True)
def _nothing_is_left_on_the_loop() -> Iterator[None]:
    yield
    until = time.monotonic() + 2
    while left := ENGINE.run(tasks()):
        assert time.monotonic() < until, f"{left} tasks are left behind"
        time.sleep(0.01)
