"""The seconds that are left of a wait are told once each."""

from __future__ import annotations

import pytest

from byok_widgets.engine import countdown
from byok_widgets.engine.callbacks import Waiting
from byok_widgets.engine.countdown import Countdown


def told(wait_s: float, monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """Return what is told when it is asked ten times a second."""
    now = [100.0]
    monkeypatch.setattr(countdown, "clock", lambda: now[0])
    counting = Countdown(Waiting("rate_limit", wait_s))
    news = []
    for tenth in range(60):
        now[0] = 100.0 + tenth / 10
        news.append(counting.news())
    return [left_s for left_s in news if left_s is not None]


@pytest.mark.parametrize(
    ("wait_s", "seconds"), [(4.0, [4, 3, 2, 1, 0]), (1.5, [2, 1, 0]), (1.0, [1, 0]), (0.4, [])]
)
def test_each_second_once(wait_s: float, seconds: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(wait_s, monkeypatch) == seconds
