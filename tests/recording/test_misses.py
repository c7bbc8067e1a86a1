"""A call that was not recorded: what is said, and the ways on."""

from __future__ import annotations

import ast
import json
import time
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow, ReplayMissError, lane
from byok_widgets.nodes import prompt_version
from byok_widgets.recording import entries, misses
from byok_widgets.recording.costs import Contents
from byok_widgets.usage import CostTotal, Usage
from tests.recording.conftest import made
from tests.scripted_server import Say, ScriptedServer


@pytest.fixture
def recorded(flow: Flow, cassette: Path, server: ScriptedServer) -> Flow:
    """A flow with two nodes and three recorded calls, which replays now; the provider is gone."""
    flow.conversation("ask", "Ask for the weekday. Be brief.")
    flow.conversation("other", "Something else.")
    with flow.record(cassette):
        flow.node("ask").run("Tuesday, please")
        flow.node("other").run("Wednesday, please")
        with lane("Ana"):
            flow.node("ask").run("Hello from Ana")
    server.requests.clear()
    flow.replay(cassette)
    return flow


def missed(flow: Flow, *said: str, **settings: Any) -> ReplayMissError:
    with pytest.raises(ReplayMissError) as raised:
        flow.node("ask").run(*said, **settings)
    return raised.value


def test_it_names_node_case_and_the_words_that_changed(recorded: Flow, server: ScriptedServer) -> None:
    error = missed(recorded, "Wednesday, please")
    assert (error.kind, error.case, error.repeat) == ("replay_miss", "", 0)
    assert error.changes == (("message 1 (user)", "Tuesday", "Wednesday"),)
    assert "'ask'" in error.where
    with lane("Ben", repeat=2):
        other = missed(recorded, "Hello from Ben")
    assert (other.case, other.repeat) == ("Ben", 2)
    assert "'Ben'" in str(other)
    assert other.changes == (("message 1 (user)", "Ana", "Ben"),)
    assert server.requests == []


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"temperature": 0.5}, [("setting temperature", "", "0.5")]),
        ({"max_tokens": 7}, [("setting max_tokens", "", "7")]),
        ({"model": "compatible:scripted-mini"}, [("model", "compatible:scripted", "compatible:scripted-mini")]),
        (
            {"history": [("user", "Hi"), ("assistant", "Yes?")]},
            [("message 1 (user)", "", "Hi"), ("message 2 (assistant)", "", "Yes?")],
        ),
    ],
)
def test_whatever_changed_is_shown_and_nothing_else(
    recorded: Flow, change: dict[str, Any], shown: list[tuple[str, str, str]]
) -> None:
    assert list(missed(recorded, "Tuesday, please", **change).changes) == shown


def test_the_name_of_a_cassette_stays_a_text_in_the_line_that_is_offered(flow: Flow, tmp_path: Path) -> None:
    name = 'a"+open("x","w").name+".cassette'
    flow.conversation("ask", "Be brief.")
    with flow.record(tmp_path / name):
        flow.node("ask").run("Hi")
    flow.replay(tmp_path / name)
    line = missed(flow, "Hello").fix.partition("Otherwise: ")[2].partition(" asks the model")[0]
    (call,) = [node for node in ast.walk(ast.parse(line)) if isinstance(node, ast.Call)]
    assert [ast.literal_eval(given) for given in call.args] == [name]


def test_one_word_of_a_long_text_is_shown_alone(flow: Flow, cassette: Path) -> None:
    book = "".join(f"Line {number} of a long price list\n" for number in range(3_000))
    flow.conversation("ask", "Be brief.")
    with flow.record(cassette):
        flow.node("ask").run(book)
    flow.replay(cassette)
    before = time.process_time()
    error = missed(flow, book.replace("Line 1500 of", "Row 1500 of"))
    assert error.changes == (("message 1 (user)", "Line", "Row"),)
    assert time.process_time() - before < 5, "minutes where all words are compared with all"
    assert len(missed(flow, "word " * 30_000).problem) < 1_000


def test_a_changed_prompt_is_shown(recorded: Flow) -> None:
    recorded.node("ask").prompt = "Ask for the month. Be brief."
    assert missed(recorded, "Tuesday, please").changes == (("instructions", "weekday", "month"),)


@pytest.mark.parametrize(
    ("before", "now"), [("Zo\u00eb", "Zoe\u0308"), ("one\ntwo", "one\r\ntwo"), ("a b", "a\u00a0b")]
)
def test_characters_that_look_alike_are_shown_as_what_they_are(
    flow: Flow, cassette: Path, before: str, now: str
) -> None:
    flow.conversation("ask", "Be brief.")
    with flow.record(cassette):
        flow.node("ask").run(before)
    flow.replay(cassette)
    (change,) = missed(flow, now).changes
    assert change.recorded != change.now
    assert (change.recorded + change.now).isascii()


def test_another_lane_alone_is_named(recorded: Flow) -> None:
    with lane("Ben"):
        error = missed(recorded, "Hello from Ana")
    assert error.changes == ()
    assert "case 'Ana'" in error.problem


def test_another_repeat_alone_is_named(recorded: Flow) -> None:
    with lane(repeat=3):
        error = missed(recorded, "Tuesday, please")
    assert error.changes == ()
    assert error.problem.endswith("was recorded outside of cases and repeats.")


def test_a_node_that_was_never_recorded_says_so(recorded: Flow) -> None:
    recorded.conversation("new", "New.")
    with pytest.raises(ReplayMissError) as raised:
        recorded.node("new").run("Hi")
    assert raised.value.changes == ()


def test_missing_calls_are_recorded_on_demand(recorded: Flow, cassette: Path, server: ScriptedServer) -> None:
    recorded.replay(cassette, missing="record")
    assert recorded.node("ask").run("Tuesday, please").origin == "replay"
    assert recorded.node("ask").run("Friday, please").origin == "live"
    recorded.replay(cassette)
    assert recorded.node("ask").run("Friday, please").origin == "replay"
    assert len(server.requests) == 1


def test_the_nearest_answer_is_given_on_demand_and_says_so(
    flow: Flow, cassette: Path, server: ScriptedServer
) -> None:
    server.script("on Tuesday", "at ten")
    ask = flow.conversation("ask", "Be brief.")
    with flow.record(cassette):
        ask.run("Which day?")
        ask.run("At what time shall I come?")
    server.requests.clear()
    flow.replay(cassette, missing="nearest")
    reply = ask.run("At what time should I come?")
    assert (reply.text, reply.origin) == ("at ten", "replay")
    assert any("not recorded" in notice and "should" in notice for notice in reply.notices)
    assert "not recorded" in reply.summary
    assert server.requests == []


def test_it_goes_live_only_on_demand(recorded: Flow, cassette: Path, server: ScriptedServer) -> None:
    recorded.replay(cassette, missing="live")
    assert recorded.node("ask").run("Friday, please").origin == "live"
    before = cassette.read_bytes()
    assert recorded.node("ask").run("Tuesday, please").origin == "replay"
    recorded.live()
    assert recorded.node("ask").run("Tuesday, please").origin == "live"
    assert cassette.read_bytes() == before
    with pytest.raises(ConfigError):
        recorded.replay(cassette, missing="guess")  # type: ignore[arg-type]


def test_blocks_end_where_they_began(recorded: Flow, cassette: Path) -> None:
    outer = recorded.replay(cassette)
    with recorded.record(cassette.with_name("other.cassette")):
        assert recorded.node("ask").run("Tuesday, please").origin == "live"
    assert recorded.node("ask").run("Tuesday, please").origin == "replay"
    assert outer.is_active


def test_a_change_of_our_own_words_is_a_miss_of_its_own(recorded: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(misses, "PROMPT_VERSION", prompt_version.PROMPT_VERSION + 1)
    error = missed(recorded, "Wednesday, please")
    assert error.kind == "replay_words_changed"
    assert error.changes == (("message 1 (user)", "Tuesday", "Wednesday"),)
    assert "is now “Wednesday”" in error.problem
    assert missed(recorded, "Tuesday, please", temperature=0.5).kind == "replay_miss", "no word of ours"
    with lane("Ben"):
        assert missed(recorded, "Hello from Ana").kind == "replay_miss", "the lane alone is another"


def test_an_entry_that_was_edited_badly_is_named(recorded: Flow, cassette: Path) -> None:
    lines = cassette.read_text(encoding="utf-8").splitlines()
    edited = {**json.loads(lines[1]), "answer": {"text": "no finish reason"}}
    cassette.write_text("\n".join([lines[0], json.dumps(edited), ""]), encoding="utf-8")
    recorded.replay(cassette)
    with pytest.raises(ConfigError) as raised:
        recorded.node("ask").run("Tuesday, please")
    assert raised.value.kind == "cassette"


def test_an_answer_may_be_edited(recorded: Flow, cassette: Path) -> None:
    content = cassette.read_text(encoding="utf-8").replace('"Hello."', '"Grüß Gott. 🦷"', 1)
    cassette.write_text(content, encoding="utf-8")
    recorded.replay(cassette)
    assert recorded.node("ask").run("Tuesday, please").text == "Grüß Gott. 🦷"


def test_half_a_character_does_not_end_the_recording(flow: Flow, cassette: Path, server: ScriptedServer) -> None:
    server.script("Said \ud83d.")
    flow.conversation("ask", "Be brief.")
    with flow.record(cassette) as recording:
        recorded = flow.node("ask").run("Half: \ud83d")
    assert recording.problem == ""
    with flow.replay(cassette):
        assert flow.node("ask").run("Half: \ud83d").text == recorded.text


def test_an_old_price_stays_and_the_handle_says_what_live_costs(recorded: Flow, cassette: Path) -> None:
    replay = recorded.replay(cassette)
    assert replay.contents.calls == 3
    assert replay.contents.models == ("compatible:scripted",)
    assert replay.contents.usage.input_tokens == 21
    assert replay.contents.live
    assert all(cost.usd for cost in replay.contents.live.values())
    assert next(iter(replay.contents.live)) in repr(replay)
    assert repr(replay).startswith("REPLAY · lesson.cassette")


def test_many_small_calls_are_not_priced_as_a_large_one() -> None:
    one, many = (
        Contents(calls, ("local:m",), (), CostTotal(), Usage(calls * 10_007, calls * 11)) for calls in (1, 60)
    )
    assert one.live
    assert {ref: cost.usd for ref, cost in many.live.items()} == {
        ref: 60 * (cost.usd or 0) for ref, cost in one.live.items()
    }


def test_a_schema_differs_by_no_point_zero(flow: Flow, cassette: Path, server: ScriptedServer) -> None:
    """One version of pydantic writes a bound as 0.0, another one as 0."""
    server.script(Say('{"people": 2}'))
    shape = {"type": "object", "properties": {"people": {"type": "integer", "minimum": 0.0}}}
    flow.extraction("read", shape)
    with flow.record(cassette):
        flow.node("read").run("We are two")
    again = made(server)
    again.extraction("read", {"type": "object", "properties": {"people": {"type": "integer", "minimum": 0}}})
    with again.replay(cassette):
        assert again.node("read").run("We are two").values == {"people": 2}
    assert entries.PROMPT_VERSION == prompt_version.PROMPT_VERSION
