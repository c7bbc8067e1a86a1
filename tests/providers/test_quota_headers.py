"""Quota headers in the forms of all vendors, gateways and standards that have any."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping

import httpx2
import pytest

from byok_widgets.engine import Allowance
from byok_widgets.providers.quota_headers import read, until, wait_in_words

NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC).timestamp()
IN_30_S = "2026-11-24T12:00:30Z"

ROWS: dict[str, tuple[Mapping[str, str], dict[str, Allowance]]] = {
    "durations": (
        {
            "x-ratelimit-limit-requests": "5000",
            "x-ratelimit-remaining-requests": "4999",
            "x-ratelimit-reset-requests": "12ms",
            "x-ratelimit-limit-tokens": "2000000",
            "x-ratelimit-remaining-tokens": "1999984",
            "x-ratelimit-reset-tokens": "6m0s",
        },
        {"requests": Allowance(5000, 4999, 0.012), "tokens": Allowance(2_000_000, 1_999_984, 360)},
    ),
    "of a project and by usage": (
        {
            "x-ratelimit-limit-project-tokens": "100",
            "x-ratelimit-remaining-project-tokens": "90",
            "x-ratelimit-reset-project-tokens": "1h2m3.5s",
            "x-ratelimit-remaining-tokens_usage_based": "7",
        },
        {
            "tokens of the project": Allowance(100, 90, 3723.5),
            "tokens (usage-based)": Allowance(None, 7, None),
        },
    ),
    "of a key, of a team, and of a model for a key": (
        {
            "x-ratelimit-api_key-limit-requests": "100",
            "x-ratelimit-api_key-remaining-requests": "90",
            "x-ratelimit-team-remaining-tokens-minute": "8",
            "x-ratelimit-model_per_key-remaining-requests": "7",
        },
        {
            "requests (api_key)": Allowance(100, 90, None),
            "tokens (team)/minute": Allowance(None, 8, None),
            "requests (model_per_key)": Allowance(None, 7, None),
        },
    ),
    "without a reset": (
        {"x-ratelimit-remaining-requests": "9", "x-ratelimit-remaining-tokens": "9000"},
        {"requests": Allowance(None, 9, None), "tokens": Allowance(None, 9000, None)},
    ),
    "dates, and the vendor's name first": (
        {
            "acme-ratelimit-requests-limit": "50",
            "acme-ratelimit-requests-remaining": "49",
            "acme-ratelimit-requests-reset": IN_30_S,
            "acme-ratelimit-input-tokens-limit": "40000",
            "acme-ratelimit-input-tokens-remaining": "39000",
            "acme-ratelimit-input-tokens-reset": "2026-11-24T13:00:30+01:00",
            "acme-ratelimit-output-tokens-remaining": "8000",
            "acme-ratelimit-tokens-remaining": "47000",
        },
        {
            "requests": Allowance(50, 49, 30),
            "input tokens": Allowance(40_000, 39_000, 30),
            "output tokens": Allowance(None, 8000, None),
            "tokens": Allowance(None, 47_000, None),
        },
    ),
    "per day and minute": (
        {
            "x-ratelimit-limit-requests": "14400",
            "x-ratelimit-remaining-requests": "14370",
            "x-ratelimit-reset-requests": "2m59.56s",
            "x-ratelimit-reset-tokens": "7.66s",
        },
        {"requests": Allowance(14_400, 14_370, 179.56), "tokens": Allowance(None, None, 7.66)},
    ),
    "Unix time in milliseconds": (
        {
            "X-RateLimit-Limit": "20",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": f"{NOW * 1000 + 45_000:.0f}",
        },
        {"requests": Allowance(20, 0, 45)},
    ),
    "Unix time in seconds": (
        {"x-ratelimit-remaining": "1", "x-ratelimit-reset": f"{NOW + 8:.0f}"},
        {"requests": Allowance(None, 1, 8)},
    ),
    "period in the name": (
        {
            "x-ratelimit-limit-req-minute": "60",
            "x-ratelimit-remaining-req-minute": "59",
            "x-ratelimit-limit-tokens-minute": "500000",
            "x-ratelimit-remaining-tokens-minute": "499990",
            "x-ratelimit-remaining-tokens-month": "9",
            "x-ratelimit-tokens-query-cost": "10",
            "x-ratelimit-reset-tokens-minute": "31",
        },
        {
            "requests/minute": Allowance(60, 59, None),
            "tokens/minute": Allowance(500_000, 499_990, 31),
            "tokens/month": Allowance(None, 9, None),
        },
    ),
    "older draft": (
        {"RateLimit-Limit": "100, 100;w=60", "RateLimit-Remaining": "50", "RateLimit-Reset": "30"},
        {"requests": Allowance(100, 50, 30)},
    ),
    "newer draft": (
        {"RateLimit": '"default";r=50;t=30', "RateLimit-Policy": '"default";q=100;w=60'},
        {"requests": Allowance(100, 50, 30)},
    ),
    "newer draft, of several policies": (
        {
            "RateLimit": '"daily";r=900;t=80000, "burst";r=0;t=1',
            "RateLimit-Policy": '"burst";q=10, "daily";q=1000',
        },
        {"requests/daily": Allowance(1000, 900, 80_000), "requests/burst": Allowance(10, 0, 1)},
    ),
    "two words": (
        {"X-Rate-Limit-Limit": "100", "X-Rate-Limit-Remaining": "50", "X-Rate-Limit-Reset": "30"},
        {"requests": Allowance(100, 50, 30)},
    ),
    "draft between": (
        {"RateLimit": "limit=100, remaining=50, reset=30"},
        {"requests": Allowance(100, 50, 30)},
    ),
    "what cannot be": (
        {
            "x-ratelimit-limit-requests": "nan",
            "x-ratelimit-remaining-requests": "-1",
            "x-ratelimit-reset-requests": "-5",
            "x-ratelimit-limit-tokens": "inf",
            "x-ratelimit-remaining-tokens": "1e999",
            "x-ratelimit-reset-tokens": "inf",
        },
        {"requests": Allowance(), "tokens": Allowance()},
    ),
}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("form", [dict, httpx2.Headers])
def test_each_form_is_read(name: str, form: type) -> None:
    headers, expected = ROWS[name]
    found = read(form(headers), now=NOW)
    assert found is not None
    assert set(found.allowances) == set(expected)
    for unit, allowance in expected.items():
        assert found.allowances[unit]._asdict() == pytest.approx(allowance._asdict())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/event-stream", "x-request-id": "req_1"},
        {"x-ratelimit-remaining-images": "3"},
        {"x-ratelimit-tokens-query-cost": "10"},
    ],
)
def test_other_headers_say_nothing(headers: dict[str, str]) -> None:
    assert read(headers) is None


def test_the_wait_of_a_refusal_is_part_of_the_reading() -> None:
    found = read({"retry-after": "7", "x-ratelimit-remaining-requests": "0"}, now=NOW)
    assert found is not None
    assert (found.retry_after_s, found.allowances["requests"].remaining) == (7.0, 0)
    alone = read(httpx2.Headers({"Retry-After": "7"}))
    assert alone is not None
    assert (alone.retry_after_s, alone.allowances) == (7.0, {})


def test_dates_are_measured_by_the_clock_of_the_server() -> None:
    ahead = {"date": "Tue, 24 Nov 2099 12:00:00 GMT", "acme-ratelimit-requests-reset": "2099-11-24T12:00:20Z"}
    found = read({**ahead, "acme-ratelimit-requests-remaining": "0"})
    assert found is not None
    assert found.allowances["requests"].reset_s == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12ms", 0.012),
        ("1s", 1),
        ("6m0s", 360),
        ("1h2m3.5s", 3723.5),
        ("2d", 172_800),
        ("850µs", 0.00085),
        ("0s", 0),
        ("0", 0),
        ("30", 30),
        ("30, 30", 30),
        ("6m0s,12ms", 360),
        (f"{IN_30_S}, {IN_30_S}", 30),
        ("59.7", 59.7),
        ("999999", 999_999),
        (f"{NOW + 90:.0f}", 90),
        (f"{NOW * 1000 + 90_000:.0f}", 90),
        (IN_30_S, 30),
        ("2026-11-24T12:00:30.250000+00:00", 30.25),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30),
        ("2026-11-24T11:00:00Z", 0),  # that is past
        (f"{NOW - 90:.0f}", 0),
        ("2126-11-24T12:00:00Z", None),
        ("999999999", None),
        ("-3", None),
        ("nan", None),
        ("inf", None),
        ("-inf", None),
        ("1e999", None),
        ("", None),
        ("soon", None),
        ("5 s or so", None),
        ("s", None),
        ("1.2.3s", None),
    ],
)
def test_a_time_is_read_in_each_of_its_forms(text: str, seconds: float | None) -> None:
    found = until(text, now=NOW)
    assert found == (None if seconds is None else pytest.approx(seconds, abs=1e-3))
    assert found is None or math.isfinite(found)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Rate limit reached for m in organization o on requests per min. Please try again in 20s. Visit …", 20),
        ("Limit 6000, Used 5900, Requested 500. Please try again in 7.66s.", 7.66),
        ("Please try again in 6m0s.", 360),
        ("Please try again in 120ms.", 0.12),
        ("Requests have exceeded the call rate limit. Please retry after 6 seconds.", 6),
        ("Please retry in 34.074824224s.", 34.074824224),
        ("Try again in 2 minutes.", 120),
        ("Retry after 1 hour", 3600),
        ("Please wait 10 seconds before retrying", 10),
        ("Rate limit resets in 45s", 45),
        ("It is available again in 3 seconds", 3),
        ("Try again later.", None),
        ("Please try again in 0s.", None),
        ("You sent 20 requests in 3 seconds.", None),
        ("", None),
    ],
)
def test_a_wait_in_a_message_is_read(text: str, seconds: float | None) -> None:
    assert wait_in_words(text) == seconds


def test_quotas_of_all_models_are_told_from_those_of_one() -> None:
    scopes = ("", "api_key-", "organization-", "model_per_key-", "model_per_team-")
    reading = read({f"x-ratelimit-{scope}remaining-requests": "5" for scope in scopes})
    assert reading is not None
    assert set(reading.of_all_models) == {"requests (api_key)", "requests (organization)"}
    assert len(reading.allowances) == len(scopes)
