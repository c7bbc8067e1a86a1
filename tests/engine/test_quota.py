"""A gauge follows one quota: how many requests may still be sent, and when the next one may."""

from __future__ import annotations

import math

import pytest

from byok_widgets.engine.quota import LONGEST_WAIT_S, Allowance, Gauge


def gauge_after(*readings: tuple[float, Allowance]) -> Gauge:
    """Return a gauge that has read the heads of answers that came one after the other."""
    gauge = Gauge()
    for number, (at, allowance) in enumerate(readings):
        gauge.read(allowance, at, sent=number, latest=number)
    return gauge


def test_without_a_reading_nothing_is_held_back() -> None:
    assert Gauge().wait_s(0.0, unanswered=10_000) == 0


def test_requests_without_an_answer_are_counted_as_sent() -> None:
    gauge = gauge_after((0.0, Allowance(600, 3, 30.0)))
    assert [gauge.wait_s(0.0, unanswered) for unanswered in range(5)] == [0, 0, 0, math.inf, math.inf]


@pytest.mark.parametrize(
    ("limit", "reset_s", "next_s"),
    [
        (600, 60.0, 0.1),  # ten in a second
        (5000, 60.0, 0.012),
        (10, 1.0, 0.1),
        (14_400, 86_400.0, 6.0),  # per day
        (600, 59.0, 0.1),  # rounded to seconds
    ],
)
def test_a_bucket_refills_steadily(limit: float, reset_s: float, next_s: float) -> None:
    gauge = gauge_after((5.0, Allowance(limit, 0, reset_s)))
    assert gauge.wait_s(5.0, unanswered=0) == pytest.approx(next_s)
    assert gauge.wait_s(5.0, unanswered=3) == pytest.approx(4 * next_s)
    assert gauge.left(5.0 + 5 * next_s) == pytest.approx(5)
    assert gauge.left(1e9) == limit


@pytest.mark.parametrize("reset_s", [45.0, 20.0, 3.0])
def test_a_window_ends_at_its_time_and_then_one_request_goes_ahead(reset_s: float) -> None:
    gauge = gauge_after((5.0, Allowance(600, 0, reset_s)))
    assert gauge.wait_s(5.0, unanswered=0) == reset_s
    assert gauge.wait_s(6.0, unanswered=0) == reset_s - 1
    assert gauge.wait_s(5.0 + reset_s, unanswered=0) == 0
    assert gauge.wait_s(5.0 + reset_s, unanswered=1) == math.inf


def test_a_window_that_looks_like_a_bucket_is_known_by_its_end_that_stays() -> None:
    half = (30.0, Allowance(600, 300, 30.0))  # half used at half time
    assert gauge_after(half).left(40.0) == 400, "taken alone it might be a bucket"
    gauge = gauge_after((1.0, Allowance(600, 590, 59.0)), half, (50.0, Allowance(600, 0, 10.0)))
    assert gauge.wait_s(50.0, unanswered=0) == 10.0


def test_a_bucket_is_known_by_its_end_that_moves_on() -> None:
    gauge = gauge_after((0.0, Allowance(600, 599, 1.0)), (1.0, Allowance(600, 300, 31.5)))
    assert gauge.left(2.0) == pytest.approx(310)


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        ((1, 5), (2, 4), 4),  # in the order sent
        ((2, 4), (1, 5), 4),  # overtaken on the way back
        ((2, 5), (1, 4), 4),  # overtaken on the way there
    ],
)
def test_of_readings_that_overtake_each_other_the_lowest_counts(
    first: tuple[int, float], second: tuple[int, float], left: float
) -> None:
    gauge = Gauge()
    for sent, remaining in (first, second):
        gauge.read(Allowance(600, remaining, 45.0), 0.0, sent=sent, latest=2)
    assert gauge.left(0.0) == left


def test_a_reading_of_a_request_sent_later_counts_even_if_it_is_higher() -> None:
    gauge = gauge_after((0.0, Allowance(600, 0, 30.0)))
    gauge.read(Allowance(600, 590, 59.0), 31.0, sent=1, latest=1)
    assert gauge.left(31.0) == 590


def test_what_says_nothing_changes_nothing() -> None:
    gauge = gauge_after((0.0, Allowance(600, 7, 30.0)))
    for allowance in (Allowance(600, None, 30.0), Allowance(0, 0, 30.0), Allowance()):
        gauge.read(allowance, 0.0, sent=1, latest=1)
    assert gauge.left(0.0) == 7


def test_without_a_reset_time_one_request_at_a_time_finds_out() -> None:
    gauge = gauge_after((0.0, Allowance(600, 0, None)))
    assert (gauge.wait_s(0.0, unanswered=0), gauge.wait_s(0.0, unanswered=1)) == (0, math.inf)


def test_a_distant_reset_is_not_trusted_for_longer_than_a_while() -> None:
    gauge = gauge_after((0.0, Allowance(50, 0, 7000.0)))
    assert gauge.wait_s(0.0, unanswered=0) == LONGEST_WAIT_S


@pytest.mark.parametrize("reset_s", [None, 50.0])
def test_headers_that_always_say_zero_are_ignored_after_a_while(reset_s: float | None) -> None:
    gauge = gauge_after(*((60.0 * number, Allowance(600, 0, reset_s)) for number in range(3)))
    assert gauge.wait_s(120.0, unanswered=30) == 0
    gauge.read(Allowance(600, 5, 30.0), 121.0, sent=9, latest=9)
    gauge.read(Allowance(600, 0, 30.0), 121.0, sent=10, latest=10)
    assert gauge.wait_s(121.0, unanswered=0) == 30.0


def test_a_quota_of_one_request_is_taken_at_its_word() -> None:
    gauge = gauge_after(*((20.0 * number, Allowance(1, 0, 20.0)) for number in range(9)))
    assert gauge.wait_s(160.0, unanswered=0) == 20.0
