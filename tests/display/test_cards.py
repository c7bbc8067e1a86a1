"""Results that are a few facts: a line in a program, a table in a cell, never the insides of an object."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import Flow, Session, list_local_models
from byok_widgets.display.cards import Card, Cards, CardsByName
from byok_widgets.nodes.extraction.status import Statuses
from tests.html_table import cells_of
from tests.scripted_server import Say, ScriptedServer

RAW = ("object at 0x", "PosixPath", "WindowsPath", "=(", "=[", "={", "None")


@dataclass(frozen=True, repr=False)
class Fruit(Card):
    name: str
    note: str = ""

    def facts(self) -> Iterable[tuple[str, str]]:
        yield "fruit", self.name
        yield "note", self.note


def test_one_is_a_line_and_a_table_of_its_facts() -> None:
    assert repr(Fruit("plum", "blue\nand <ripe>")) == "Fruit(fruit: plum, note: blue and <ripe>)"
    assert cells_of(Fruit("plum", "<ripe>")._repr_html_()) == [["fruit", "plum"], ["note", "<ripe>"]]
    assert repr(Fruit("plum")) == "Fruit(fruit: plum)", "what is empty is left out"


def test_several_are_a_table_with_a_row_for_each() -> None:
    fruits = Cards([Fruit("plum"), Fruit("fig", "green")])
    assert repr(fruits).splitlines() == ["fruit  note", "plum", "fig    green"]
    assert cells_of(fruits._repr_html_()) == [["fruit", "note"], ["plum", ""], ["fig", "green"]]
    assert fruits == (Fruit("plum"), Fruit("fig", "green"))


def test_several_by_name_are_a_table_and_a_mapping() -> None:
    fruits = CardsByName({"first": Fruit("plum"), "second": Fruit("fig", "green")})
    assert repr(fruits).splitlines() == ["name    fruit  note", "first   plum", "second  fig    green"]
    assert cells_of(fruits._repr_html_())[1:] == [["first", "plum", ""], ["second", "fig", "green"]]
    assert fruits == {"first": Fruit("plum"), "second": Fruit("fig", "green")}
    assert pickle.loads(pickle.dumps(fruits)) == fruits


@pytest.mark.parametrize("kind", [Cards, CardsByName])
def test_none_are_said_in_words(kind: type[Any]) -> None:
    assert repr(kind()) == "There is nothing."
    assert "There is nothing." in kind()._repr_html_()


@pytest.fixture
def flow(server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """A flow that reads a name and a list."""
    monkeypatch.chdir(tmp_path)
    server.script(lambda asked: Say(json.dumps({"name": "Ana", "days": ["Mon"]}) if _reads(asked) else "Hello."))
    flow = Flow("cards", fresh=True)
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    flow.conversation("ask", "Be brief.")
    flow.extraction("read", name=str, days=list[str])
    flow.connect("ask", "read")
    flow.connect("read", "ask", if_="name == 'Ana'")
    return flow


@pytest.fixture
def session(flow: Flow) -> Session:
    """A session in which both were said."""
    session = flow.start()
    session.say("I am Ana, Mon please")
    return session


def _reads(asked: dict[str, Any]) -> bool:
    return "response_format" in asked


def _found(session: Session) -> Any:
    return session.turns[0].steps[1].result


RESULTS: dict[str, Callable[[Session], Any]] = {
    "finding": lambda _: Flow("cards without nodes", fresh=True).check()[0],
    "history": lambda session: session.variables.history("name"),
    "entry": lambda session: session.variables.history("days")[0],
    "judgement": lambda session: session.turns[0].steps[0],
    "visit": lambda session: session.turns[0].steps[1],
    "verdict": lambda session: session.turns[0].steps[0].verdicts[0],
    "evidence": lambda session: session.turns[0].steps[1].result.evidence["name"],
    "all evidence": lambda session: _found(session).evidence,
    "statuses": lambda session: _found(session).status,
    "statuses of variables": lambda session: session.variables.status,
    "usages": lambda session: session.turns[0].usages,
    "requests": lambda session: session.turns[0].requests,
    "turns": lambda session: session.turns,
    "calls": lambda session: session.turns[0].calls,
    "steps": lambda session: session.turns[0].steps,
    "some steps": lambda session: session.trace[:2],
    "messages": lambda session: session.turns[0].messages,
    "dialogue": lambda session: session.turns[0].steps[1].result.reply.transcript,
    "requests of a reply": lambda session: session.turns[0].calls[1].requests,
    "current": lambda session: session.variables.current,
    "entries": lambda session: session.variables.entries,
    "case": lambda session: Flow("cards").save_case(session),
    "models": lambda _: list_local_models(),
    "model": lambda _: list_local_models()[0],
}


@pytest.mark.parametrize("kind", RESULTS)
def test_what_people_look_at_is_words_and_a_table(session: Session, kind: str) -> None:
    found = RESULTS[kind](session)
    assert [mark for mark in RAW if mark in repr(found)] == []
    assert cells_of(found._repr_html_())


OF_A_FLOW: dict[str, Callable[[Flow], Any]] = {
    "nodes": lambda flow: flow.nodes,
    "expected": lambda flow: flow.cases(CASES)[0].expected,
    "expected of a turn": lambda flow: flow.cases(CASES)[0].turns[1],
    "errors": lambda flow: _without_key(flow).check().errors,
    "losses": lambda flow: flow.export("pipecat").losses,
    "outcomes": lambda flow: flow.test(CASES).outcomes,
    "outcome": lambda flow: flow.test(CASES).outcomes[0],
    "runs": lambda flow: flow.test(CASES).outcomes[0].runs,
    "variants": lambda flow: _compared(flow).variants,
    "variant": lambda flow: _compared(flow).baseline,
    "cell": lambda flow: _compared(flow).diff("one").cells["compatible:a"],
}
CASES = [
    {"name": "one", "text": "I am Ana, Mon please", "values": {"name": "Bo"}, "turns": {"1": {"node": "ask"}}}
]


def _compared(flow: Flow) -> Any:
    return flow.node("read").compare(models=["compatible:a", "compatible:b"], cases=CASES).wait()


def _without_key(flow: Flow) -> Flow:
    flow.node("ask").model = "openai:gpt-4o-mini"
    return flow


@pytest.mark.parametrize("kind", OF_A_FLOW)
def test_what_people_look_at_of_a_flow_is_words_and_a_table(flow: Flow, kind: str) -> None:
    found = OF_A_FLOW[kind](flow)
    assert [mark for mark in RAW if mark in repr(found)] == []
    assert cells_of(found._repr_html_())


def test_the_fields_of_a_node_are_a_table(flow: Flow) -> None:
    heads, *rows = cells_of(flow.node("read").schema._repr_html_())
    assert heads == ["field", "type", "must be stated"], "nothing is described"
    assert rows == [["name", "string", "yes"], ["days", "array, each item string", "yes"]]


def test_what_is_expected_is_told_in_words(flow: Flow) -> None:
    case = {"name": "one", "text": "Ana", "values": {"days": ["Mon", "Tue"]}, "status": {"name": "not_stated"}}
    case |= {"path": ["ask", "read"], "max_calls": 3}
    expected, nothing = (flow.cases([given])[0].expected for given in (case, {"name": "two", "text": "Bo"}))
    assert cells_of(expected._repr_html_()) == [
        ["values", "days: (Mon and Tue)"],
        ["status", "name not stated"],
        ["path", "ask → read"],
        ["limits", "max_calls: 3"],
    ]
    assert cells_of(nothing._repr_html_()) == [["expected", "nothing"]]
    assert (bool(expected), bool(nothing)) == (True, False)


def test_the_status_of_what_was_read_stays_a_mapping_with_a_row_for_each_part() -> None:
    status = Statuses({"home": "incomplete", "name": "found"}, {"home.city": "not_stated"})
    assert cells_of(status._repr_html_())[1:] == [
        ["home", "stated in part"],
        ["home.city", "not stated"],
        ["name", "found"],
    ]
    assert (status == {"home": "incomplete", "name": "found"}, status["home.city"]) == (True, "not_stated")
    assert pickle.loads(pickle.dumps(status))["home.city"] == "not_stated"


def test_the_graph_of_a_session_is_a_picture_and_words(flow: Flow) -> None:
    shown = flow.start().graph._repr_mimebundle_()
    assert shown["text/plain"].splitlines()[1:] == str(flow).splitlines()[1:], "the same but for the title"
    assert "<img" in shown["text/html"]
    assert "2 nodes" in shown["text/html"]


def test_outcomes_are_counted_in_plain_words(flow: Flow) -> None:
    assert repr(flow.test(CASES).counts) == "{'failed': 1}"


def test_requests_of_a_turn_without_a_model_are_said_to_be_none() -> None:
    flow = Flow("cards without a model", fresh=True)
    flow.conversation("hello", "Hello!", static=True)
    requests = flow.start(speak_first=True).turns[0].requests
    assert requests == ()
    assert repr(requests) == "No model was asked."
    assert "No model was asked." in requests._repr_html_()
