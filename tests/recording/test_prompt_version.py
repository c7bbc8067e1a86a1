"""The words that the package itself adds to requests: a change makes every cassette miss, so it has a version."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from byok_widgets import Flow, ReplayMissError
from byok_widgets.cases.callers import prompts
from byok_widgets.nodes.prompt_version import PROMPT_VERSION
from tests.scripted_server import Say, ScriptedServer

PINNED = {1: "e38825512735382e2b91c180d67544c209d7de9bbae2930cf62d9365313b8799"}
"""The digest of the requests below, by the version of the words."""
CASES = [{"name": "Ana", "text": "Hello", "assertions": [{"judge": "Is it polite?"}]}]


def _asked_in_every_way(flow: Flow, server: ScriptedServer) -> None:
    """Read, repair, judge edges, judge outputs, and ask for an object in each weaker way."""
    refused = {"json_schema", "json_object"}

    def answer(request: dict[str, Any]) -> Say:
        shape = request.get("response_format", {}).get("type")
        if shape in refused:
            return Say(status=400, body={"error": {"message": f"response_format {shape} is not supported"}})
        if "polite" in request["messages"][-1]["content"]:
            return Say('{"reason": "yes", "holds": true}')
        if "Which is true?" in request["messages"][-1]["content"]:
            return Say('{"choice": "stay", "reason": "no"}')
        return Say('{"name": 5}' if "The fields:" in request["messages"][0]["content"] else "Hello.")

    server.script(answer)
    flow.global_prompt = "You are polite."
    flow.extraction("read", name=str, prompt="Read.", examples=[("I'm Bo", {"name": "Bo"})])
    flow.conversation("ask", "Ask.", start=True)
    flow.conversation("bye", "Bye.", static=True)
    flow.connect("ask", "bye", when="the caller says goodbye")
    flow.node("read").run("I am Ana")
    flow.start().say("Hi")
    flow.judge_model = "compatible:judge"
    flow.node("ask").compare(["compatible:one", "compatible:two"], CASES).wait()


def test_a_change_of_them_raises_their_version(flow: Flow, cassette: Path, server: ScriptedServer) -> None:
    """Where this fails, requests have changed: raise the version, add the digest, record the tutorials again."""
    with flow.record(cassette):
        _asked_in_every_way(flow, server)
    entries = [json.loads(line) for line in cassette.read_text(encoding="utf-8").splitlines()[1:]]
    assert {entry["own_words"] for entry in entries} == {PROMPT_VERSION}
    asked = sorted(json.dumps(entry["request"]) for entry in entries)
    assert len(set(asked)) > 8
    asked.append(prompts.VERSION)  # of simulated callers
    assert {PROMPT_VERSION: hashlib.sha256("\n".join(asked).encode()).hexdigest()} == {
        PROMPT_VERSION: PINNED[PROMPT_VERSION]
    }


def test_all_of_them_replay(flow: Flow, cassette: Path, server: ScriptedServer) -> None:
    with flow.record(cassette):
        _asked_in_every_way(flow, server)
    server.requests.clear()
    flow.replay(cassette)
    result = flow.node("ask").compare(["compatible:one", "compatible:two"], CASES)
    result.wait()
    assert [cell.output["judged"][0]["holds"] for _, _, cell, _ in result.results.items()] == [True, True]
    assert flow.node("read").run("I am Ana").reply.attempts > 1
    assert server.requests == []
    assert ReplayMissError("x").kind == "replay_miss"
