"""Questions that a model judges: asked once for each output, kept with it, and never by a cheaper way out."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.cases.case import Case
from byok_widgets.providers import PROVIDERS
from tests.compare.flows import compatible_flow
from tests.fake_keys import fake_key
from tests.scripted_server import Say, ScriptedServer
from tests.widgets.wire import eventually

MODELS = ["compatible:kind", "compatible:rude"]
CASES = [
    {"name": f"c{number}", "text": f"Hello {number}", "assertions": [{"judge": "Is it polite?"}]}
    for number in range(3)
]


def answer(request: dict) -> Say:
    if request["model"].startswith("judge"):
        asked = request["messages"][-1]["content"]
        return Say(json.dumps({"reason": "it says please", "holds": "please" in asked.lower()}))
    return Say("Tell me the day, please." if request["model"] == "kind" else "Which day?")


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    flow = compatible_flow(server, MODELS[0])
    flow.judge_model = "compatible:judge"
    flow.conversation("ask", "Ask for the day.")
    server.script(answer)
    return flow


def asked(server: ScriptedServer, model: str) -> int:
    return sum(request["model"] == model for request in server.requests)


def test_a_judge_scores_outputs_and_is_asked_once(flow: Flow, server: ScriptedServer) -> None:
    result = flow.node("ask").compare(MODELS, CASES)
    means = [result.results.scores_of(variant) for variant in result.variants]
    assert means == [{"c0": [1.0], "c1": [1.0], "c2": [1.0]}, {"c0": [0.0], "c1": [0.0], "c2": [0.0]}]
    assert asked(server, "judge") == 6
    flow.node("ask").compare(MODELS, CASES).rescore("all")
    assert asked(server, "judge") == 6
    assert len(server.requests) == 12


def test_another_judge_is_asked_afresh_and_the_answers_are_not_paid_again(
    flow: Flow, server: ScriptedServer
) -> None:
    flow.node("ask").compare(MODELS, CASES)
    flow.judge_model = "compatible:judge-2"
    flow.node("ask").compare(MODELS, CASES)
    assert asked(server, "judge-2") == 6
    assert asked(server, "kind") == 3


def test_another_judge_marks_verdicts_stale_and_ends_no_run_of_the_first_one(
    flow: Flow, server: ScriptedServer
) -> None:
    result = flow.node("ask").compare(MODELS, CASES, max_calls=6)
    before = len(server.requests)
    assert not result.is_stale
    flow.judge_model = "compatible:judge-2"
    assert result.outdated == ["the judge"]
    assert "The judge was changed since" in repr(result)
    with pytest.raises(ConfigError) as caught:
        result.resume(max_calls=100)
    assert caught.value.kind == "flow_changed"
    assert len(server.requests) == before
    flow.judge_model = "compatible:judge"
    assert not result.is_stale


def test_what_another_judge_said_does_not_count_and_is_kept(flow: Flow, server: ScriptedServer) -> None:
    flow.node("ask").compare(MODELS, CASES)
    flow.judge_model = "compatible:judge-2"
    fault = Say(status=401, body={"error": {"message": "no"}})
    server.script(lambda request: fault if request["model"] == "judge-2" else answer(request))
    result = flow.node("ask").compare(MODELS, CASES)
    assert [result.results.scores_of(variant) for variant in result.variants] == [{}, {}]
    flow.judge_model = "compatible:judge"
    server.script(answer)
    again = flow.node("ask").compare(MODELS, CASES)
    assert again.results.scores_of(again.variants[0]) == {"c0": [1.0], "c1": [1.0], "c2": [1.0]}
    assert server.requests == []


def test_the_same_judge_at_another_address_is_another_one(flow: Flow, server: ScriptedServer) -> None:
    flow.judge_model = "openai:judge"
    flow.set_base_url("openai", server.base_url)
    destination = PROVIDERS["openai"].key_destination(PROVIDERS["openai"].address(server.base_url))
    flow.key_store.save("openai", destination, fake_key("openai"), backend="session")
    flow.node("ask").compare(MODELS, CASES)
    assert asked(server, "judge") == 6
    moved = server.base_url.replace("127.0.0.1", "localhost")
    flow.set_base_url("openai", moved)
    destination = PROVIDERS["openai"].key_destination(PROVIDERS["openai"].address(moved))
    flow.key_store.save("openai", destination, fake_key("openai"), backend="session")
    flow.node("ask").compare(MODELS, CASES)
    assert (asked(server, "judge"), asked(server, "kind")) == (12, 3)


def test_a_judge_that_fails_leaves_the_score_missing_and_is_told(flow: Flow, server: ScriptedServer) -> None:
    fault = Say(status=401, body={"error": {"message": "no"}})
    server.script(lambda request: fault if request["model"] == "judge" else answer(request))
    result = flow.node("ask").compare(MODELS, CASES)
    assert result.results.scores_of(result.variants[0]) == {}
    assert [cell.status for _, _, cell, _ in result.results.items()] == ["done"] * 6
    assert "6 questions" in repr(result)
    server.script(answer)
    assert result.resume().results.scores_of(result.variants[0]) == {"c0": [1.0], "c1": [1.0], "c2": [1.0]}
    assert asked(server, "kind") == 0, "its answers were there"


def test_questions_without_a_judge_are_refused(flow: Flow, server: ScriptedServer) -> None:
    flow.judge_model = None
    with pytest.raises(ConfigError) as caught:
        flow.node("ask").compare(MODELS, CASES)
    assert caught.value.kind == "judge"
    assert server.requests == []


def test_judging_counts_towards_the_most_calls(flow: Flow, server: ScriptedServer) -> None:
    result = flow.node("ask").compare(MODELS, CASES, max_calls=5)
    assert len(server.requests) <= 5
    assert result.stopped_for == "budget"


def test_questions_that_were_not_asked_for_want_of_calls_are_told(flow: Flow, server: ScriptedServer) -> None:
    texts = [{"name": case["name"], "text": case["text"], "contains": "day"} for case in CASES]
    flow.node("ask").compare(MODELS, texts)
    result = flow.node("ask").compare(MODELS, CASES, max_calls=2)
    assert result.complete
    assert len(result.results.unscored) == 4
    assert result.results.unscored[0] in repr(result)
    assert result.resume(max_calls=20).results.unscored == []
    assert asked(server, "judge") == 6


def test_stopping_while_a_judge_answers_keeps_what_is_paid_and_tells_what_was_given_up(
    flow: Flow, server: ScriptedServer, tmp_path: Path
) -> None:
    go_on = threading.Event()

    def slow(request: dict) -> Say:
        if request["model"] == "rude" or "The second?" in request["messages"][-1]["content"]:
            go_on.wait(60)
        return answer(request)

    server.script(slow)
    questions = [{"judge": "The first?"}, {"judge": "The second?"}]
    case = {"name": "c", "text": "Hello", "assertions": questions}
    compared = flow.node("ask").compare(MODELS, [case], store=tmp_path / "cells.sqlite", wait=False)
    eventually(lambda: (asked(server, "judge"), asked(server, "rude")) == (2, 1))
    compared.stop()
    compared.wait()
    go_on.set()
    (shown,) = [cell for _, _, cell, _ in compared.results.items()]
    assert [entry["question"] for entry in shown.output["judged"]] == ["The first?"]
    assert (compared.stopped_for, compared.given_up) == ("stopped", 1)
    assert str(compared.spent) in repr(compared)
    server.script(answer)
    again = flow.node("ask").compare(MODELS, [case], store=tmp_path / "cells.sqlite")
    assert (asked(server, "kind"), asked(server, "rude"), asked(server, "judge")) == (0, 1, 3)
    assert again.complete
    server.script(answer)
    assert compared.resume().complete
    assert (asked(server, "kind"), asked(server, "judge")) == (0, 1), "the other has run what this one lacked"


def test_stopping_while_a_metric_runs_keeps_the_answer(flow: Flow, server: ScriptedServer) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(case: Case, output: Mapping[str, Any]) -> float:
        begun.set()
        go_on.wait(60)
        return 1.0

    compared = flow.node("ask").compare(MODELS, [{"name": "c", "text": "Hello"}], metric=slow, wait=False)
    assert begun.wait(60)
    eventually(lambda: compared.spent.calls == 2)
    compared.stop()
    compared.wait()
    go_on.set()
    assert len(compared.results) == 2
    assert "stopped before" in repr(compared)
    server.script(answer)
    assert compared.resume().complete
    assert compared.results.scores_of(compared.variants[0]) == {"c": [1.0]}
    assert server.requests == []
