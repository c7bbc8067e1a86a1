"""Reads what headers and error messages say about quotas, in all the forms that providers use.

The tables are keyed by words of header names, not by vendor: gateways and new vendors share them.
"""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

from byok_widgets.engine.quota import Allowance, QuotaReading

_UNITS = {
    "": "requests",
    "req": "requests",
    "request": "requests",
    "requests": "requests",
    "token": "tokens",
    "tokens": "tokens",
    "tokens_usage_based": "tokens (usage-based)",
    "input-tokens": "input tokens",
    "output-tokens": "output tokens",
    "project-requests": "requests of the project",
    "project-tokens": "tokens of the project",
}
"""What a quota counts, by the words for it in the names of headers. Images and the like do not concern a chat."""

_PART = r"(?P<part>limit|remaining|reset)"
_OF_ALL_MODELS = frozenset(
    ("account", "organization", "org", "workspace", "team", "team_member", "user", "end_user", "api_key", "key")
)
"""Whose quota it is, in names of headers: that of somebody who uses any model."""
_SCOPE = rf"(?P<scope>model_per_[a-z_]+|{'|'.join(sorted(_OF_ALL_MODELS, key=len, reverse=True))})"
_NAMES = (
    # x-ratelimit-remaining-requests, x-ratelimit-limit-tokens-minute, x-ratelimit-team-limit-tokens,
    # ratelimit-reset
    re.compile(
        rf"(?:x-)?ratelimit-(?:{_SCOPE}-)?{_PART}(?:-(?P<unit>[a-z_-]+?))??(?:-(?P<period>second|minute|hour|day|month))?"
    ),
    # vendor-ratelimit-input-tokens-remaining
    re.compile(rf"(?:[a-z]+-)?ratelimit-(?P<unit>[a-z_-]+?)(?P<period>)(?P<scope>)-{_PART}"),
)
_STRUCTURED = {"ratelimit", "ratelimit-policy"}
_ITEM_NAME = re.compile(r'\s*"([^"]*)"')
_ITEM_PARAMETER = re.compile(r"(?:^|[;,\s])(limit|remaining|reset|q|r|t)=(\d+)")
_PART_OF_PARAMETER = {"q": "limit", "r": "remaining", "t": "reset"}

_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:[,;].*)?", re.DOTALL)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h|d)")
_IN_WORDS = re.compile(r" ?sec(?:ond)?s?$")
_SPAN_S = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86_400.0,
}
_LONGEST_S = 366 * 86_400.0
"""No quota takes longer to reset: a later time is a misunderstanding."""
_FIRST_EPOCH_S, _FIRST_EPOCH_MS = 1e9, 1e10
"""A bare number below the first is a time span in seconds, one above it a date."""

_WORDS_OF_WAIT = re.compile(
    r"(?:(?:retry|try again|available again|resets?)\s+(?:after|in)|wait(?:\s+for)?)\s+"
    r"(?:(?P<spans>(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+)\b"
    r"|(?P<count>\d+(?:\.\d+)?)\s*(?P<unit>millisecond|second|minute|hour)s?\b)",
    re.IGNORECASE,
)
_UNIT_S = {"millisecond": 1e-3, "second": 1.0, "minute": 60.0, "hour": 3600.0}


def read(headers: Mapping[str, str], *, now: float | None = None) -> QuotaReading | None:
    """Return what the head of an answer says about quotas; `None` if it says nothing that can be understood.

    Args:
        headers: The headers of an answer.
        now: The present as Unix time; by default what the server's own `Date` says, so that clocks need not agree.
    """
    found: dict[str, dict[str, str]] = {}
    for name, value in _relevant(headers):
        if name in _STRUCTURED:
            for item in value.split(","):
                policy = _ITEM_NAME.match(item)
                is_named = policy is not None and policy[1] not in ("", "default")
                quota = found.setdefault(f"requests/{policy[1]}" if policy and is_named else "requests", {})
                for parameter, number in _ITEM_PARAMETER.findall(item):
                    quota.setdefault(_PART_OF_PARAMETER.get(parameter, parameter), number)
        elif known := _known(name):
            found.setdefault(known[0], {})[known[1]] = value
    if not found and "retry-after" not in headers:
        return None
    at = now if now is not None else server_time(headers)
    waits_s = retry_after(headers, now=at)
    if not found and waits_s is None:
        return None
    allowances = {name: _allowance(parts, at) for name, parts in found.items()}
    of_all = frozenset(name for name in allowances if _whose(name) in _OF_ALL_MODELS)
    return QuotaReading(allowances, waits_s, of_all)


def retry_after(headers: Mapping[str, str], *, now: float | None = None) -> float | None:
    """Return how many seconds a provider asks to wait; `None` if it does not ask, or cannot be understood.

    Args:
        headers: The headers of an answer.
        now: The present as Unix time; by default the time of the server, as for `read`.
    """
    if "retry-after" not in headers and "retry-after-ms" not in headers:
        return None
    at = server_time(headers) if now is None else now
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        raw = headers.get(name)
        if raw is None:
            continue
        seconds = _largest(raw, partial(_wait_s, unit=unit, now=at))
        if 0 < seconds <= _LONGEST_S:
            return seconds
    return None


def _wait_s(text: str, *, unit: float, now: float) -> float:
    """Return the wait in a header's value, a number of which counts so many to the second; NaN if it is none."""
    try:
        return _span_or_epoch(float(text) / unit, now)
    except ValueError:
        span_s = _span_s(_IN_WORDS.sub("s", text.strip().lower()))
        return _seconds_until(text.strip(), now) if span_s is None else span_s


def wait_in_words(text: str) -> float | None:
    """Return the wait in seconds that an error message names, as in "try again in 6m0s"; `None` without one."""
    match = _WORDS_OF_WAIT.search(text)
    if match is None:
        return None
    if match["count"]:
        return float(match["count"]) * _UNIT_S[match["unit"].lower()] or None
    return _span_s(match["spans"].lower()) or None


def until(text: str, *, now: float) -> float | None:
    """Return the seconds until a quota resets; `None` if the text is no time.

    It may be a time span (`6m0s`, `30`), a date (RFC 3339, HTTP), or Unix time in seconds or milliseconds. A date
    that is past is a reset that has happened: 0.
    """
    seconds = _largest(text.strip(), partial(_reset_s, now=now))
    return seconds if 0 <= seconds <= _LONGEST_S else None


def _reset_s(text: str, *, now: float) -> float:
    """Return the seconds until a quota resets; NaN if the text is no time."""
    try:
        return _span_or_epoch(float(text), now)
    except ValueError:
        seconds = _span_s(text.strip())
        return _or_past(_seconds_until(text.strip(), now)) if seconds is None else seconds


def _largest(text: str, read: Callable[[str], float]) -> float:
    """Return what a header says, or the largest that it says if it was sent more than once; NaN if it is no time.

    Its values are joined with commas then, and a date has a comma of its own.
    """
    seconds = read(text)
    if not math.isnan(seconds) or "," not in text:
        return seconds
    return max((each for each in map(read, text.split(",")) if each <= _LONGEST_S), default=math.nan)


def _relevant(headers: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return [(_one_word(low), value) for name, value in headers.items() if "limit" in (low := name.lower())]


def _one_word(name: str) -> str:
    return name.replace("rate-limit", "ratelimit")


@lru_cache(maxsize=256)
def _known(name: str) -> tuple[str, str] | None:
    """Return which quota and which part of it a header holds."""
    for pattern in _NAMES:
        match = pattern.fullmatch(name)
        if match and (unit := _UNITS.get(match["unit"] or "")):
            unit += f" ({match['scope']})" if match["scope"] else ""
            return (f"{unit}/{match['period']}" if match["period"] else unit), match["part"]
    return None


def _whose(quota: str) -> str:
    """Return the scope in the name of a quota such as `requests (team)/minute`."""
    return quota.partition("(")[2].partition(")")[0]


def _allowance(parts: Mapping[str, str], now: float) -> Allowance:
    reset = parts.get("reset")
    return Allowance(
        limit=_count(parts.get("limit")),
        remaining=_count(parts.get("remaining")),
        reset_s=None if reset is None else until(reset, now=now),
    )


def _count(text: str | None) -> float | None:
    match = _NUMBER.fullmatch(text) if text else None
    return float(match[1]) if match else None


def _span_or_epoch(number: float, now: float) -> float:
    if not number >= _FIRST_EPOCH_S:
        return number
    return _or_past((number if number < _FIRST_EPOCH_MS else number / 1000) - now)


def _or_past(seconds: float) -> float:
    return 0.0 if seconds < 0 else seconds


def _span_s(text: str) -> float | None:
    """Return the seconds of a time span like `1h2m3.5s`."""
    spans = _SPAN.findall(text)
    if not spans or "".join(number + unit for number, unit in spans) != text:
        return None
    return sum(float(number) * _SPAN_S[unit] for number, unit in spans)


def server_time(headers: Mapping[str, str]) -> float:
    """Return the time by the clock of the server that sent an answer; by our own where it tells none."""
    now = time.time()
    ahead_s = _seconds_until(headers.get("date") or "", now)
    return now if math.isnan(ahead_s) else now + ahead_s


def _seconds_until(date: Any, now: float) -> float:
    for parse in (email.utils.parsedate_to_datetime, datetime.fromisoformat):
        try:
            until = parse(date)
            return (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - now
        except (TypeError, ValueError, OverflowError):
            continue
    return math.nan
