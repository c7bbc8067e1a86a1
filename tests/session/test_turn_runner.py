"""Turns beyond the page's sentences: global nodes, ends, loops, recreated nodes, and unusual names."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow, FlowError
from tests.graph.conftest import NAMES
from tests.scripted_server import Say
from tests.session.conftest import Script, system_of


def test_a_silent_start_that_ends_the_session_calls_nothing_else(flow: Flow, script: Script) -> None:
    flow.extraction("data", name=str, end=True)
    flow.conversation("help", "Help.", enter="they need help")
    flow.connect("data", "help")
    script.values["data"] = [{"name": "Ana"}]
    s = flow.start()
    turn = s.say("I am Ana")
    assert (turn.closed, turn.path, turn.node, turn.notices) == (True, ("data",), "data", ())
    assert len(script.server.requests) == 1


def test_a_global_node_returns_to_a_silent_one_whose_edges_are_judged_again(flow: Flow, script: Script) -> None:
    flow.conversation("ask", "Ask.")
    flow.extraction("data", weekday=["Mon", "Tue"])
    flow.conversation("bye", "Bye {{name}}.", static=True)
    flow.extraction("correct", name=str, enter="they correct their name")
    flow.connect("ask", "data")
    flow.connect("data", "bye", if_="name is not None")
    script.values = {"data": [{"weekday": None}], "correct": [{"name": "Ana"}]}
    s = flow.start()
    script.choices = ["stay"]
    assert s.say("Hello").reply is None
    assert s.node == "data"
    script.choices = ["1"]
    turn = s.say("I am Ana, by the way")
    assert (turn.path, str(turn)) == (("data", "correct", "bye"), "Bye Ana.")


def test_a_global_node_returns_to_the_global_node_it_came_from(flow: Flow, script: Script) -> None:
    flow.conversation("ask", "Ask.")
    flow.conversation("human", "Hold on.", enter="they want a person")
    flow.conversation("hours", "Nine to five.", static=True, enter="they ask for the hours")
    flow.connect("human", "ask", when="they changed their mind")
    s = flow.start()
    script.choices = ["1", "2", "1"]
    assert s.say("A person, please").node == "human"
    turn = s.say("Until when?")
    assert (turn.path, turn.node) == (("hours",), "human")
    assert s.say("Never mind").moves == (("human", "ask"),)


def test_a_global_node_that_was_stopped_still_counts_as_run(flow: Flow, script: Script) -> None:
    flow.conversation("ask", "Ask.")
    flow.conversation("pay", "Pay.")
    flow.conversation("hours", "Say the hours.", enter="they ask for the hours")
    flow.connect("ask", "pay", when="they want to pay")
    script.choices, script.words = ["2"], [Say("From nine to five, Monday to Friday", pause_s=0.1), "Gladly."]
    s = flow.start()

    async def stopped() -> None:
        async for _ in s.astream("When are you open?"):
            break

    asyncio.run(stopped())
    script.choices = ["1"]
    assert s.say("I want to pay").moves == (("ask", "pay"),)
    assert (s.turns[0].node, s.turns[0].complete) == ("ask", False)


def test_an_end_node_that_was_stopped_has_closed_the_session(flow: Flow, script: Script) -> None:
    flow.conversation("bye", "Say goodbye.", end=True)
    script.words = [Say("Goodbye and thank you for your call", pause_s=0.1)]
    s = flow.start()

    async def stopped() -> None:
        async for _ in s.astream("Bye"):
            break

    asyncio.run(stopped())
    with pytest.raises(FlowError, match="'bye'") as caught:
        s.say("One more thing")
    assert caught.value.kind == "session_closed"
    assert s.closed
    assert "fork(turn=0)" in caught.value.fix, "the only turn closed it: the start works"
    assert not s.fork(turn=0).closed


def test_a_long_chain_of_silent_nodes_is_no_loop(flow: Flow, script: Script) -> None:
    for number in range(15):
        flow.extraction(f"n{number}", word=str)
        script.values[f"n{number}"] = [{"word": None}]
    flow.conversation("tell", "Tell.")
    for number in range(14):
        flow.connect(f"n{number}", f"n{number + 1}")
    flow.connect("n14", "tell")
    assert len(flow.start().say("Hello").path) == 16
    flow.connect("n14", "n0", if_="word is None")
    with pytest.raises(FlowError, match="n9 → n10 → n11 → n12 → n13 → n14 → n0") as caught:
        flow.start().say("Hello")
    assert caught.value.kind == "silent_loop"


def test_without_edges_no_judge_is_called(flow: Flow, script: Script) -> None:
    flow.conversation("chat", "Chat.")
    turn = flow.start().say("Hello")
    assert [type(step).__name__ for step in turn.steps] == ["Visit"]


def test_a_node_recreated_between_turns_speaks_its_new_prompt(booking: Flow, script: Script) -> None:
    s = booking.start()
    s.say("Hello")
    booking.conversation("ask", "Ask in verse.", model="compatible:poet")
    booking.disconnect("ask", "data")
    s.say("Hello again")
    assert (system_of(script.spoken[-1]), script.spoken[-1]["model"]) == ("Ask in verse.", "poet")
    assert len(script.judged) == 1


def test_a_node_recreated_while_the_judge_thinks_speaks_its_new_prompt(booking: Flow, script: Script) -> None:
    s = booking.start()

    def change(request: dict[str, Any]) -> Say:
        if not script.spoken:
            booking.conversation("ask", "Ask in verse.")
            booking.connect("ask", "bye", when="quite another condition")
            booking.disconnect("ask", "data")
        return script._answer(request)

    script.server.script(change)
    turn = s.say("Hello")
    assert system_of(script.spoken[0]) == "Ask in verse."
    assert [verdict.condition for verdict in turn.steps[0].verdicts] == ["the caller gave a name and a weekday"]


def test_cells_change_the_flow_while_sessions_run(booking: Flow, script: Script) -> None:
    stop = threading.Event()
    script.values["data"] = [{"name": "Ana", "weekday": None}]

    def change() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            booking.conversation(f"more {number % 50}", "x", enter="they want more" if number % 2 else None)
            booking.connect("ask", f"more {number % 50}", when="they want more")
            booking.disconnect("ask", f"more {number % 50}")

    thread = threading.Thread(target=change)
    thread.start()
    try:
        s = booking.start()
        for number in range(10):
            assert str(s.say(f"Hello {number}")) == "Hm."
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("name", NAMES)
def test_a_node_of_any_name_runs(flow: Flow, script: Script, name: str) -> None:
    flow.conversation("ask", "Ask.")
    flow.conversation(name, "Speak, {{word}}.")
    flow.extraction(f"{name} read", word=str)
    flow.connect("ask", f"{name} read", when=name)
    flow.connect(f"{name} read", name, if_="word == 'so'")
    flow.connect(name, "ask")
    reads = flow.node(f"{name} read").schema.name
    script.choices, script.values[reads] = ["1"], [{"word": "so"}]
    s = flow.start()
    turn = s.say("It is so")
    assert (turn.path, s.node, str(turn)) == ((f"{name} read", name), name, "Hm.")
    assert s.say("Hm").moves == ((name, "ask"),)
    for shown in (repr(s), s.explain(1), repr(s.trace), s.trace._repr_html_(), s._repr_html_(), s.summary):
        assert shown
    assert "<script" not in s.trace._repr_html_() + s._repr_html_() + turn._repr_html_()


def test_errors_say_where_they_happened(booking: Flow, script: Script) -> None:
    booking.connect("data", "bye", if_=lambda variables: variables["nmae"])
    script.choices, script.values["data"] = ["1"], [{"name": "Ana", "weekday": "Mon"}]
    s = booking.start()
    with pytest.raises(ConfigError, match="KeyError: 'nmae'") as caught:
        s.say("Ana, Monday")
    assert caught.value.where == f"Flow {booking.name!r}, node 'data'."
    assert (s.turns, s.node) == ((), "ask")
    assert len(s.unfinished[0].calls) == 2


def test_the_flow_cannot_speak_first_twice_or_late(flow: Flow, script: Script) -> None:
    flow.extraction("data", name=str)
    with pytest.raises(FlowError, match="'data'") as caught:
        flow.start(speak_first=True)
    assert caught.value.kind == "silent_start"
    flow.conversation("ask", "Ask.", start=True)
    s = flow.start(speak_first=True)
    with pytest.raises(FlowError) as caught:
        s.open()
    assert caught.value.kind == "opened"
    s = flow.start()
    s.say("Hello")
    with pytest.raises(FlowError) as caught:
        s.open()
    assert caught.value.kind == "opened"
    assert [turn.number for turn in s.turns] == [1]


@pytest.mark.parametrize("text", ["", " \n", None, 5])
def test_empty_text_cannot_be_said(flow: Flow, script: Script, text: object) -> None:
    flow.conversation("ask", "Ask.")
    s = flow.start()
    with pytest.raises(FlowError) as caught:
        s.say(text)  # type: ignore[arg-type]
    assert caught.value.kind == "dialogue"
    assert (s.turns, s.unfinished, script.server.requests) == ((), (), [])
