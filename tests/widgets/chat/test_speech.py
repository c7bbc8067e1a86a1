"""When the pieces of a reply go to the page."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from byok_widgets.widgets.chat.speech import UPDATE_S, Speech
from tests.virtual_clock import now, run_virtually

WORD = "word "


def told_of(count: int, every_s: float, together: int = 1) -> list[tuple[float, str]]:
    """Return when which text was told of a reply of `count` words."""
    told: list[tuple[float, Any]] = []

    async def speak() -> None:
        speech = Speech(lambda message: told.append((now(), message)))
        speech.begin("Hi")
        speech.on_node("chat", speaks=True)
        for number in range(count):
            speech.on_text(WORD)
            if number % together == together - 1:
                await asyncio.sleep(every_s)
        await asyncio.sleep(UPDATE_S)
        speech.end()

    run_virtually(speak())
    return [(at, message["text"]) for at, message in told if message["kind"] == "text"]


@pytest.mark.parametrize("together", [1, 8])
def test_the_first_words_go_at_once_and_together(together: int) -> None:
    assert told_of(80, 0.01 * together, together)[0] == (0.0, WORD * together)


@pytest.mark.parametrize("every_s", [0.001, 0.01, 0.03])
def test_the_rest_goes_often_enough_to_be_smooth_and_no_more_often(every_s: float) -> None:
    told = told_of(300, every_s)
    gaps = [later - before for (before, _), (later, _) in itertools.pairwise(told)]
    assert min(gaps) >= UPDATE_S - 1e-6
    assert max(gaps) <= 0.1
    assert "".join(text for _, text in told) == WORD * 300


def test_words_that_come_seldom_go_as_they_come() -> None:
    assert [round(at, 3) for at, _ in told_of(5, 0.5)] == [0.0, 0.5, 1.0, 1.5, 2.0]


def test_what_was_read_together_goes_together() -> None:
    assert {text for _, text in told_of(80, 1 / 12, 8)} == {WORD * 8}
