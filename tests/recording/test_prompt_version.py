"""The words that the package itself adds to requests: a change makes every cassette miss, so it has a version."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from byok_widgets import Caller, Flow, ReplayMissError
from byok_widgets.cases.callers import prompts
from byok_widgets.compare.tasks import judging
from byok_widgets.nodes.prompt_version import PROMPT_VERSION
from tests.scripted_server import Say, ScriptedServer

PINNED = {1: "5f29338e6e9f6861e706bfb98f2e62bcfc091ecc1d1f20ab22fe917becfa582c"}
"""The digest of the requests below, by the version of the words."""
CALLER = Caller("Bo", goal="a hello", facts={"name": "Bo"}, model="compatible:caller", max_turns=1, temper="calm")
CASES = [{"name": "Ana", "text": "Hello", "assertions": [{"judge": "Is it polite?"}]}]


def _asked_in_every_way(flow: Flow, server: ScriptedServer) -> None:
    """Read, repair, judge edges, judge outputs, ask for an object in each weaker way, and play a caller."""
    pytest.importorskip("scipy")  # simulated callers have statistics
    refused = {"json_schema", "json_object"}

    def answer(request: dict[str, Any]) -> Say:
        shape = request.get("response_format", {}).get("type")
        if shape in refused:
            return Say(status=400, body={"error": {"message": f"response_format {shape} is not supported"}})
        asked = " ".join(message["content"] for message in request["messages"])
        if "You play a person" in asked:
            return Say('{"say": "Hello.", "ended": false}')
        if "You check one side" in asked:
            return Say('{"goal_reached": true, "in_role": true, "invented": null}')
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
    assert flow.test([CALLER]).wait().validity.valid == 1


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


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (prompts, "what you say now"),
        (prompts, "whether it was always the caller"),
        (prompts, "only when you are asked"),
        (prompts, "It knows:"),
        (judging, "whether the answer is yes"),
        (judging, "The question:"),
    ],
)
def test_other_words_make_another_caller_or_judge(flow: Flow, module: ModuleType, words: str) -> None:
    """Else what they answered to other words would count as theirs."""
    flow.judge_model = "compatible:judge"
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    assert words in source
    made: list[str] = []
    for text in (source, source.replace(words, "something else")):
        names: dict[str, Any] = {"__name__": module.__name__}
        exec(compile(text, str(module.__file__), "exec"), names)
        made.append(names["VERSION"] if module is prompts else names["Judge"](flow.context).id)
    assert made[0] != made[1]
    assert made[0] == (prompts.VERSION if module is prompts else judging.Judge(flow.context).id)


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
