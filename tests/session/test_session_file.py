"""The file of a session: everything is restored, with its types; it contains no key, and a damaged one is kept."""

from __future__ import annotations

import asyncio
import datetime as dt
import enum
import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pydantic
import pytest

from byok_widgets import ConfigError, Flow, Session
from byok_widgets.session import Visit
from byok_widgets.usage import Cost
from tests.fake_keys import fake_key
from tests.scripted_server import Say
from tests.session.conftest import Script

Data = dict[str, Any]


class Kind(enum.Enum):
    NEW = "new"
    OLD = "old"


class Person(pydantic.BaseModel):
    name: str
    born: dt.date


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ana.session.json"


@pytest.fixture
def talked(booking: Flow, script: Script) -> Session:
    """A session with everything that a session can have."""
    booking.conversation("hello", "Hello!", static=True, start=True)
    booking.conversation("help", "Help.", enter="they need help")
    booking.connect("hello", "ask")
    script.choices = ["stay", "stay", "1", "2", "stay"]
    script.values["data"] = [{"name": "Cleo", "weekday": None}]
    script.words = [
        "Who is it?",
        Say(status=401, body={"error": {"message": "no"}}),
        "Which day?",
        "Nine to five.",
        "Hm.",
    ]
    s = booking.start(variables={"firm": "Acme"}, model="compatible:other")
    s.say("Hi")
    with pytest.raises(Exception, match="401"):
        s.say("I am Ana")
    s.say("I am Ana")
    s.variables["vip"] = True
    s.say("When are you open?")
    return s


def facts(s: Session) -> list[object]:
    return [
        *(s.transcript, s.node, s.closed, dict(s.variables), s.variables.status, s.variables.entries, s.model),
        *(s.usage, str(s.cost), s.cost, repr(s.trace), s.summary, s._repr_html_(), repr(s)),
        *(
            (turn.summary, turn.path, turn.moves, turn.fault_kind, turn.fault, turn.returns_to)
            for turn in (*s.turns, *s.unfinished)
        ),
        *(s.explain(turn.number) for turn in s.turns),
        *(step.reply.transcript for turn in s.turns for step in turn.steps if isinstance(step, Visit)),
        *((reply.latency_s, reply.request_id, reply.model_source) for turn in s.turns for reply in turn.calls),
    ]


def content(path: Path) -> Data:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def test_everything_is_restored(booking: Flow, talked: Session, file: Path) -> None:
    talked.save(file)
    again = booking.load_session(file, trust=True)
    assert facts(again) == facts(talked)
    assert len(again.unfinished) == 1
    again.save(file.with_name("again.json"))
    assert file.with_name("again.json").read_bytes() == file.read_bytes()


def test_it_continues_where_it_was_and_the_original_is_unchanged(
    booking: Flow, script: Script, talked: Session, file: Path
) -> None:
    talked.save(file)
    again = booking.load_session(file, trust=True)
    sent = len(script.server.requests)
    again.say("Thank you")
    assert len(again.turns) == len(talked.turns) + 1
    assert again.turns[-1].number == talked.turns[-1].number + 1
    assert script.server.requests[sent]["model"] == "other"
    assert [message["content"] for message in script.spoken[-1]["messages"][-2:]] == ["Nine to five.", "Thank you"]
    again.reset()
    assert dict(again.variables) == {"name": None, "weekday": None, "firm": "Acme"}
    assert [turn.number for turn in again.turns] == [0]
    assert [fork.number for fork in booking.load_session(file).fork(1).turns] == [0, 1]


def test_a_new_session_and_a_closed_one(flow: Flow, file: Path) -> None:
    flow.conversation("bye", "Bye.", static=True, end=True)
    s = flow.start(speak_first=False)
    s.save(file)
    again = flow.load_session(file)
    assert (again.turns, again.node, again.closed) == ((), "bye", False)
    s.say("Bye")
    s.save(file)
    assert flow.load_session(file).closed


def test_values_of_a_node_are_restored_with_their_types(flow: Flow, script: Script, file: Path) -> None:
    flow.extraction(
        "data", day=dt.date, at=dt.datetime, price=Decimal, kind=Kind, tags=set[str], person=Person, end=True
    )
    script.values["data"] = [
        {
            "day": "2026-12-24",
            "at": "2026-12-24T18:30:00",
            "price": "10.50",
            "kind": "old",
            "tags": ["b", "a"],
            "person": {"name": "Ana", "born": "2000-02-29"},
        }
    ]
    s = flow.start()
    s.say("The old one on 2026-12-24 at 18:30, 10.50, tags a and b, for Ana, born 2000-02-29")
    assert s.variables["person"] == Person(name="Ana", born=dt.date(2000, 2, 29))
    s.save(file)
    again = flow.load_session(file)
    assert dict(again.variables) == dict(s.variables)
    assert again.turns[0].variables == s.turns[0].variables
    assert again.explain() == s.explain()
    from byok_widgets.graph import Expression

    condition = Expression("day > '2026-12-01' and price > 10 and kind == 'old' and 'a' in tags")
    assert condition.holds(s.variables)
    assert condition.holds(again.variables), "a condition holds after it as before"
    flow.extraction("data", day=str, price=["cheap", "dear"], end=True)
    again = flow.load_session(file)
    assert (again.variables["day"], again.variables["price"], again.variables["kind"]) == (
        "2026-12-24",
        "10.50",
        "old",
    )


def test_values_of_code_are_restored_as_json(booking: Flow, file: Path) -> None:
    class Thing:
        def __str__(self) -> str:
            return "a thing"

    s = booking.start()
    given = {
        "day": dt.date(2026, 12, 24),
        "span": dt.timedelta(hours=1),
        "person": Person(name="Ana", born=dt.date(2000, 2, 29)),
        "kind": Kind.OLD,
        "pair": (1, {2}),
        "raw": b"\xff\x00",
        "thing": Thing(),
        "nested": {1: {"deep": [None, True, 1.5]}},
        "half": "\ud83d of one",
        "text": "é 日本 👩‍💻 \x00\x1b",
        "endless": float("inf"),
        "large": 2**70,
    }
    s.variables.update(given)
    s.save(file)
    assert dict(booking.load_session(file).variables) == {
        "name": None,
        "weekday": None,
        "day": "2026-12-24",
        "span": "PT1H",
        "person": {"name": "Ana", "born": "2000-02-29"},
        "kind": "old",
        "pair": [1, [2]],
        "raw": "_wA=",
        "thing": "a thing",
        "nested": {"1": {"deep": [None, True, 1.5]}},
        "half": "\ud83d of one",
        "text": "é 日本 👩‍💻 \x00\x1b",
        "endless": "Infinity",
        "large": 2**70,
    }
    assert "日本" in file.read_text(encoding="utf-8")


def test_a_turn_that_ends_during_saving_is_in_the_file_completely_or_not_at_all(
    booking: Flow, script: Script, file: Path
) -> None:
    script.choices, script.values["data"] = ["1"], [{"name": "Ana", "weekday": None}]
    s = booking.start()
    s.say("I am Ana")
    reply = s.turns[0].reply
    assert reply is not None

    def priced() -> Cost:  # the cost of a reply is computed on first access
        if len(s.turns) == 1:
            s.say("Leo on Monday")
        return Cost()

    script.values["data"] = [{"name": "Leo", "weekday": "Mon"}]
    turn = replace(s.turns[0], steps=(*s.turns[0].steps[:-1], Visit("ask", replace(reply, price=priced))))
    s.restore(turns=[turn], unfinished=(), entries=s.variables.entries)
    s.save(file)
    assert len(s.turns) == 2
    again = booking.load_session(file)
    assert (len(again.turns), again.variables["name"], again.variables["weekday"]) == (1, "Ana", None)


@pytest.mark.parametrize(
    "cost", [Cost(), Cost(Decimal("0.02"), "provider"), Cost(least_usd=Decimal("0.0123"))], ids=str
)
def test_what_is_known_of_a_cost_is_saved(booking: Flow, script: Script, file: Path, cost: Cost) -> None:
    script.choices, script.values["data"] = ["1"], [{"name": "Ana", "weekday": None}]
    s = booking.start()
    s.say("I am Ana")
    reply = s.turns[0].reply
    assert reply is not None
    turn = replace(s.turns[0], steps=(*s.turns[0].steps[:-1], Visit("ask", replace(reply, price=lambda: cost))))
    s.restore(turns=[turn], unfinished=(), entries=s.variables.entries)
    s.save(file)
    again = booking.load_session(file).turns[0].reply
    assert again is not None
    assert again.cost == cost


def test_a_value_that_is_not_json_leaves_the_existing_file(booking: Flow, file: Path) -> None:
    s = booking.start()
    s.save(file)
    before = file.read_bytes()
    circle: list[object] = []
    circle.append(circle)
    s.variables["circle"] = circle
    with pytest.raises(ConfigError, match="JSON") as caught:
        s.save(file)
    assert caught.value.kind == "session_file"
    assert "variables" in caught.value.fix
    assert file.read_bytes() == before


# Keys


@pytest.mark.parametrize("held", [True, False])
def test_no_key_gets_into_the_file(flow: Flow, script: Script, file: Path, held: bool) -> None:
    key = fake_key("anthropic")
    flow.conversation("chat", "Chat.")
    flow.extraction("data", said=str, end=True)
    flow.connect("chat", "data", when=f"they said\n{key}")
    script.choices, script.words = ["stay", "1"], [f"You said:\n{key}?"]
    script.values["data"] = [{"said": key}]
    s = flow.start(variables={"note": f"\t{key}", "deep": [{"x": key, key: 1}], key.replace("-", "_"): key})
    s.say(f"My key is\n{key}")
    s.say(f'"{key}"')
    if held:
        flow.key_store.save("anthropic", "api.anthropic.com", key, backend="session")
    s.save(file)
    text = file.read_text(encoding="utf-8")
    assert key[20:40] not in text.replace(key.replace("-", "_"), "")
    assert text.count("[API key]") >= 8
    again = flow.load_session(file)
    assert again.transcript[0].content == "My key is\n[API key]"
    assert again.variables["said"] == "[API key]"
    assert key in s.transcript[0].content, "the text in memory is unchanged"


def test_a_key_that_is_a_word_does_not_damage_the_file(flow: Flow, script: Script, file: Path) -> None:
    words = ("model", "turns", "name", "stop", "found", "chat")
    for word in words:
        flow.key_store.save("compatible", f"{word}.example.org", word, backend="session")
    flow.conversation("chat", "Chat.")
    script.words = ["My model is to stop."]
    s = flow.start(variables={"name": "Ana"})
    s.say("Hello")
    s.save(file)
    again = flow.load_session(file)
    assert [turn.text for turn in again.turns] == ["Hello"]
    assert (str(again.turns[0]), again.node) == ("My model is to stop.", "chat")
    assert again.variables["name"] == "Ana"
    for word in words:
        flow.key_store.remove("compatible", f"{word}.example.org")


# Damaged files


def test_a_truncated_file_is_reported_and_left_unchanged(booking: Flow, talked: Session, file: Path) -> None:
    talked.save(file)
    whole = file.read_bytes().rstrip()
    for length in range(0, len(whole), len(whole) // 40):
        _refused(booking, file, whole[:length])


def _refused(flow: Flow, file: Path, damaged: bytes, kind: str = "session_file") -> ConfigError:
    file.write_bytes(damaged)
    with pytest.raises(ConfigError, match=re.escape(repr(str(file)))) as caught:
        flow.load_session(file)
    assert caught.value.kind == kind
    assert caught.value.fix
    assert file.read_bytes() == damaged
    return caught.value


@pytest.mark.parametrize(
    "damaged",
    [b"", b"null", b"[]", b"5", b'"x"', b"{}", bytes(300), b"[" * 100_000, b'{"version": 1}', b'{"version": "1"}'],
)
def test_what_is_not_a_session_is_rejected(booking: Flow, file: Path, damaged: bytes) -> None:
    _refused(booking, file, damaged)


CHANGES: dict[str, Callable[[Data], object]] = {
    "turns as a number": lambda data: data.update(turns=5),
    "a turn as a string": lambda data: data["turns"].append("x"),
    "an invalid number": lambda data: data["turns"][0].update(number="first"),
    "an invalid text": lambda data: data["turns"][1].update(text=[1]),
    "steps missing": lambda data: data["turns"][1].pop("steps"),
    "no node": lambda data: data["turns"][1].pop("node"),
    "a step of no kind": lambda data: data["turns"][1]["steps"].append({"node": "ask"}),
    "an unknown verdict": lambda data: data["turns"][1]["steps"][0]["verdicts"][0].update(verdict="perhaps"),
    "an invalid verdict": lambda data: data["turns"][1]["steps"][0].update(verdicts=[5]),
    "a reply without text": lambda data: data["turns"][0]["steps"][0]["says"].pop("text"),
    "an invalid finish": lambda data: data["turns"][0]["steps"][0]["says"].update(finish_reason="over"),
    "usage as a string": lambda data: data["turns"][0]["steps"][0]["says"].update(usage="much"),
    "an invalid cost": lambda data: data["turns"][0]["steps"][0]["says"]["cost"].update(usd="free"),
    "a cost that is no number": lambda data: data["turns"][0]["steps"][0]["says"]["cost"].update(usd="NaN"),
    "a cost without end": lambda data: data["turns"][0]["steps"][0]["says"]["cost"].update(usd=float("inf")),
    "a duration that is no number": lambda data: data["turns"][0]["steps"][0]["says"].update(latency_s="NaN"),
    "a duration without end": lambda data: data["turns"][1]["steps"][0]["reply"].update(latency_s=float("inf")),
    "a cost below zero": lambda data: data["turns"][0]["steps"][0]["says"]["cost"].update(usd="-5"),
    "a cost that nobody could pay": lambda data: data["turns"][0]["steps"][0]["says"]["cost"].update(usd="1e99"),
    "a cost from nowhere": lambda data: data["turns"][0]["steps"][0]["says"]["cost"].update(source="somebody"),
    "tokens below zero": lambda data: data["turns"][0]["steps"][0]["says"]["usage"].update(input_tokens=-5),
    "a duration below zero": lambda data: data["turns"][1].update(latency_s=-1.0),
    "calls below zero": lambda data: data["turns"][1].update(lost_calls=-1),
    "calls that would fill the memory": lambda data: data["turns"][1].update(lost_calls=10**9),
    "calls without end": lambda data: data["turns"][1].update(lost_calls=10**30),
    "a lost call's cost below zero": lambda data: data["turns"][1].update(lost_costs=[{"usd": "-5"}]),
    "a lost call's cost from nowhere": lambda data: data["turns"][1].update(lost_costs=[{"source": "me"}]),
    "a variable that is no number": lambda data: data["variables"][0].update(value=float("nan")),
    "no cost": lambda data: data["turns"][0]["steps"][0]["says"].pop("cost"),
    "variables as an object": lambda data: data.update(variables={"name": "Ana"}),
    "a variable without a value": lambda data: data["variables"][0].pop("value"),
    "an unknown status": lambda data: data["variables"][0].update(status="sure"),
    "an invalid turn": lambda data: data["variables"][0].update(turn="late"),
    "an invalid model": lambda data: data.update(model=5),
    "no unfinished": lambda data: data.pop("unfinished"),
}


def test_lost_calls_that_an_older_version_only_counted_are_read(
    booking: Flow, talked: Session, file: Path
) -> None:
    talked.save(file)
    data = json.loads(file.read_text())
    del data["turns"][1]["lost_costs"]
    data["turns"][1]["lost_calls"] = 2
    file.write_text(json.dumps(data))
    opened = booking.load_session(file)
    assert (opened.turns[1].lost_calls, opened.cost.unpriced) == (2, talked.cost.unpriced + 2)


@pytest.mark.parametrize("change", CHANGES)
def test_wrong_parts_are_reported(booking: Flow, talked: Session, file: Path, change: str) -> None:
    talked.save(file)
    data = content(file)
    CHANGES[change](data)
    error = _refused(booking, file, json.dumps(data).encode())
    assert change != "a model that is none" or "5" in error.problem.removeprefix(repr(str(file)))


def test_a_newer_session_says_so(booking: Flow, talked: Session, file: Path) -> None:
    talked.save(file)
    newer = json.dumps({**content(file), "version": 2}).encode()
    error = _refused(booking, file, newer, kind="newer_version")
    assert "pip install -U" in error.fix


def test_a_missing_file_and_one_that_cannot_be_written(booking: Flow, talked: Session, tmp_path: Path) -> None:
    for gone in (tmp_path / "no.json", tmp_path):
        with pytest.raises(ConfigError, match=re.escape(repr(str(gone)))) as caught:
            booking.load_session(gone)
        assert caught.value.kind == "session_file"
        assert gone.is_dir() or str(gone) in caught.value.fix
    for place in (tmp_path / "no" / "x.json", tmp_path):
        with pytest.raises(ConfigError, match=re.escape(repr(str(place)))) as caught:
            talked.save(place)
        assert caught.value.kind == "session_file"
        assert caught.value.fix


def test_a_flow_is_distinguished_from_a_session(booking: Flow, file: Path) -> None:
    booking.save(file)
    error = _refused(booking, file, file.read_bytes())
    assert "Flow.load(...)" in error.fix


def test_a_session_of_a_flow_with_other_nodes_says_whose_it_is(talked: Session, file: Path) -> None:
    talked.save(file)
    other = Flow(f"{talked.flow_name} other")
    other.conversation("ask", "It has a node of the same name.")
    error = _refused(other, file, file.read_bytes())
    assert all(repr(named) in error.problem for named in (talked.flow_name, other.name, "hello"))
    assert repr(talked.flow_name) in error.fix


def test_on_the_same_flow_under_another_name_it_continues_and_says_whose_it_was(
    booking: Flow, talked: Session, file: Path, script: Script
) -> None:
    talked.save(file)
    booking.save(file.with_name("booking.flow.json"))
    other = Flow.load(file.with_name("booking.flow.json"), name=f"{booking.name} other")
    again = other.load_session(file, trust=True)
    assert repr(booking.name) in again.notice
    for said in (repr(again), again.summary, again._repr_html_().replace("&#x27;", "'"), repr(again.fork())):
        assert again.notice in said
    assert str(again.say("Hello")) == "Hm."
    assert booking.load_session(file, trust=True).notice == ""


def test_a_session_can_be_loaded_before_its_nodes_are_created(talked: Session, file: Path) -> None:
    talked.save(file)
    again = Flow(talked.flow_name).load_session(file)
    assert again.transcript == talked.transcript
    assert again.variables["name"] == "Cleo"
    with pytest.raises(ConfigError, match="node 'ask'"):
        again.say("Hello")


@pytest.mark.parametrize("model", ["local:\\\\host\\share\\x.gguf", "local:/tmp/x.gguf", "openai:gpt-6-astra-pro"])
def test_a_file_chooses_no_model_unless_it_is_trusted(
    booking: Flow, script: Script, talked: Session, file: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    talked.save(file)
    file.write_text(json.dumps({**content(file), "model": model}), encoding="utf-8")
    touched: list[str] = []
    real = Path.is_file
    monkeypatch.setattr(Path, "is_file", lambda self: touched.append(str(self)) or real(self))
    again = booking.load_session(file)
    assert (again.model, [path for path in touched if "gguf" in path]) == (None, [])
    assert repr(model) in again.notice
    assert again.notice in repr(again)
    assert str(again.say("Hello")) == "Hm."
    assert script.server.requests[-1]["model"] == "scripted"
    file.write_text(json.dumps({**content(file), "model": "compatible:scripted"}), encoding="utf-8")
    assert booking.load_session(file).model == "compatible:scripted", "the flow uses it"


def test_a_long_session_is_saved_quickly(booking: Flow, talked: Session, file: Path) -> None:
    booking.key_store.save("openai", "api.openai.com", fake_key(), backend="session")
    turns = [*talked.turns] * 200
    talked.restore(turns=turns, unfinished=(), entries=())
    begun = time.thread_time()
    talked.save(file)
    booking.load_session(file)
    assert time.thread_time() - begun < 10


def test_a_stopped_reply_is_restored_from_files_of_this_version_and_earlier_ones(
    flow: Flow, script: Script, file: Path
) -> None:
    flow.conversation("chat", "Chat.")
    script.words = [Say("Once upon a time there was", pause_s=0.1)]
    s = flow.start()

    async def stop() -> None:
        async for _ in s.astream("A story"):
            break

    asyncio.run(stop())
    while s.busy:
        time.sleep(0.01)
    s.save(file)
    assert flow.load_session(file).turns[0].reply.finish_reason == "interrupted"  # type: ignore[union-attr]
    data = json.loads(file.read_text(encoding="utf-8"))
    data["turns"][0].pop("fault_kind")
    data["turns"][0]["steps"][0]["says"]["finish_reason"] = "incomplete"
    file.write_text(json.dumps(data), encoding="utf-8")
    (turn,) = flow.load_session(file).turns
    assert (turn.complete, turn.fault_kind) == (False, "")
