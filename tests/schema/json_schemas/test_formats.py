"""The formats of JSON Schema, as the values of a field."""

from __future__ import annotations

import datetime

import pytest

from byok_widgets.schema import ExtractionSchema


def is_valid(format_: str, text: str) -> bool:
    schema = ExtractionSchema.of({"properties": {"x": {"type": "string", "format": format_}}})
    return not schema.check({"x": text}).problems


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("date", "2028-02-29"),
        ("time", "09:30"),
        ("time", "09:30:15.5Z"),
        ("time", "23:59:60+00:00"),
        ("date-time", "2026-11-27T09:30:00"),
        ("date-time", "2026-11-27t09:30:00.123+02:00"),
        ("duration", "P3DT12H30M5S"),
        ("duration", "P2W"),
        ("duration", "PT0.5S"),
        ("email", "ana@example.org"),
        ("hostname", "www.example.org"),
        ("uri", "https://example.org/a?b=c#d"),
        ("uri", "urn:isbn:0451450523"),
        ("uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d16380"),
        ("ipv4", "192.168.0.1"),
        ("ipv6", "::1"),
        ("json-pointer", "/a~1b/0"),
        ("json-pointer", ""),
        ("made-up", "anything"),
    ],
)
def test_a_text_of_the_format_is_valid(format_: str, text: str) -> None:
    assert is_valid(format_, text)


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("json-pointer", "a"),
        ("json-pointer", "/a~2"),
        ("date", "2026-02-29"),
        ("date", "soon"),
        ("date", "20261127"),
        ("time", "24:00:00"),
        ("time", "around nine"),
        ("date-time", "2026-11-27T25:00:00Z"),
        ("date-time", "2026-11-27"),
        ("duration", "P"),
        ("duration", "PT"),
        ("duration", "an hour"),
        ("email", "ana at example"),
        ("hostname", "-bad-.example"),
        ("uri", "example.org"),
        ("uri", "https://exa mple.org"),
        ("uuid", "2eb8"),
        ("ipv4", "256.1.1.1"),
        ("ipv6", "12345::"),
    ],
)
def test_any_other_text_is_invalid(format_: str, text: str) -> None:
    assert not is_valid(format_, text)


def test_a_time_of_day_stays_valid_in_a_loaded_flow() -> None:
    given = ExtractionSchema.of(fields={"at": datetime.time, "when": datetime.datetime})
    loaded = ExtractionSchema.of(given.definition())
    said = {"at": "14:30", "when": "2026-11-27T14:30:00"}
    assert not given.check(said).problems
    assert loaded.check(said).values == said
