"""Who shows a flow is told what its calls wait for: of each wait once, and when none goes on any more."""

from __future__ import annotations

import pytest

from byok_widgets.engine.callbacks import Progress, Waiting
from byok_widgets.nodes.calls import waits
from byok_widgets.nodes.calls.waits import Waits


class Clock:
    """The time, set by a test."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(waits, "clock", clock)
    return clock


def _told(board: Waits) -> list[float | None]:
    """Return what is told from now on: the seconds that are left, `None` for the end."""
    told: list[float | None] = []
    board.changed.connect(lambda _: told.append(board.longest and board.longest.wait_s))
    return told


def test_a_wait_is_told_with_what_is_left_of_it_and_so_is_its_end(clock: Clock) -> None:
    board = Waits()
    passed_on: list[Progress] = []
    told = _told(board)
    with board.watch(passed_on.append) as note:
        note(Waiting("rate_limit", 5.0))
        clock.now += 2
        assert board.longest == Waiting("rate_limit", 3.0)
        clock.now += 4
        assert board.longest is None
    assert told == [5.0, None]
    assert passed_on == [Waiting("rate_limit", 5.0)]


def test_of_many_waits_the_longest_is_told_and_none_that_ends_with_it(clock: Clock) -> None:
    board = Waits()
    told = _told(board)
    with board.watch(lambda _: None) as one:
        one(Waiting("rate_limit", 5.0))
        with board.watch(lambda _: None) as two, board.watch(lambda _: None) as three:
            two(Waiting("rate_limit", 5.5))
            three(Waiting("overloaded", 9.0))
            assert board.longest == Waiting("overloaded", 9.0)
            assert told == [5.0, 9.0]
        assert told[2:] == [5.5, 5.0], "the calls with the longest waits were stopped"
    assert told[4:] == [None]


def test_what_is_over_before_it_could_be_read_is_not_told(clock: Clock) -> None:
    board = Waits()
    told = _told(board)
    with board.watch(lambda _: None) as note:
        note(Waiting("overloaded", 0.5))
    assert told == []
