"""Why the flow did or did not move, in plain words, for every way a turn can go."""

from __future__ import annotations

import asyncio

import pytest

from byok_widgets import Flow, MissingKeyError, ProviderError
from byok_widgets.session.explain import explained
from byok_widgets.session.steps import VERDICT_WORDS
from tests.scripted_server import Say
from tests.session.conftest import Script


def test_the_flow_speaks_first_and_stays(flow: Flow, script: Script) -> None:
    flow.conversation("hello", "Hello!", static=True)
    s = flow.start()
    assert s.explain() == "The flow spoke first.\nhello spoke its fixed sentence.\nThe flow is now at hello."
    s.say("Hi\nthere")
    assert s.explain().splitlines() == [
        "Turn 1: you said “Hi there”.",
        "hello has no outgoing edges, so the flow stayed there.",
        "hello spoke with compatible:scripted (flow default).",
        "The flow is now at hello.",
    ]
    assert s.explain(0).startswith("The flow spoke first.")


def test_it_stays_because_no_edge_holds(booking: Flow, script: Script) -> None:
    s = booking.start()
    s.say("Hello")
    lines = s.explain().splitlines()
    assert lines[1:3] == [
        "The flow judged the edges of ask, and stayed:",
        "  - to data, when “the caller gave a name and a weekday”: does not hold (the model: “so it seems”).",
    ]
    assert lines[3].startswith("  (judged by compatible:scripted, 7 tokens in, 3 out, not priced, ")


def test_it_moves_by_logic_and_the_rest_is_not_looked_at(booking: Flow, script: Script) -> None:
    booking.connect("ask", "bye", if_="name == 'Ana'")
    booking.conversation("bye", "Bye {{name}}.", static=True, end=True)
    s = booking.start(variables={"name": "Ana"})
    s.say("Hello")
    assert s.explain().splitlines()[1:] == [
        "The flow judged the edges of ask, and moved to bye:",
        "  - to data, when “the caller gave a name and a weekday”: not looked at.",
        "  - to bye, if name == 'Ana': holds, since name is 'Ana'.",
        "bye spoke its fixed sentence.",
        "The session is closed.",
    ]


def test_read_values_and_doubtful_ones(flow: Flow, script: Script) -> None:
    flow.extraction("data", name=str, city=str, people=int, day=str, tags=list[str])
    flow.conversation("ask", "Ask.")
    flow.connect("data", "ask")
    script.values["data"] = [{"name": "Ana", "city": "Rome", "people": "many", "day": None, "tags": None}]
    s = flow.start()
    s.say("I am Ana, and we are many")
    read = next(line for line in s.explain().splitlines() if line.startswith("data found"))
    assert read == (
        "data found name: Ana, city: Rome (not supported by the dialogue: check it); people was invalid; "
        "day, tags were not stated (asked twice: the first answer did not fit the fields)."
    )
    script.values["data"] = [{"name": None, "city": None, "people": None, "day": None, "tags": ["x"]}]
    s.fork(0).say("Nothing")


def test_nothing_was_read_and_nobody_spoke(flow: Flow, script: Script) -> None:
    flow.extraction("data", name=str)
    flow.conversation("ask", "Ask.")
    flow.connect("data", "ask", if_="name is not None")
    script.values["data"] = [{"name": None}]
    s = flow.start()
    s.say("Hello")
    assert s.explain().splitlines()[1:] == [
        "data found nothing; name was not stated.",
        "The flow judged the edges of data, and stayed:",
        "  - to ask, if name is not None: does not hold, since name is not stated.",
        "Note: no edge of data holds, so nobody spoke: give it an else edge.",
        "The flow is now at data.",
    ]


def test_a_silent_node_without_edges(flow: Flow, script: Script) -> None:
    flow.extraction("data", name=str)
    script.values["data"] = [{"name": "Ana"}]
    s = flow.start()
    s.say("Ana")
    assert "data has no outgoing edges, so the flow stayed there." in s.explain()
    flow.extraction("data", name=str, end=True)
    s = flow.start()
    s.say("Ana")
    assert s.explain().splitlines()[1:] == ["data found name: Ana.", "The session is closed."]


def test_a_global_node_is_entered_and_left(flow: Flow, script: Script) -> None:
    flow.conversation("ask", "Ask.")
    flow.conversation("hours", "Nine to five.", static=True, enter="they ask for the hours")
    script.choices = ["1"]
    s = flow.start()
    s.say("When are you open?")
    lines = s.explain().splitlines()
    assert (
        "  - from everywhere to hours, when “they ask for the hours”: holds (the model: “so it seems”)." in lines
    )
    assert lines[-2:] == ["hours spoke its fixed sentence.", "The flow went back to ask."]


def test_a_reply_that_was_cut_or_stopped(flow: Flow, script: Script) -> None:
    flow.conversation("chat", "Chat.")
    script.words = [Say("Half a", finish="length"), Say("Once upon a time there was", pause_s=0.1)]
    s = flow.start()
    s.say("Hello")
    assert "chat spoke with compatible:scripted (flow default) (" in s.explain()
    assert s.turns[0].reply.notices[0] in s.explain()

    async def stopped() -> None:
        async for _ in s.astream("A story"):
            break

    asyncio.run(stopped())
    while s.busy:
        pass
    assert "(incomplete: it was stopped)" in s.explain()


def test_a_turn_that_was_not_finished(booking: Flow, script: Script) -> None:
    script.words = [Say(status=401, body={"error": {"message": "no", "code": "invalid_api_key"}})]
    s = booking.start()
    with pytest.raises(ProviderError):
        s.say("Hello")
    story = explained(s.unfinished[0])
    assert "The flow judged the edges of ask, and stayed:" in story
    assert story.splitlines()[-1].startswith("The turn was not finished: ")
    assert "401 Unauthorized" in story
    assert s.explain() == story, "it is the last one that was tried"
    script.words = ["Yes?"]
    s.say("Hello again")
    assert "you said “Hello again”" in s.explain()
    script.words = [Say(status=401, body={"error": {"message": "no", "code": "invalid_api_key"}})]
    for text in ("One", "Two"):
        with pytest.raises(ProviderError):
            s.say(text)
    assert s.explain() == explained(s.unfinished[-1])
    assert s.explain().startswith("Turn 2: you said “Two”.")
    assert "you said “Hello again”" in s.explain(1)


def test_a_turn_that_failed_before_its_edges_were_judged_does_not_say_that_there_are_none(
    booking: Flow, script: Script
) -> None:
    booking.judge_model = "openai:gpt-6-luna"
    s = booking.start()
    with pytest.raises(MissingKeyError):
        s.say("Hello")
    assert s.unfinished[0].fault_kind == "no_key"
    assert [str(s.unfinished[0].fault).splitlines()[0] in line for line in s.explain().splitlines()] == [
        False,
        True,
    ]


def test_the_choice_of_a_model_by_the_call(booking: Flow, script: Script) -> None:
    booking.judge_model = "compatible:careful"
    s = booking.start()
    s.say("Hello", model="compatible:given")
    assert "(judged by compatible:given," in s.explain()
    assert "ask spoke with compatible:given (call argument)." in s.explain()


def test_other_words_on_screen_change_what_is_read_and_nothing_else(
    booking: Flow, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking.connect("ask", "bye", if_="name == 'Ana'")
    booking.conversation("bye", "Bye {{name}}.", static=True, end=True)
    s = booking.start(variables={"name": "Ana"})
    s.say("Hello")
    monkeypatch.setitem(VERDICT_WORDS, "not looked at", "skipped")
    monkeypatch.setitem(VERDICT_WORDS, "holds", "is true")
    skipped, held = s.explain().splitlines()[2:4]
    assert skipped.endswith("”: skipped.")
    assert held.endswith(": is true, since name is 'Ana'.")
    assert [row[3] for row in s.trace.rows()][:2] == ["skipped", "is true"]
    assert [verdict.verdict for verdict in s.turns[-1].steps[0].verdicts] == ["not looked at", "holds"]


def test_what_was_said_does_not_steer_a_terminal(booking: Flow, script: Script) -> None:
    script.words = ["\x1b[2J\x9b31m\u202e"]
    session = booking.start()
    session.say("Hi \x1b]0;x\x07")
    assert not set("\x1b\x07\x9b\u202e") & set(session.explain())
    assert not set("\x1b\x07\x9b\u202e") & set(f"{session.trace}{session.timeline}")
