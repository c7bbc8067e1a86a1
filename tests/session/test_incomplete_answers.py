"""An answer that is not complete is marked wherever it appears, also for the model that reads it next."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from byok_widgets import Flow, Session
from byok_widgets.widgets.chat import copies
from tests.scripted_server import Say
from tests.session.conftest import Script

STOPPED = Say("Once upon a time there was a fox", pause_s=0.1)


def stopped(s: Session, text: str = "A story") -> None:
    async def leave() -> None:
        async for _ in s.astream(text):
            break

    asyncio.run(leave())
    while s.busy:
        time.sleep(0.01)


@pytest.fixture
def cut(booking: Flow, script: Script) -> Session:
    """A session in which one answer is whole, one reached its limit and one was stopped."""
    script.words = ["Who is it?", Say("Half of", finish="length"), STOPPED, "Yes."]
    s = booking.start()
    s.say("Hi")
    s.say("Ana")
    stopped(s)
    return s


def test_a_model_sees_that_an_earlier_answer_was_cut_off(cut: Session, script: Script) -> None:
    cut.say("Go on")
    said = [message["content"] for message in script.spoken[-1]["messages"] if message["role"] == "assistant"]
    assert said[:2] == ["Who is it?", "Half of […]"]
    assert said[2].startswith("Once")
    assert said[2].endswith(" […]")
    assert "assistant: Half of […]" in json.dumps(script.judged[-1], ensure_ascii=False)


def test_a_transcript_has_the_sign_and_the_text_has_not(cut: Session) -> None:
    assert cut.transcript[3].content == "Half of […]"
    assert cut.turns[1].reply.text == "Half of"
    for turn in cut.turns:
        assert turn.reply.transcript == cut.transcript[: 2 * turn.number], "of a stopped one, too"
    assert cut.fork(2).transcript == cut.transcript[:4]


def test_it_is_marked_wherever_it_appears(cut: Session) -> None:
    why = cut.turns[1].reply.notices[0]
    assert "cut off" in why
    assert f"flow: Half of […]\n[{why}]" in str(cut)
    assert "3 turns, 2 incomplete replies" in repr(cut)
    assert "2 incomplete replies" in cut.summary
    table = cut._repr_html_().partition("</table>")[0]
    assert f"Half of […]<div><small>{why}</small></div>" in table
    assert "Who is it?</td>" in table, "and no other"
    assert f"ask: Half of […]\n[{why}]" in copies.as_transcript(cut)
    assert f"({why})" in cut.explain(2)
    assert "finish_reason='length'" in repr(cut.turns[1])
    assert "Half of […]" in cut.turns[1]._repr_html_()
    assert any("Half of […]" in cells for cells in cut.trace.rows())
    notes = [line.rpartition(" | ")[2] for line in repr(cut.timeline).splitlines()[1:4]]
    assert notes[1] == why
    assert "stopped" in notes[2]


def test_a_session_whose_answers_are_whole_says_nothing(booking: Flow, script: Script) -> None:
    s = booking.start()
    s.say("Hi")
    for shown in (repr(s), str(s), s.summary, s._repr_html_(), repr(s.timeline), repr(s.turns[0])):
        assert "complete" not in shown
        assert "…" not in shown
        assert "finish_reason" not in shown


def test_a_saved_session_marks_it_too(cut: Session, booking: Flow, tmp_path: Path) -> None:
    cut.save(tmp_path / "s.json")
    again = booking.load_session(tmp_path / "s.json")
    assert (again.transcript, str(again), repr(again)) == (cut.transcript, str(cut), repr(cut))
