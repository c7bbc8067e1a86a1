"""The judge: one question for all prompt conditions, and its answer used as it is or rejected."""

from __future__ import annotations

import json
from typing import Any

import pytest

from byok_widgets import ByokError, ConfigError, ExtractionError, Flow, MissingKeyError, ProviderError
from tests.providers.fault_server import FaultServer, says
from tests.scripted_server import Say
from tests.session.conftest import Script


def offered(request: dict[str, Any]) -> list[str]:
    choices = request["response_format"]["json_schema"]["schema"]["properties"]["choice"]["enum"]
    return [choice for choice in choices if choice is not None]


def between(flow: Flow, *conditions: tuple[str, str]) -> Flow:
    """A node `ask` with an edge to each of some static nodes."""
    flow.conversation("ask", "Ask.")
    for target, condition in conditions:
        flow.conversation(target, f"This is {target}.", static=True)
        flow.connect("ask", target, when=condition)
    return flow


@pytest.mark.parametrize(
    "conditions",
    [
        [("a", "they agree"), ("b", "they agree"), ("c", "they agree")],
        [("a", "They agree"), ("b", "they  agree"), ("c", "THEY\nAGREE")],
        [("c", "they agree (b)"), ("a", "they agree"), ("b", "they agree")],
        [("a", "stay"), ("b", "STAY"), ("stay", "stay")],
        [("a", "stay (b)"), ("b", "stay"), ("c", "stay (b)")],
        [("a", "null"), ("b", "unknown"), ("c", "N/A")],
        [("a", 'say "yes"\nor {"choice": 1}'), ("b", "- stay (none of these is true yet)"), ("c", "👩‍💻 日本")],
        [("a", "x" * 300), ("b", "x" * 299 + "y"), ("c", "x" * 299)],
    ],
)
def test_each_condition_can_be_chosen_whatever_its_words(
    flow: Flow, script: Script, conditions: list[tuple[str, str]]
) -> None:
    between(flow, *conditions)
    s = flow.start()
    for number, (target, condition) in enumerate(conditions, 1):
        script.choices = [str(number)]
        turn = s.fork(0).say("Well")
        assert turn.moves == (("ask", target),)
        held = [verdict for verdict in turn.steps[0].verdicts if verdict.verdict == "holds"]
        assert [(verdict.target, verdict.condition) for verdict in held] == [(target, condition.strip())]
    script.choices = ["stay"]
    assert s.say("Well").moves == ()
    choices = offered(script.judged[0])
    assert len({choice.casefold() for choice in choices}) == len(conditions) + 1
    assert choices[-1] == "stay"
    question = script.judged[0]["messages"][-1]["content"]
    assert not [choice for choice in choices if "\n" in choice or "  " in choice]
    for choice in choices[:-1]:
        assert f"\n- {choice}\n" in question, "each is one line"


def test_known_values_are_part_of_the_question(flow: Flow, script: Script) -> None:
    between(flow, ("a", "they agree"))
    letters = set("abcdefghij")
    s = flow.start(variables={"name": "Ana", "vip": None, "people": 0, "letters": letters})
    s.say("Hello\nthere")
    system, user = (message["content"] for message in script.judged[0]["messages"])
    assert "watch a conversation" in system
    assert "The dialogue:\nuser: Hello\nthere\n\nKnown: name = 'Ana', people = 0, letters = (a, b, " in user
    assert "i and j)\n\nWhich is true?" in user, "a set is the same each time, for a replay"


def answering(script: Script, *answers: str) -> None:
    waiting = list(answers)

    def answer(request: dict[str, Any]) -> Say:
        if "response_format" in request:
            return Say(waiting.pop(0) if len(waiting) > 1 else waiting[0])
        return script._answer(request)

    script.server.script(answer)


@pytest.mark.parametrize("choice", ["nonsense", "they agree, clearly", 5, ["they agree"]])
def test_an_invalid_choice_is_asked_for_again_and_then_an_error(
    flow: Flow, script: Script, choice: object
) -> None:
    between(flow, ("a", "they agree"))
    answering(script, json.dumps({"choice": choice, "reason": "so"}))
    s = flow.start()
    with pytest.raises(ExtractionError) as caught:
        s.say("Yes")
    assert caught.value.raw_text == json.dumps({"choice": choice, "reason": "so"})
    assert "judge_model" in caught.value.fix
    assert "node 'ask'" in caught.value.where
    assert (s.turns, len(script.judged), len(script.spoken)) == ((), 2, 0)
    assert str(s.cost) == "not priced", "its usage is not lost"


def test_the_second_answer_is_used_if_the_first_was_invalid(flow: Flow, script: Script) -> None:
    between(flow, ("a", "they agree"))
    good = json.dumps({"choice": "they agree", "reason": "so"})
    answering(script, json.dumps({"choice": "perhaps", "reason": "so"}), good)
    turn = flow.start().say("Yes")
    assert turn.moves == (("ask", "a"),)
    assert turn.usage.input_tokens == 14, "both answers are counted"


@pytest.mark.parametrize(
    ("answer", "moves"),
    [
        ({"choice": "They Agree", "reason": "so"}, True),
        ({"choice": "they agree", "reason": None}, True),
        ({"choice": "they agree"}, True),
        ({"choice": None, "reason": "so"}, False),
        ({"reason": "so"}, False),
        ({"choice": "stay", "reason": 'he said "no"\n\\ and left'}, False),
        ({"choice": "stay", "reason": "x" * 500}, False),
    ],
)
def test_answers_that_can_be_understood(flow: Flow, script: Script, answer: dict[str, Any], moves: bool) -> None:
    between(flow, ("a", "they agree"))
    answering(script, json.dumps(answer))
    turn = flow.start().say("Hm")
    assert bool(turn.moves) is moves
    assert len(script.judged) == 1, "no need to ask again"
    assert len(turn.steps[0].verdicts[0].reason) <= 120
    assert "\n" not in turn.steps[0].verdicts[0].reason


@pytest.mark.parametrize("answer", ["", "no JSON at all", "[]"])
def test_an_answer_that_is_not_an_object_is_an_error(flow: Flow, script: Script, answer: str) -> None:
    between(flow, ("a", "they agree"))
    answering(script, answer)
    with pytest.raises(ByokError):
        flow.start().say("Yes")
    assert not script.spoken


def test_the_trace_does_not_repeat_the_dialogue_for_each_turn(flow: Flow, script: Script) -> None:
    between(flow, ("a", "they agree"))
    s = flow.start()
    for _ in range(3):
        s.say("Hello")
    assert [turn.steps[0].reply.transcript for turn in s.turns] == [(), (), ()]


def test_a_judge_without_a_key_is_reported_before_anything_is_said(flow: Flow, script: Script) -> None:
    between(flow, ("a", "they agree"))
    flow.judge_model = "openai:gpt-6-luna"
    s = flow.start()
    with pytest.raises(MissingKeyError):
        s.say("Yes")
    assert (s.turns, script.server.requests) == ((), [])
    assert (str(s.cost), s.usage.input_tokens) == ("free", 0)


def test_the_judge_has_no_limit_of_tokens_unless_one_is_set(flow: Flow, script: Script) -> None:
    between(flow, ("a", "they agree"))
    flow.start().say("Yes")
    assert "max_tokens" not in script.judged[0]
    flow.judge_max_tokens = 900
    flow.start().say("Yes")
    assert script.judged[-1]["max_tokens"] == 900


@pytest.mark.parametrize(("limit", "proposed"), [(None, 16_000), (900, 3600)])
def test_a_verdict_that_is_cut_off_says_that_judging_failed_and_what_to_set(
    flow: Flow, script: Script, limit: int | None, proposed: int
) -> None:
    between(flow, ("a", "they agree"))
    flow.judge_max_tokens = limit
    script.server.script(Say("", finish="length"))
    with pytest.raises(ExtractionError) as caught:
        flow.start().say("Yes")
    assert "could not be judged" in caught.value.problem
    assert f"flow.judge_max_tokens = {proposed}" in caught.value.fix
    assert "node 'ask'" in caught.value.where


AFFORDS = "This request requires more credits, or fewer max_tokens. You can only afford 120"
TOO_LARGE = "max_tokens is too large: 900. This model supports at most 400 completion tokens"
TOO_LONG = "maximum context length is 400 tokens, you requested 900 in the completion"


@pytest.mark.parametrize(
    ("status", "error", "kind", "advice"),
    [
        (402, {"message": AFFORDS}, "quota", "Set flow.judge_max_tokens to 120 or less"),
        (400, {"message": TOO_LARGE, "param": "max_tokens"}, "setting", "flow.judge_max_tokens"),
        (400, {"message": TOO_LONG}, "context_length", "lower flow.judge_max_tokens"),
        (500, {"message": "failed to parse grammar"}, "bad_request", "flow.judge_model"),
    ],
)
def test_a_call_of_the_judge_that_failed_says_so_and_what_to_set(
    flow: Flow, status: int, error: dict[str, Any], kind: str, advice: str
) -> None:
    server = FaultServer()
    between(flow, ("a", "they agree"))
    flow.set_base_url("compatible", f"{server.url}/v1")
    flow.model, flow.judge_max_tokens = "compatible:judge", 900
    server.script(says({"error": error}, status))
    with pytest.raises(ProviderError) as caught:
        flow.start().say("Yes")
    server.close()
    assert caught.value.kind == kind
    assert "could not be judged" in caught.value.problem
    assert advice in caught.value.fix


@pytest.mark.parametrize("limit", [0, -1, "many", 2.5, True])
def test_the_judges_limit_is_a_count(flow: Flow, limit: Any) -> None:
    with pytest.raises(ConfigError, match="judge: max_tokens must be a whole number"):
        flow.judge_max_tokens = limit
