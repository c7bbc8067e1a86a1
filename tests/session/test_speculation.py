"""`latency="speculative"`: the likeliest reply begins beside the judge, and is used only where it fits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.session import Turn
from byok_widgets.session.steps import Judgement
from tests.scripted_server import Say, ScriptedServer
from tests.session.conftest import system_of


@pytest.fixture
def quick(flow: Flow) -> Flow:
    flow.conversation("ask", "Ask {{topic}}.")
    flow.conversation("more", "Say more.")
    flow.connect("ask", "more", when="they agree")
    flow.latency = "speculative"
    return flow


def play(server: ScriptedServer, choice: str, before: object = None) -> list[str]:
    """Let the judge choose so, and return the instructions of the replies that were asked for."""
    asked: list[str] = []

    def say(request: dict[str, object]) -> Say:
        if "response_format" in request:
            if callable(before):
                before()
            return Say(json.dumps({"choice": choice, "reason": "so"}), pause_s=0.02)
        asked.append(system_of(request))
        return Say(f"Reply {len(asked)}.", pause_s=0.01)

    server.script(say)
    return asked


def say(flow: Flow, **variables: object) -> Turn:
    return flow.start(variables={"topic": "tea", **variables}).say("Well")


def dropped(turn: Turn) -> str:
    (step,) = (step for step in turn.steps if isinstance(step, Judgement))
    return step.dropped


def test_a_reply_that_is_right_is_used(quick: Flow, server: ScriptedServer) -> None:
    asked = play(server, "stay")
    session = quick.start(variables={"topic": "tea"})
    turn = session.say("Well")
    assert asked == ["Ask tea."]
    assert (str(turn), dropped(turn), turn.lost_calls, len(turn.calls)) == ("Reply 1.", "", 0, 2)
    assert session.transcript[-1].content == "Reply 1."


def test_its_pieces_are_told_once_and_in_order(quick: Flow, server: ScriptedServer) -> None:
    import asyncio

    play(server, "stay")

    async def pieces() -> list[str]:
        session = quick.start(variables={"topic": "tea"})
        return [event.text async for event in session.astream("Well") if not isinstance(event, Turn)]

    assert "".join(asyncio.run(pieces())) == "Reply 1."


def test_a_reply_that_is_wrong_is_dropped_and_told(quick: Flow, server: ScriptedServer) -> None:
    asked = play(server, "they agree")
    session = quick.start(variables={"topic": "tea"})
    turn = session.say("Well")
    assert asked == ["Ask tea.", "Say more."]
    assert (str(turn), session.node, dropped(turn)) == ("Reply 2.", "more", "ask")
    assert turn.lost_calls == 1
    assert turn.cost.unpriced == turn.cost.calls == 3
    assert any("ask" in " ".join(row) and "speculative" in " ".join(row) for row in session.trace.rows())


def test_a_prompt_that_changed_meanwhile_is_asked_again(quick: Flow, server: ScriptedServer) -> None:
    def change() -> None:
        quick.node("ask").prompt = "Ask about milk."

    asked = play(server, "stay", change)
    turn = say(quick)
    assert asked[-1] == "Ask about milk."
    assert str(turn) == f"Reply {len(asked)}."


def test_nothing_is_begun_without_being_asked_for(quick: Flow, server: ScriptedServer) -> None:
    asked = play(server, "they agree")
    turn = quick.start(variables={"topic": "tea"}, latency="usual").say("Well")
    assert asked == ["Say more."]
    assert turn.lost_calls == 0


@pytest.mark.parametrize("kind", ["extraction", "action", "static"])
def test_nothing_is_begun_across_silent_nodes_or_for_a_sentence(
    kind: str, quick: Flow, server: ScriptedServer
) -> None:
    called = []
    if kind == "extraction":
        quick.extraction("then", city=str)
    elif kind == "action":
        quick.action("then", lambda: called.append(1))
    else:
        quick.conversation("then", "Goodbye.", static=True)
    quick.connect("ask", "then")
    if kind != "static":
        quick.connect("then", "more")

    def answer(request: dict[str, object]) -> Say:
        schema = request.get("response_format")
        if schema is None:
            return Say("Reply.")
        is_judge = schema["json_schema"]["name"] == "edges"  # type: ignore[index]
        return Say(json.dumps({"choice": "stay", "reason": "so"} if is_judge else {"city": None}))

    server.script(answer)
    turn = say(quick)
    assert turn.lost_calls == 0
    replies = [request for request in server.requests if "response_format" not in request]
    assert len(replies) == (0 if kind == "static" else 1)
    assert len(called) == (kind == "action")


def test_the_else_edge_says_which_node_is_likeliest(quick: Flow, server: ScriptedServer) -> None:
    quick.conversation("other", "Say other.")
    quick.connect("ask", "other")
    asked = play(server, "stay")
    turn = say(quick)
    assert asked == ["Say other."]
    assert (turn.node, turn.lost_calls) == ("other", 0)


def test_a_reply_that_fails_and_is_not_used_is_no_fault(quick: Flow, server: ScriptedServer) -> None:
    def answer(request: dict[str, object]) -> Say:
        if "response_format" in request:
            return Say(json.dumps({"choice": "they agree", "reason": "so"}), pause_s=0.02)
        if system_of(request) == "Ask tea.":
            return Say(status=400, body={"error": {"message": "no"}})
        return Say("More.")

    server.script(answer)
    turn = say(quick)
    assert (str(turn), turn.fault, turn.lost_calls) == ("More.", "", 0)


def test_a_fork_and_a_file_keep_the_choice(quick: Flow, tmp_path: Path) -> None:
    path = tmp_path / "q.flow.json"
    quick.save(path)
    again = Flow.load(path, name="again")
    assert again.latency == "speculative"
    made: dict[str, object] = {}
    (source,) = again.export("python").files.values()
    exec(compile(source, "made.py", "exec"), made)
    assert made["build"]("third", fresh=True).latency == "speculative"  # type: ignore[operator]
    with pytest.raises(ConfigError):
        quick.latency = "fast"  # type: ignore[assignment]
    with pytest.raises(ConfigError):
        quick.start(latency="fast")  # type: ignore[arg-type]
