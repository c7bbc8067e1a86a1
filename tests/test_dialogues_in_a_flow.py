"""Real callers talk to a booking flow on both local models, turn by turn: whatever the model says, the rules hold.

The dialogues are no part of the project; where their folder is absent the test is skipped.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from byok_widgets import ByokError, Flow, Reply, Session, Turn
from byok_widgets.session import Judgement, Visit
from tests.local_model import require_model
from tests.test_dialogues import CASES, _cases, _schema

pytestmark = [
    pytest.mark.slow,
    pytest.mark.model,
    pytest.mark.timeout(4 * 3600),
    pytest.mark.skipif(not CASES.is_file(), reason="the dialogues are not beside the project"),
]


def _flow(domain: str, model: str) -> Flow:
    flow = Flow(f"{domain} on {model}")
    flow.model = f"local:{model}"
    flow.conversation("ask", "You take bookings by phone. Ask for what is missing in one sentence.", max_tokens=24)
    flow.extraction("data", _schema(domain), window=8, max_tokens=256)
    flow.conversation("confirm", "Confirm what the caller said in one short sentence.", max_tokens=24)
    flow.conversation("bye", "Thank you for calling.", static=True)
    slot = next(iter(_schema(domain)["properties"]))
    flow.connect("ask", "data")
    flow.connect("data", "confirm", if_=f"{slot} is not None")
    flow.connect("data", "ask")
    flow.connect("confirm", "bye", when="the caller says goodbye")
    flow.connect("confirm", "data")
    flow.connect("bye", "data")
    assert not flow.check().errors
    return flow


def _check_turn(turn: Turn, said: str, schema: dict[str, Any], session: Session) -> None:
    spoken = [step for step in turn.steps if isinstance(step, Visit) and isinstance(step.result, Reply)]
    assert len(spoken) == 1, "one reply a turn"
    assert [message.content for message in turn.messages] == [said, spoken[0].result.text], "no lost text"
    known = {name: value for name, value in session.variables.items() if name in schema["properties"]}
    jsonschema.validate(known, schema)
    for step in turn.steps:
        if isinstance(step, Judgement):
            assert step.verdicts
            assert (step.target is not None) == any(verdict.verdict == "holds" for verdict in step.verdicts)
            asked = any(
                verdict.kind == "prompt" and verdict.verdict != "not looked at" for verdict in step.verdicts
            )
            assert asked == (step.reply is not None)
    for reply in turn.calls:
        assert reply.usage.input_tokens > 0
        assert reply.latency_s > 0
    assert session.explain()


@pytest.mark.parametrize("domain", sorted({case["domain"] for case in _cases()}) if CASES.is_file() else [])
@pytest.mark.parametrize("model", ["smollm2-135m", "qwen2.5-coder-0.5b"])
def test_real_callers_keep_the_rules(
    model: str, domain: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    require_model(model)
    cases = [case for case in _cases() if case["domain"] == domain]
    flow, schema = _flow(domain, model), _schema(domain)
    turns, errors = 0, []
    for case in cases:
        session = flow.start()
        heard = []
        for text in (turn["content"] for turn in case["turns"] if turn["role"] == "user"):
            before = session.transcript
            try:
                turn = session.say(text)
            except ByokError as error:
                errors.append(f"{error.kind}: {error.problem}")
                assert session.transcript == before, "a turn that fails leaves the session as it was"
                continue
            turns += 1
            heard.append(text)
            _check_turn(turn, text, schema, session)
        assert [message.content for message in session.transcript if message.role == "user"] == heard
        session.save(tmp_path / "case.session.json")
        again = flow.load_session(tmp_path / "case.session.json")
        assert again.transcript == session.transcript
        assert json.dumps(dict(again.variables), default=str) == json.dumps(dict(session.variables), default=str)
    with capsys.disabled():
        print(f"\n{model}, {domain}: {len(cases)} callers, {turns} turns, {len(errors)} ended in our error")
        print(*sorted(set(errors)), sep="\n  ")
    assert len(errors) <= turns // 5
