"""What an operator sees and does: spans, logs, access tokens, deletion."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import Flow, FlowError, MissingKeyError
from byok_widgets.cli import main
from tests.local_model import require_model
from tests.scripted_server import Say
from tests.serve.conftest import Served
from tests.serve.talking import Caller, user
from tests.session.conftest import Script


class _Span:
    def __init__(self, name: str, options: dict[str, Any]) -> None:
        self.name, self.options, self.ended_at = name, options, 0

    def is_recording(self) -> bool:
        return True

    def end(self, at: int) -> None:
        self.ended_at = at


def test_a_turn_is_a_span_with_one_for_each_call_and_no_word_of_it(
    served: Served, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = pytest.importorskip("opentelemetry.trace")
    spans: list[_Span] = []

    class Tracer:
        def start_span(self, name: str, **options: Any) -> _Span:
            spans.append(_Span(name, options))
            return spans[-1]

    monkeypatch.setattr(trace, "get_tracer_provider", object)
    monkeypatch.setattr(trace, "get_tracer", lambda _: Tracer())
    monkeypatch.setattr(trace, "set_span_in_context", lambda span, _=None: span)
    script.words = ["A secret word."]
    served.caller.ask([user("My secret")], user="u")
    assert [span.name.partition(" ")[0] for span in spans] == ["invoke_agent", "chat", "chat"]
    turn, *calls = spans
    assert {call.options["context"] for call in calls} == {turn}
    assert [call.options["attributes"]["gen_ai.usage.input_tokens"] for call in calls] == [7, 7]
    assert turn.options["start_time"] <= calls[0].options["start_time"] <= calls[1].ended_at
    assert "secret" not in str([span.options for span in spans])


def test_a_turn_is_one_line_of_json_without_a_word_of_it(
    served: Served, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    script.words = ["A secret word."]
    with caplog.at_level(logging.INFO, "byok_widgets.serve"):
        served.caller.ask([user("My secret")], user="u")
    (line,) = [record.getMessage() for record in caplog.records if record.name == "byok_widgets.serve"]
    data = json.loads(line)
    assert (data["node"], data["calls"], data["fallback"]) == ("ask", 2, "")
    assert "secret" not in line


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Say("You said: my secret."), "extraction"),  # of the judge, which has to write an object
        (Say(status=400, body={"error": {"message": "not allowed: my secret"}}), "bad_request"),
    ],
)
def test_a_failed_turn_is_logged_by_its_call_without_what_the_error_quotes(
    served: Served, script: Script, caplog: pytest.LogCaptureFixture, answer: Say, kind: str
) -> None:
    script.server.script(lambda _: answer)
    with caplog.at_level(logging.INFO, "byok_widgets.serve"):
        served.caller.ask([user("My secret")], user="u")
    (line,) = [record.getMessage() for record in caplog.records if record.name == "byok_widgets.serve"]
    data = json.loads(line)
    assert data["fallback"] == kind
    assert "compatible:scripted" in data["failed"]
    assert "secret" not in line


def test_tokens_are_made_listed_and_revoked_while_the_flow_is_served(
    served: Served, script: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.flow.json"
    path.write_text(json.dumps({"version": 1, "name": "tokens", "nodes": [], "edges": []}))
    command = ["serve", str(path), "--store", str(served.path)]
    assert main([*command, "--new-token", "phone"]) == 0
    token = capsys.readouterr().out.strip()
    phone = Caller(served.server.port, token)
    _until(lambda: phone.send("GET", "/v1/models").status == 200)
    assert main([*command, "--list-tokens"]) == 0
    listed = capsys.readouterr().out
    assert "phone" in listed
    assert token not in listed
    assert main([*command, "--revoke-token", "phone"]) == 0
    _until(lambda: phone.send("GET", "/v1/models").status == 401)
    assert served.caller.send("GET", "/v1/models").status == 200
    assert token.encode() not in Path(str(served.path)).read_bytes()


def test_a_conversation_is_deleted_by_its_id(
    served: Served, script: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    served.caller.ask([user("Forget me")], user="call 1")
    path = tmp_path / "x.flow.json"
    path.write_text(json.dumps({"version": 1, "name": "deleting", "nodes": [], "edges": []}))
    command = ["serve", str(path), "--store", str(served.path), "--delete-session"]
    assert main([*command, "call 1"]) == 0
    assert main([*command, "call 1"]) == 1
    assert not served.server.sessions()
    del capsys


def test_that_there_is_no_access_token_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.flow.json"
    path.write_text(json.dumps({"version": 1, "name": "no tokens", "nodes": [], "edges": []}))
    assert main(["serve", str(path), "--store", str(tmp_path / "calls.sqlite"), "--list-tokens"]) == 0
    assert capsys.readouterr().out.strip()


def test_a_conversation_is_looked_at_by_its_key_or_its_id(served: Served, script: Script) -> None:
    served.caller.ask([user("One")], user="call 1")
    (listed,) = served.server.sessions()
    for name in (listed, listed.key, "call 1"):
        assert [turn.text for turn in served.server.session(name).turns] == ["One"]
    with pytest.raises(FlowError, match="no such conversation is stored") as caught:
        served.server.session("nope")
    assert caught.value.kind == "serve_session"
    assert not served.server.delete("nope")
    assert served.server.delete("call 1")
    assert not served.server.sessions()


def test_a_store_whose_turns_lead_in_a_circle_stops_nobody(served: Served, script: Script) -> None:
    served.caller.ask([user("One")], user="u")
    with contextlib.closing(sqlite3.connect(str(served.path))) as base:
        base.execute("UPDATE turns SET parent = key")
        base.commit()
    assert len(served.server.session("u").turns) == 1


def _until(holds: Any, limit_s: float = 20.0) -> None:
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_what_runs_here_or_is_replayed_needs_no_key_and_no_address(
    flow: Flow, script: Script, tmp_path: Path
) -> None:
    with flow.record(tmp_path / "one.cassette"):
        flow.start().say("Hi")
    flow.model = f"local:{require_model()}"
    flow.serve().stop()
    flow.model = "openai:gpt-6-luna"
    with pytest.raises(MissingKeyError):
        flow.serve()
    flow.replay(tmp_path / "one.cassette")
    flow.serve().stop()


def test_a_fallback_model_without_a_key_is_refused_at_the_start(flow: Flow) -> None:
    with pytest.raises(MissingKeyError, match="No API key configured"):
        flow.serve(fallback_model="openai:gpt-6-luna")


def test_a_replayed_flow_calls_no_action_with_effects(tmp_path: Path) -> None:
    booked: list[str] = []
    flow = Flow("replayed calls", fresh=True)
    flow.conversation("ask", "Which day?", static=True, start=True)
    flow.action("book", lambda: booked.append("booked"), effects=True)
    flow.conversation("bye", "It is booked.", static=True, end=True)
    flow.connect("ask", "book")
    flow.connect("book", "bye")
    cassette = tmp_path / "one.cassette"
    cassette.write_text('{"cassette": 1, "recorder": "byok-widgets"}\n', encoding="utf-8")
    flow.replay(cassette)
    assert _outcome(flow) == ("action_replayed", "ask")
    assert booked == []
    flow.live()
    assert _outcome(flow) == ("", "bye")
    assert booked == ["booked"]


def _outcome(flow: Flow) -> tuple[str, str]:
    """Serve a flow to one caller; return what the turn failed with, and where the flow is."""
    served = Served(flow, None)
    try:
        served.caller.ask([user("Tuesday")], user="u")
        return served.reports[-1].fallback, served.reports[-1].node
    finally:
        served.server.stop()
