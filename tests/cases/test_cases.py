"""Cases in their order: found by name or by number; what is not there is told in our own words."""

from __future__ import annotations

import pytest

from byok_widgets import ConfigError
from byok_widgets.cases.reading import read_cases

CASES = read_cases([{"name": name, "text": "Hello"} for name in ("morning", "noon", "night")])


def test_a_case_is_found_by_name_and_by_number() -> None:
    assert CASES["noon"] is CASES[1] is CASES[-2]
    assert [case.name for case in CASES[1:]] == ["noon", "night"]
    assert [case.name for case in reversed(CASES)] == ["night", "noon", "morning"]


@pytest.mark.parametrize("which", [3, 99, -4, 1.5, True, None, "evening", ("noon",)])
def test_a_case_that_is_not_there_is_named_with_those_that_are(which: object) -> None:
    with pytest.raises(ConfigError) as raised:
        CASES[which]
    assert raised.value.kind == "cases"
    assert repr(which) in raised.value.problem
    assert "0 to 2" in raised.value.fix
    assert isinstance(raised.value, IndexError)


def test_a_misspelt_name_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError) as raised:
        CASES["mornin"]
    assert "'morning'" in raised.value.fix
