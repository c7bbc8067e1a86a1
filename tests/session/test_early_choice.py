"""The judge's choice is acted on as soon as it is complete, where that is safe; the reason follows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from byok_widgets import Flow
from byok_widgets.engine import ENGINE
from byok_widgets.engine.callbacks import Retraction
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.providers import register_provider, unregister_provider
from byok_widgets.session import Turn
from byok_widgets.session.early_choice import EarlyChoice, may_choose_early
from byok_widgets.session.steps import Judgement
from tests.scripted_server import Say, ScriptedServer
from tests.session.conftest import Script
from tests.session.enforcing import EnforcingProvider

OFFERED = ("they agree", "they agree (b)", 'say "yes"', "stay")


def read(*pieces: str) -> str | None:
    async def work() -> str | None:
        early = EarlyChoice(OFFERED)
        for piece in pieces:
            early.feed(piece)
        return early.made.result() if early.is_known else None

    return asyncio.run(work())


@pytest.mark.parametrize("choice", OFFERED)
@pytest.mark.parametrize("write", [json.dumps, lambda value: json.dumps(value, indent=2)])
def test_a_choice_is_known_with_its_last_quotation_mark_and_not_before(choice: str, write: object) -> None:
    text = write({"choice": choice, "reason": "so"})  # type: ignore[operator]
    end = text.index(json.dumps(choice)) + len(json.dumps(choice))
    assert read(*text[:end]) == choice
    assert read(*text[: end - 1]) is None


@pytest.mark.parametrize(
    "text",
    [
        'Well: {"choice": "stay"}',
        '```json\n{"choice": "stay"}',
        '[{"choice": "stay"}]',
        '{"reason": "x", "choice": "stay"}',
        '{"choice": "something else", "x": {"choice": "stay"}}',
        '{"choice": null, "choice": "stay"}',
        '{"choice": ["stay"]}',
        '{"choices": "stay"}',
        '<think>{"choice": "stay"}',
        '{"choice": "st\\u0061"}',
        '{"choice": "STAY"}',
    ],
)
def test_anything_else_is_waited_for(text: str) -> None:
    assert read(text) is None
    assert read(*text) is None


def test_what_is_taken_back_is_waited_for() -> None:
    assert read('{"choice": ', Retraction(), '{"choice": "stay"}') is None


@pytest.mark.parametrize(
    ("model", "early"),
    [
        ("local:smollm2-135m", True),
        ("local:/models/own.gguf", True),
        ("openai:gpt-6-luna", True),
        ("openrouter:openai/gpt-6-luna", False),
        ("compatible:gpt-6-luna", False),
        ("openai:unheard-of", False),
    ],
)
def test_only_where_the_schema_is_known_to_be_enforced(model: str, early: bool) -> None:
    flow = Flow("enforced", fresh=True)
    node = flow.conversation("ask", "Ask.", model=model)
    assert may_choose_early(node.resolve()) is early


# In a session


@pytest.fixture
def enforcing() -> Iterator[None]:
    register_provider(EnforcingProvider())
    yield
    unregister_provider("enforcing")


@pytest.fixture
def sure(enforcing: None, server: ScriptedServer, script: Script) -> Flow:
    """A flow with one prompt edge, on a model that enforces schemas."""
    flow = Flow("sure", fresh=True)
    flow.set_base_url("enforcing", server.base_url)
    flow.provider, flow.model = "enforcing", "sure-1"
    flow.conversation("ask", "Ask.")
    flow.conversation("more", "Say more.")
    flow.connect("ask", "more", when="they agree")
    return flow


def judge(server: ScriptedServer, answer: Say) -> list[int]:
    """Let the judge answer so; return how many requests had come when each reply was asked for."""
    asked: list[int] = []

    def say(request: dict[str, object]) -> Say:
        if "response_format" in request:
            return answer
        asked.append(len(server.requests))
        return Say("Fine.")

    server.script(say)
    return asked


def judged(turn: Turn) -> Judgement:
    (found,) = (step for step in turn.steps if isinstance(step, Judgement))
    return found


LONG = json.dumps({"choice": "they agree", "reason": "since they said that they would like that very much"})


def test_the_reply_begins_before_the_reason_ends(sure: Flow, server: ScriptedServer) -> None:
    judge(server, Say(LONG, pause_s=0.05))
    turn = sure.start().say("Yes")
    step = judged(turn)
    assert step.target == "more"
    assert step.reply is not None
    assert turn.time_to_first_token_s is not None
    assert turn.time_to_first_token_s < step.reply.latency_s
    assert turn.latency_s < step.reply.latency_s
    assert [verdict.reason for verdict in step.verdicts] == [json.loads(LONG)["reason"]]
    assert turn.lost_calls == 0
    assert len(turn.calls) == 2


def test_elsewhere_the_whole_answer_is_waited_for(flow: Flow, server: ScriptedServer) -> None:
    flow.conversation("ask", "Ask.")
    flow.conversation("more", "Say more.")
    flow.connect("ask", "more", when="they agree")
    judge(server, Say(LONG, pause_s=0.03))
    turn = flow.start().say("Yes")
    step = judged(turn)
    assert step.reply is not None
    assert turn.time_to_first_token_s is not None
    assert turn.time_to_first_token_s > step.reply.latency_s


@pytest.mark.parametrize(
    "answer",
    [
        Say(LONG[:60], finish=None, piece_chars=20),
        Say(LONG[:60], finish="length", piece_chars=20),
        Say(LONG[:40] + ' and so on"', finish="stop", piece_chars=20),
    ],
)
def test_a_reason_that_fails_is_missing_and_moves_nothing_back(
    answer: Say, sure: Flow, server: ScriptedServer
) -> None:
    asked = judge(server, answer)
    session = sure.start()
    turn = session.say("Yes")
    assert (session.node, judged(turn).target, f"{turn}") == ("more", "more", "Fine.")
    assert [verdict.reason for verdict in judged(turn).verdicts] == [""]
    assert len(asked) == 1
    assert len([request for request in server.requests if "response_format" in request]) == 1, (
        "nothing is repaired"
    )
    assert turn.lost_calls == 1
    assert not turn.fault


def test_a_reason_that_does_not_fit_is_not_asked_for_again(sure: Flow, server: ScriptedServer) -> None:
    judge(server, Say(json.dumps({"choice": "they agree", "reason": 7}), pause_s=0.02))
    turn = sure.start().say("Yes")
    assert judged(turn).target == "more"
    assert len(server.requests) == 2


def test_staying_is_acted_on_early_too(sure: Flow, server: ScriptedServer) -> None:
    judge(server, Say(LONG.replace("they agree", "stay"), pause_s=0.05))
    turn = sure.start().say("Hm")
    step = judged(turn)
    assert step.target is None
    assert step.reply is not None
    assert turn.time_to_first_token_s is not None
    assert turn.time_to_first_token_s < step.reply.latency_s


def test_a_turn_that_fails_after_the_choice_counts_the_judge(sure: Flow, server: ScriptedServer) -> None:
    def say(request: dict[str, object]) -> Say:
        refused = Say(status=401, body={"error": {"message": "no", "code": "invalid_api_key"}})
        return Say(LONG, pause_s=0.05) if "response_format" in request else refused

    server.script(say)
    session = sure.start()
    with pytest.raises(Exception, match="401"):
        session.say("Yes")
    (unfinished,) = session.unfinished
    assert unfinished.lost_calls == 1


def test_stopping_while_the_reason_is_awaited_loses_nothing(sure: Flow, server: ScriptedServer) -> None:
    judge(server, Say(LONG, pause_s=1.0))
    session, replied = sure.start(), asyncio.Event()

    async def work() -> None:
        turn = asyncio.ensure_future(session.prepare_turn("Yes")(lambda _: replied.set(), ignore))
        await replied.wait()
        await asyncio.sleep(1)  # the reply is short, and the reason takes many seconds
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn

    ENGINE.run(work())
    (turn,) = session.turns
    assert (str(turn), session.node, turn.fault) == ("Fine.", "more", "")
    assert turn.lost_calls == 1
    assert judged(turn).reply is None
