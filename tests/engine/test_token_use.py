"""How many tokens a request takes, by what the last answers took."""

from __future__ import annotations

import pytest

from byok_widgets.engine.token_use import TokenUse
from byok_widgets.usage import Usage


@pytest.mark.parametrize(
    ("quota", "units"),
    [
        ("requests", 1),
        ("requests/day", 1),
        ("tokens", 700),
        ("tokens/minute", 700),
        ("tokens of the project", 700),
        ("input tokens", 600),
        ("output tokens", 100),
    ],
)
def test_a_quota_counts_what_its_name_says_and_nothing_of_a_cache(quota: str, units: float) -> None:
    use = TokenUse()
    assert use.of(quota) == 1
    use.note(None)
    use.note(Usage())
    assert use.of(quota) == 1
    use.note(Usage(1000, 100, cached_input_tokens=400))
    assert use.of(quota) == units


def test_the_latest_answers_count_most() -> None:
    use = TokenUse()
    for _ in range(5):
        use.note(Usage(100, 0))
    for _ in range(20):
        use.note(Usage(1000, 0))
    assert 900 < use.of("tokens") <= 1000
