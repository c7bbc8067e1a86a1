"""Many calls against a quota: none is lost, all take as long as the quota makes them, and few are sent in vain."""

from __future__ import annotations

import copy
import random
import statistics
from collections.abc import Callable
from typing import Any

import pytest

from byok_widgets.engine import Allowance
from tests.engine.quota_servers import Bucket, Faults, Load, Window

SEEDS = range(2)
BUCKET_S, WINDOW_S, SMALL_S = 30.0, 60.2, 89.0
"""What the quotas themselves make 900 calls take, in seconds."""


def bucket() -> Bucket:
    return Bucket(600, per_second=10)


def window() -> Window:
    return Window(600)


def small() -> Bucket:
    return Bucket(10, per_second=10)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("quota", "own_s", "with_headers", "asks", "early", "refusals"),
    [
        (bucket, BUCKET_S, False, True, 90, 300),
        (bucket, BUCKET_S, True, True, 2, 0),
        (bucket, BUCKET_S, False, False, 90, 300),
        (bucket, BUCKET_S, True, False, 2, 0),
        (window, WINDOW_S, False, True, 90, 120),
        (window, WINDOW_S, True, True, 2, 2),
        (small, SMALL_S, False, True, 90, 500),
        (small, SMALL_S, True, True, 2, 60),
    ],
)
def test_calls_take_as_long_as_the_quota_makes_them(
    quota: Callable[[], Bucket | Window],
    own_s: float,
    with_headers: bool,
    asks: bool,
    early: int,
    refusals: int,
    seed: int,
) -> None:
    load = Load(quota(), has_headers=with_headers, asks_to_wait=asks, seed=seed).run()
    assert load.lost == []
    assert own_s <= load.wall_s <= 1.05 * own_s
    assert load.early_retries == 0, "no call is sent before the time that it was told"
    assert load.early <= early
    assert load.refusals <= refusals


@pytest.mark.parametrize("models", [1, 2, 4])
@pytest.mark.parametrize(("quota", "own_s"), [(bucket, BUCKET_S), (window, WINDOW_S)])
def test_where_waits_are_rounded_to_seconds_few_requests_come_too_early(
    quota: Callable[[], Bucket | Window], own_s: float, models: int
) -> None:
    load = Load(quota(), in_whole_seconds=True, in_flight=50 // models, models=models).run()
    assert load.lost == []
    assert load.wall_s <= 1.05 * own_s
    assert load.early_retries == 0
    assert load.early <= 90, "15 % of the quota"
    assert load.refusals <= 130, "after a pause few more are sent than were let through after the last one"


def test_a_minute_without_any_word_of_how_long_is_found_out() -> None:
    load = Load(window(), asks_to_wait=False).run()
    assert load.lost == []
    assert load.wall_s <= 1.2 * WINDOW_S


@pytest.mark.parametrize("quota", [bucket, window, small])
@pytest.mark.parametrize("with_headers", [False, True])
def test_all_at_once_end_as_early_as_the_quota_allows(
    quota: Callable[[], Bucket | Window], with_headers: bool
) -> None:
    load = Load(quota(), in_flight=1000, has_headers=with_headers).run()
    assert load.lost == []
    assert load.wall_s <= 1.05 * max(BUCKET_S, SMALL_S if quota is small else WINDOW_S)
    assert load.early_retries == 0
    assert load.early <= 10
    assert load.refusals < (1300 if quota is small else 800), "after a pause they do not all come at once again"


def test_ordinary_faults_do_not_slow_down_the_others() -> None:
    loads = [Load(Faults(random.Random(seed)), calls=1000, seed=seed).run() for seed in range(10)]
    assert [load.lost for load in loads if load.lost] == []
    assert statistics.median(load.wall_s for load in loads) < 7.5, "a pause at each refusal takes 25 s and more"


def test_ordinary_faults_after_a_storm_are_soon_taken_for_what_they_are() -> None:
    faults = Faults(random.Random(0), storm=(1.0, 2.0))
    load = Load(faults, calls=3000).run()
    assert load.lost == []
    assert load.wall_s < 40, "a pause at each refusal takes minutes"


@pytest.mark.parametrize(("at_a_time", "calls", "ideal_s"), [(2, 150, 15.0), (5, 300, 12.0), (12, 500, 8.4)])
def test_of_few_calls_at_a_time_some_are_refused_by_chance(at_a_time: int, calls: int, ideal_s: float) -> None:
    loads = [Load(Faults(random.Random(seed)), calls, in_flight=at_a_time, seed=seed).run() for seed in range(6)]
    assert [load.lost for load in loads if load.lost] == []
    assert statistics.median(load.wall_s for load in loads) < 1.5 * ideal_s


@pytest.mark.parametrize("with_headers", [False, True])
@pytest.mark.parametrize("quota", [bucket, window])
def test_models_that_share_a_quota_lose_no_call_and_no_time(
    quota: Callable[[], Bucket | Window], with_headers: bool
) -> None:
    load = Load(quota(), has_headers=with_headers, in_flight=12, processes=4).run()
    assert load.lost == []
    assert load.wall_s <= 1.05 * (BUCKET_S if quota is bucket else WINDOW_S)
    assert load.early_retries == 0


@pytest.mark.parametrize("models", [2, 4])
@pytest.mark.parametrize(("quota", "own_s"), [(bucket, BUCKET_S), (window, WINDOW_S), (small, SMALL_S)])
def test_models_that_are_refused_together_pause_together(
    quota: Callable[[], Bucket | Window], own_s: float, models: int
) -> None:
    load = Load(quota(), in_flight=50 // models, models=models).run()
    assert load.lost == []
    assert load.wall_s <= 1.05 * own_s
    assert load.early_retries == 0
    assert load.early <= 90, "15 % of the quota"


@pytest.mark.parametrize("models", [2, 4])
@pytest.mark.parametrize("quota", [bucket, window])
@pytest.mark.parametrize("is_named", [False, True])
def test_one_quota_of_several_models_is_found_out_from_what_they_have_left(
    quota: Callable[[], Bucket | Window], models: int, is_named: bool
) -> None:
    load = Load(quota(), has_headers=True, in_flight=50 // models, models=models, is_of_all_models=is_named).run()
    assert load.lost == []
    assert load.wall_s <= 1.05 * (BUCKET_S if quota is bucket else WINDOW_S)
    assert (load.refusals, load.early, load.early_retries) == (0, 0, 0)


def test_a_quota_whose_unit_cannot_be_compared_is_shared_if_its_name_says_so() -> None:
    loads = [
        Load(bucket(), has_headers=True, header="tokens", in_flight=12, models=4, is_of_all_models=named).run()
        for named in (True, False)
    ]
    assert loads[0].refusals == 0 < loads[1].refusals
    assert [load.lost for load in loads] == [[], []]


@pytest.mark.parametrize("quota", [Bucket(60_000, per_second=1000, each=1000), Window(60_000, each=1000)])
@pytest.mark.parametrize("kind", [{}, {"models": 4, "in_flight": 12, "is_of_all_models": True}])
def test_a_quota_of_tokens_is_respected_once_answers_have_said_what_they_took(
    quota: Bucket | Window, kind: dict[str, Any]
) -> None:
    load = Load(copy.deepcopy(quota), calls=300, has_headers=True, header="tokens", **kind).run()
    assert load.lost == []
    assert load.wall_s <= 1.05 * 240
    assert load.refusals <= 2
    assert load.early_retries == 0


def test_one_large_answer_does_not_hold_up_small_ones_for_which_there_is_room() -> None:
    class LargeOnce(Window):
        def take(self) -> bool:
            self.each = 105 if self._used else 30_000
            return super().take()

    load = Load(LargeOnce(50_000, period_s=86_400), calls=60, has_headers=True, header="tokens", in_flight=1).run()
    assert (load.refusals, load.lost) == (0, [])
    assert load.wall_s < 30


def test_tokens_that_are_always_said_to_lack_hold_nothing_back_for_long() -> None:
    class Odd(Window):
        def take(self) -> bool:
            super().take()
            return True

        def allowance(self) -> Allowance:
            return Allowance(60_000, 500, 30.0)

    load = Load(Odd(60_000, each=1000), calls=50, has_headers=True, header="tokens", in_flight=5).run()
    assert (load.refusals, load.lost) == (0, [])
    assert load.wall_s < 90


@pytest.mark.parametrize("with_headers", [False, True])
@pytest.mark.parametrize(
    ("quotas", "calls", "ends_s"),
    [
        ((Window(20), Bucket(10_000, per_second=1000)), 120, (120.6, 1.2)),
        ((Window(20), Window(20)), 120, (120.6, 120.6)),
        ((bucket(), window()), 1800, (BUCKET_S, WINDOW_S)),
        ((window(), window()), 1800, (WINDOW_S, WINDOW_S)),
        ((bucket(), Bucket(590.5, per_second=10)), 1800, (BUCKET_S, BUCKET_S + 1)),
    ],
    ids=["small beside large", "two small", "bucket beside window", "two windows", "two buckets"],
)
def test_models_with_quotas_of_their_own_do_not_hold_up_one_another(
    quotas: tuple[Bucket | Window, ...], calls: int, ends_s: tuple[float, float], with_headers: bool
) -> None:
    load = Load(copy.deepcopy(quotas), calls, has_headers=with_headers, models=2).run()
    assert load.lost == []
    assert load.early_retries == 0
    for model, own_s in enumerate(ends_s):
        assert load.ends_s[model] <= 1.05 * own_s + 0.5


@pytest.mark.parametrize(
    ("quotas", "calls", "ends_s"),
    [
        ((bucket(), window()), 1800, (BUCKET_S, WINDOW_S)),
        ((bucket(), bucket()), 1800, (BUCKET_S, BUCKET_S)),
        ((Window(20), Bucket(10_000, per_second=1000)), 120, (120.6, 1.2)),
    ],
)
def test_models_keep_to_rounded_pauses_of_others_only_while_that_costs_little(
    quotas: tuple[Bucket | Window, ...], calls: int, ends_s: tuple[float, float]
) -> None:
    load = Load(copy.deepcopy(quotas), calls, in_whole_seconds=True, models=2).run()
    assert load.lost == []
    for model, own_s in enumerate(ends_s):
        assert load.ends_s[model] <= 1.05 * own_s + 0.5


@pytest.mark.parametrize("asks", [True, False])
def test_two_processes_share_a_quota_without_losing_calls(asks: bool) -> None:
    load = Load(bucket(), asks_to_wait=asks, processes=2).run()
    assert load.lost == []
    assert load.wall_s <= 1.1 * BUCKET_S
    assert load.early_retries == 0
