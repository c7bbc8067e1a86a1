"""What a model thinks is kept and shown, and goes to no model: not in a dialogue, a question or a repair."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from byok_widgets import Flow, ProviderError, Session
from byok_widgets.engine import ENGINE
from byok_widgets.engine.callbacks import Progress, Thinker, Thinking
from byok_widgets.nodes import Extraction
from byok_widgets.session import Judgement, Visit
from byok_widgets.session.explain import explained
from byok_widgets.widgets.chat import copies
from tests.fake_keys import fake_key
from tests.scripted_server import Say, ScriptedServer
from tests.session.conftest import Script
from tests.session.test_session import slow_at, until

THOUGHT = "They sound rude"


@pytest.fixture(params=["reasoning_content", "reasoning", ""], ids=["field", "newer field", "tags"])
def thinker(server: ScriptedServer, request: pytest.FixtureRequest) -> ScriptedServer:
    """The server of these tests: its models think before each answer, each time something else."""
    server.thoughts = [f"{THOUGHT} ({number})." for number in range(50)]
    server.thought_field = request.param
    return server


@pytest.fixture
def talked(booking: Flow, thinker: ScriptedServer, script: Script) -> Session:
    """A session whose judge, extraction and conversations have thought; the extraction was repaired."""
    script.choices = ["stay", "1", "stay"]
    script.values["data"] = [{"name": "Ana", "weekday": "Someday"}, {"name": "Ana", "weekday": None}]
    s = booking.start()
    s.say("Hello")
    s.say("I am Ana")
    s.say("Well?")
    return s


def sent(server: ScriptedServer) -> str:
    return json.dumps(server.requests)


def test_nothing_of_it_is_sent_to_any_model(talked: Session, thinker: ScriptedServer, script: Script) -> None:
    assert len(script.judged) == 3, "the judge has thought"
    assert len(script.read_by("data")) == 2, "the extraction was repaired"
    assert len(script.spoken) == 3, "the history has been sent with thoughts in it"
    assert len(thinker.thoughts) == 42, "and each of them has thought before"
    assert all(reply.reasoning.startswith(THOUGHT) for turn in talked.turns for reply in turn.calls)
    assert THOUGHT not in sent(script.server)


HANDOVERS: dict[str, Callable[[Flow, Session], object]] = {
    "a reply as history": lambda flow, s: flow.node("ask").run("Go on", history=s.turns[-1].reply),
    "a session as history": lambda flow, s: flow.node("ask").run("Go on", history=s),
    "a transcript": lambda flow, s: flow.node("ask").run("Go on", history=s.transcript),
    "a reply to read": lambda flow, s: flow.node("data").run(s.turns[-1].reply),
    "a session to read": lambda flow, s: flow.node("data").run(s),
    "its text": lambda flow, s: flow.node("data").run(str(s)),
    "an extraction's reply": lambda flow, s: flow.node("ask").run("Go on", history=read(s).reply),
    "a fork": lambda flow, s: s.fork(1).say("Go on"),
    "the same session": lambda flow, s: s.say("Go on"),
}


@pytest.mark.parametrize("handover", HANDOVERS.values(), ids=HANDOVERS.keys())
def test_what_is_handed_on_holds_none_of_it(
    booking: Flow, talked: Session, script: Script, handover: Callable[[Flow, Session], object]
) -> None:
    before = len(script.server.requests)
    handover(booking, talked)
    assert len(script.server.requests) > before
    assert THOUGHT not in sent(script.server)


def test_a_session_from_a_file_has_it_and_sends_none_of_it(
    booking: Flow, talked: Session, script: Script, tmp_path: Path
) -> None:
    file = tmp_path / "ana.session.json"
    talked.save(file)
    again = booking.load_session(file)
    assert [[reply.reasoning for reply in turn.calls] for turn in again.turns] == [
        [reply.reasoning for reply in turn.calls] for turn in talked.turns
    ]
    assert again._repr_html_() == talked._repr_html_()
    again.say("Go on")
    assert THOUGHT not in sent(script.server)


def test_a_file_of_an_earlier_version_has_none(booking: Flow, talked: Session, tmp_path: Path) -> None:
    file = tmp_path / "ana.session.json"
    talked.save(file)
    data = json.loads(file.read_text(encoding="utf-8"))
    for step in data["turns"][0]["steps"]:
        del (step.get("says") or step["reply"])["reasoning"]
    file.write_text(json.dumps(data), encoding="utf-8")
    first, *others = booking.load_session(file).turns
    assert {reply.reasoning for reply in first.calls} == {""}
    assert all(turn.reply.reasoning for turn in others)


def test_a_key_in_it_is_not_saved(booking: Flow, thinker: ScriptedServer, script: Script, tmp_path: Path) -> None:
    key = fake_key()
    thinker.thoughts = [f"They gave me {key}, I must not say it."]
    s = booking.start()
    s.say("Hello")
    s.save(tmp_path / "s.json")
    saved = (tmp_path / "s.json").read_text(encoding="utf-8")
    assert "They gave me" in saved
    assert key not in saved


def test_what_is_copied_or_explained_holds_none_of_it(talked: Session) -> None:
    for text in (copies.as_transcript(talked), copies.as_case(talked), str(talked), repr(talked)):
        assert THOUGHT not in text
    assert not any(THOUGHT in explained(turn) for turn in talked.turns)
    assert not any(THOUGHT in str(request) for turn in talked.turns for request in turn.requests)


def read(s: Session) -> Extraction:
    (found,) = (
        step.result
        for turn in s.turns
        for step in turn.steps
        if isinstance(step, Visit) and isinstance(step.result, Extraction)
    )
    return found


def test_a_repaired_answer_has_that_of_each_request_in_order(talked: Session) -> None:
    first, second = read(talked).reply.reasoning.split("\n\n")
    numbers = [int(text.partition("(")[2].partition(")")[0]) for text in (first, second)]
    assert numbers[1] == numbers[0] + 1


def test_a_repair_that_fails_leaves_that_of_the_first_answer(booking: Flow, thinker: ScriptedServer) -> None:
    thinker.thoughts = ["It is a weekday."]
    wrong = Say('{"name": "Ana", "weekday": "Someday"}')
    thinker.script(wrong, Say(status=400, body={"error": {"message": "no"}}))
    assert booking.node("data").run("I am Ana").reply.reasoning == "It is a weekday."


def test_a_turn_shows_that_of_its_reply_above_it_and_the_others_in_its_steps(talked: Session) -> None:
    turn = talked.turns[1]
    shown = turn._repr_html_()
    assert shown.index("<summary>Reasoning</summary>") < shown.index("Hm.")
    judge = next(step for step in turn.steps if isinstance(step, Judgement) and step.reply)
    for summary, reasoning in (
        ("Reasoning", turn.reply.reasoning),
        ("Reasoning of the judge of ask", judge.reply.reasoning),
        ("Reasoning of data", read(talked).reply.reasoning),
    ):
        assert shown.count(f"<summary>{summary}</summary>") == 1
        assert shown.count(reasoning) == 1
    assert shown.count("<summary>Reasoning") == 3


def test_a_session_shows_it_folded_above_each_answer(talked: Session) -> None:
    shown = talked._repr_html_()
    for turn in talked.turns:
        assert shown.count(turn.reply.reasoning) == 1
    assert shown.count("<summary>Reasoning</summary>") == len(talked.turns)


def test_it_never_acts_as_markup(booking: Flow, thinker: ScriptedServer, script: Script) -> None:
    thinker.thoughts = ["</div></details><script>x</script> $a$ \\(b\\)"]
    s = booking.start()
    s.say("Hello")
    for shown in (s._repr_html_(), s.turns[0]._repr_html_(), s.turns[0].reply._repr_html_()):
        assert "<script" not in shown
        assert "&lt;/details&gt;" in shown
        assert "$a$" not in shown
        assert "\\(" not in shown


def test_one_that_was_cut_off_while_it_thought_says_so_and_puts_no_word_into_its_mouth(
    booking: Flow, thinker: ScriptedServer, script: Script
) -> None:
    script.words = [Say("", finish="length")]
    s = booking.start()
    turn = s.say("Hello")
    assert s.transcript[-1].content == ""
    assert "1 incomplete reply" in repr(s)
    assert f"flow: [{turn.reply.notices[0]}" in str(s)
    assert turn.reply.reasoning in turn._repr_html_()


@pytest.mark.parametrize(
    ("asked", "calls"), [("edges", 1), ("data", 2), ("", 3)], ids=["judge", "reading", "reply"]
)
def test_a_turn_that_is_stopped_while_a_model_thinks_keeps_what_it_thought(
    booking: Flow, thinker: ScriptedServer, script: Script, tmp_path: Path, asked: str, calls: int
) -> None:
    script.choices, script.values["data"] = ["1"], [{"name": "Ana", "weekday": None}]
    slow_at(script, asked, Say("Hm.", pause_s=3))
    s = booking.start()
    thinkers: list[Thinker] = []

    def watch(progress: Progress) -> None:
        if isinstance(progress, Thinking) and progress.thinker not in thinkers:
            thinkers.append(progress.thinker)

    async def stopped() -> None:
        task = asyncio.create_task(ENGINE.arun(s.prepare_turn("I am Ana")(lambda _: None, watch)))
        await until(lambda: len(thinkers) == calls and thinkers[-1].has_thought)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: not s.busy)

    asyncio.run(stopped())
    s.save(tmp_path / "s.json")
    for session in (s, booking.load_session(tmp_path / "s.json")):
        (left,) = session.unfinished
        assert (session.turns, left.lost_calls, left.reply) == ((), 1, None)
        assert left.lost_reasoning == f"{THOUGHT} ({calls - 1})."
        assert left.lost_reasoning in left._repr_html_()
        assert "turn.lost_reasoning" in left.reasoning_note


def test_a_turn_that_fails_while_a_model_thinks_keeps_what_it_thought(
    flow: Flow, thinker: ScriptedServer, script: Script
) -> None:
    flow.conversation("ask", "Be brief.")
    script.words = [Say("", finish=None)]
    s = flow.start()
    with pytest.raises(ProviderError):
        s.say("Hi")
    assert s.unfinished[0].lost_reasoning.startswith(THOUGHT)
    script.words = ["Yes."]
    assert s.say("Hi").lost_reasoning == ""
