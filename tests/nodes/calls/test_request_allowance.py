"""However much an endpoint refuses, one answer takes five requests at most; only retries of faults come on top."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.errors import ByokError
from byok_widgets.providers.allowance import MAX_REQUESTS
from tests.fake_keys import fake_key
from tests.scripted_server import Say, ScriptedServer

PARAMETERS = ("stream_options", "temperature", "top_p", "seed", "stop")
SETTINGS = {"temperature": 0.2, "top_p": 0.9, "seed": 7, "stop": ["x"]}
SHAPES = ("json_schema", "tools", "json_object")
FITS, WRONG = json.dumps({"weekday": "Tue"}), json.dumps({"weekday": "Someday"})
_numbers = itertools.count()


class Picky:
    """An endpoint that refuses one thing after the other, and is rate-limited after each refusal if told so."""

    def __init__(self, refused: tuple[str, ...], said: str, *, is_limited: bool = False) -> None:
        self.refused, self.said, self.limited = refused, said, 0
        self._is_limited, self._limits_next = is_limited, False

    def __call__(self, request: dict[str, Any]) -> Say:
        if self._limits_next:
            self._limits_next, self.limited = False, self.limited + 1
            return Say(status=429, body={"error": {"message": "slow down"}})
        found = next((name for name in self.refused if _has(request, name)), "")
        if not found:
            return Say(self.said)
        self._limits_next = self._is_limited
        name = "tools" if found == "tools" else "response_format" if found in SHAPES else found
        error = {"message": f"Unsupported parameter: '{name}'", "param": name, "code": "unsupported_parameter"}
        return Say(status=400, body={"error": error})


def _has(request: dict[str, Any], name: str) -> bool:
    if name in ("json_schema", "json_object"):
        return (request.get("response_format") or {}).get("type") == name
    return name in request


@pytest.fixture
def picky_flow(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """A flow whose provider has four ways to ask for a shape, and a model that no other test has asked."""
    monkeypatch.setattr("byok_widgets.engine.retries._backoff_s", lambda _: 0.0)
    monkeypatch.setenv("SOME_KEY", fake_key())
    flow = Flow(f"picky {next(_numbers)}", fresh=True)
    flow.set_base_url("openai", server.base_url)
    flow.use_key("env:SOME_KEY", provider="openai")
    flow.model = f"openai:picky-{next(_numbers)}"
    return flow


@pytest.mark.parametrize("said", [FITS, WRONG, "no object"], ids=["fits", "does not fit", "no object"])
@pytest.mark.parametrize("shapes", range(4))
@pytest.mark.parametrize("parameters", range(6))
def test_an_extraction_sends_five_requests_at_most(
    picky_flow: Flow, server: ScriptedServer, parameters: int, shapes: int, said: str
) -> None:
    server.script(Picky((*PARAMETERS[:parameters], *SHAPES[:shapes]), said))
    node = picky_flow.extraction("data", weekday=["Mon", "Tue"], **{f"x_{next(_numbers)}": str})
    refusals = parameters + shapes
    attempts: int | None
    try:
        result = node.run("Tuesday", **SETTINGS)
    except ByokError as error:
        attempts, result = error.attempts, None
    else:
        attempts = result.reply.attempts
    assert attempts == len(server.requests) <= MAX_REQUESTS == 5
    assert len(server.requests) == min(5, refusals + (1 if said == FITS else 2))
    if refusals < 5:
        assert (result is not None) == (said != "no object")
    if said == WRONG and refusals == 4:
        assert "5 requests were sent already" in " ".join(result.reply.notices)


def test_what_was_learned_lets_the_next_call_succeed(picky_flow: Flow, server: ScriptedServer) -> None:
    node = picky_flow.extraction("data", weekday=["Mon", "Tue"])
    endpoint = Picky((*PARAMETERS[:3], *SHAPES), FITS)
    server.script(endpoint)
    with pytest.raises(ByokError):
        node.run("Tuesday", **SETTINGS)
    server.script(endpoint)
    assert node.run("Tuesday", **SETTINGS)["weekday"] == "Tue"
    assert len(server.requests) <= 5


@pytest.mark.parametrize("refusals", range(6))
def test_retries_do_not_repeat_what_was_refused(picky_flow: Flow, server: ScriptedServer, refusals: int) -> None:
    endpoint = Picky(PARAMETERS[:refusals], "Yes.", is_limited=True)
    server.script(endpoint)
    node = picky_flow.conversation("ask", "Be brief.")
    try:
        attempts = node.run("Hi", **SETTINGS).attempts
    except ByokError as error:
        attempts = error.attempts
    assert attempts == len(server.requests)
    assert len(server.requests) - endpoint.limited == min(5, refusals + 1)
