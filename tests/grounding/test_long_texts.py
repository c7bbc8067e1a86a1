"""A text that is long, and made so that it holds ever so many numbers, dates and times."""

from __future__ import annotations

import datetime
import time
from typing import Any

import pytest

from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.messages import Message


@pytest.mark.parametrize("part", ["12:30 ", "2024-01-01 ", "5 o'clock ", "1 ", "tuesday "])
@pytest.mark.parametrize(
    ("value", "kind", "allowed"),
    [(3, "number", ()), ("Wed", "choice", ("Mon", "Wed")), (datetime.date(2025, 3, 1), "moment", ())],
)
def test_a_value_is_looked_up_in_time_that_grows_with_the_text(
    part: str, value: Any, kind: Any, allowed: Any
) -> None:
    def seconds(count: int) -> float:
        dialogue = Dialogue([Message("user", part * count)])
        before = time.process_time()
        dialogue.look_up(value, kind, allowed)
        return time.process_time() - before

    seconds(10)
    assert seconds(8_000) < 8 * seconds(2_000) + 0.5, "16 times as long where each is compared with each"
