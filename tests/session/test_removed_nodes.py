"""Sessions that run while a node of their flow is removed: they continue, or say what happened."""

from __future__ import annotations

from typing import Any

import pytest

from byok_widgets import ConfigError, Flow, FlowError
from tests.scripted_server import Say
from tests.session.conftest import Script


def test_a_session_at_another_node_continues(booking: Flow, script: Script) -> None:
    script.choices, script.values["data"] = ["1", "stay"], [{"name": "Ana", "weekday": None}]
    s = booking.start()
    s.say("I am Ana")
    booking.remove("data")
    assert s.say("Hm").path == ("ask",)
    assert s.variables["name"] == "Ana"
    assert script.judged[1:] == [], "no edge is left that could be judged"
    assert s.fork(1).say("Hm").path == ("ask",)


def test_a_session_at_it_says_so_and_can_continue_once_it_is_recreated(booking: Flow, script: Script) -> None:
    script.choices, script.values["data"] = ["stay", "1"], [{"name": "Ana", "weekday": "Mon"}]
    s = booking.start()
    for text in ("Hello", "Ana, Monday"):
        s.say(text)
    booking.remove("bye")
    with pytest.raises(ConfigError, match="'bye'") as caught:
        s.say("Thanks")
    assert caught.value.kind == "node"
    assert "fork(turn=...)" in caught.value.fix
    assert len(s.turns) == 2
    assert s.fork(1).say("Ana, Monday").path == ("data", "ask"), (
        "the edge to it is gone, and the else edge leads on"
    )
    booking.conversation("bye", "Bye.")
    assert s.say("Thanks").path == ("bye",)


def test_a_session_of_a_flow_that_lost_all_its_nodes(booking: Flow) -> None:
    s = booking.start()
    for name in list(booking.nodes):
        booking.remove(name)
    with pytest.raises(FlowError) as caught:
        s.say("Hello")
    assert caught.value.kind == "empty"


def test_a_turn_to_a_node_removed_meanwhile_fails_and_leaves_the_session_unchanged(
    flow: Flow, script: Script
) -> None:
    flow.conversation("ask", "Ask.")
    flow.conversation("tell", "Tell.")
    flow.connect("ask", "tell", when="they want to hear it")
    s = flow.start()

    def remove_it(request: dict[str, Any]) -> Say:
        flow.remove("tell")
        return script._answer(request)

    script.choices = ["1"]
    script.server.script(remove_it)
    with pytest.raises(ConfigError, match="'tell'") as caught:
        s.say("Tell me")
    assert caught.value.kind == "node"
    assert (s.turns, s.node, s.busy) == ((), "ask", False)


@pytest.mark.parametrize("silent", [False, True])
def test_a_global_node_with_nowhere_to_return_to_stays(flow: Flow, script: Script, silent: bool) -> None:
    flow.conversation("ask", "Ask.")
    if silent:
        flow.extraction("help", word=str, enter="they correct a word")
    else:
        flow.conversation("help", "Help.", enter="they need help")
    s = flow.start()
    answers = 0

    def remove_it(request: dict[str, Any]) -> Say:
        nonlocal answers
        answers += 1
        if answers == 2:
            flow.remove("ask")
        return script._answer(request)

    script.choices, script.values["help"] = ["1"], [{"word": "x"}]
    script.server.script(remove_it)
    turn = s.say("Help")
    assert (s.node, turn.path) == ("help", ("help",))
    assert bool(str(turn)) is not silent
    assert s.say("Help").path == ("help",)
