"""What acting on the choice early, and speculation beside it, gain: log-normal delays in virtual time."""

from __future__ import annotations

import pytest

from tests.session.slow_voice import first_tokens, gain, slow_provider, voice_flow


@pytest.mark.parametrize("count", [pytest.param(150), pytest.param(2000, marks=pytest.mark.slow)])
def test_the_first_token_comes_earlier(count: int) -> None:
    with slow_provider() as slow:
        flow = voice_flow()
        slow.enforces = False
        waited = first_tokens(flow, count)
        slow.enforces = True
        early = first_tokens(flow, count)
        flow.latency = "speculative"
        both = first_tokens(flow, count)
    gains = {name: gain(waited, times) for name, times in (("early", early), ("both", both))}
    assert all(sooner <= later + 1e-6 for sooner, later in zip(early, waited, strict=True))
    assert gains["early"][0] >= 0.25
    assert gains["both"][0] >= 0.45, gains
    assert gains["both"][1] >= 0.25, gains
