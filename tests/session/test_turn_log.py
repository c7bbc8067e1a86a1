"""Looking back at a session: what it says about itself, and turns that do not exist."""

from __future__ import annotations

import pytest

from byok_widgets import Flow, FlowError
from byok_widgets.session import Judgement, Visit
from tests.session.conftest import Script


def test_a_session_says_what_it_is(booking: Flow, script: Script) -> None:
    s = booking.start()
    assert repr(s) == f"Session({booking.name!r}, 0 turns, at 'ask')"
    assert s.explain().endswith(" ask."), "where it is"
    s.say("<b>Hello</b>")
    assert str(s) == "person: <b>Hello</b>\nflow: Hm."
    assert "&lt;b&gt;Hello&lt;/b&gt;" in s._repr_html_()
    assert s.summary == f"LIVE · {booking.name} · at ask · 1 turn · 14 tokens in, 6 out · not priced"
    assert [type(step) for step in s.trace] == [Judgement, Visit]


@pytest.mark.parametrize("turn", [0, 2, -1, 99])
def test_a_turn_that_does_not_exist(flow: Flow, script: Script, turn: int) -> None:
    flow.conversation("chat", "Chat.")
    s = flow.start()
    s.say("Hello")
    with pytest.raises(FlowError, match=str(turn)) as caught:
        s.explain(turn)
    assert caught.value.kind == "turn"
    assert "1 to 1" in caught.value.fix
    if turn:
        with pytest.raises(FlowError, match=str(turn)) as caught:
            s.fork(turn)
        assert caught.value.kind == "turn"
        assert "1 to 1" in caught.value.fix
        assert "0" in caught.value.fix, "the start is suggested, too"
    else:
        assert s.fork(turn).turns == ()
