"""What an extraction node takes from an answer, through the real SDK against a scripted server."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from byok_widgets import ConfigError, ExtractionError, Flow
from tests.scripted_server import ScriptedServer

ANA = '{"name": "Ana", "age": 36}'
BOB = '{"name": "Bob", "age": 7}'


def test_an_ambiguous_answer_is_asked_for_once_more(flow: Flow, server: ScriptedServer) -> None:
    server.script(f"{BOB} {ANA}", ANA)
    found = flow.extraction("data", name=str, age=int).run("I'm Ana, 36")
    assert found.values == {"name": "Ana", "age": 36}
    assert found.complete
    assert "'Bob' and 'Ana'" in server.requests[1]["messages"][-1]["content"]


def test_an_answer_that_stays_ambiguous_is_a_problem(flow: Flow, server: ScriptedServer) -> None:
    server.script(f"{BOB} {ANA}", f"{BOB} {ANA}")
    found = flow.extraction("data", name=str, age=int).run("I'm Ana, 36")
    assert len(server.requests) == 2
    assert set(found.status.values()) == {"invalid"}
    assert set(found.values.values()) == {None}
    assert not found.complete
    assert "several" in found._repr_html_()


def test_a_list_of_records_says_how_to_read_one(flow: Flow, server: ScriptedServer) -> None:
    server.script(f"[{BOB}, {ANA}]", f"[{BOB}, {ANA}]")
    found = flow.extraction("data", name=str, age=int).run("Bob is 7, I'm Ana, 36")
    assert "items=list[...]" in found.problems[""]
    assert set(found.status.values()) == {"invalid"}


def test_a_cut_answer_is_asked_for_again_and_never_read_in_part(flow: Flow, server: ScriptedServer) -> None:
    cut = '{"name": "Ana", "kids": [{"name": "Tom"}, {"name": "Li'
    server.script(cut, cut)
    with pytest.raises(ExtractionError, match="in the middle"):
        flow.extraction("data", fields={"name": str, "kids": list[dict[str, str]]}).run("Ana has Tom and Lia.")


@pytest.mark.parametrize(
    "cut", ['"kids": [{"name": "Tom"}]}', ', "kid" : {"name": "Tom"}', '"n\\"": [{"name": "Tom"}']
)
def test_an_answer_whose_beginning_is_missing_is_never_read_in_part(
    flow: Flow, server: ScriptedServer, cut: str
) -> None:
    server.script(cut, cut)
    with pytest.raises(ExtractionError, match="in the middle"):
        flow.extraction("data", fields={"name": str, "kids": list[dict[str, str]]}).run("Ana has Tom.")


def test_the_judge_does_not_move_on_a_draft(flow: Flow, server: ScriptedServer) -> None:
    ask = flow.conversation("ask", "Ask.", start=True)
    flow.connect(ask, flow.conversation("bye", "Bye.", static=True, end=True), when="the caller says goodbye")
    stay = '{"choice": "stay", "reason": "no goodbye"}'
    server.script("Hello!", f'<think>Maybe {{"choice": "the caller says goodbye", "reason": "x"}}</think>{stay}')
    session = flow.start()
    session.say("Hi")
    assert session.node == "ask"


@pytest.mark.parametrize(
    ("said", "status"), [("I'm Jennifer Null", "found"), ("I'm Jennifer", "not_stated"), ("NULL it is", "found")]
)
def test_a_name_like_null_is_a_value_where_it_was_said(
    flow: Flow, server: ScriptedServer, said: str, status: str
) -> None:
    server.script('{"surname": "Null"}')
    assert flow.extraction("data", surname=str).run(said).status["surname"] == status


def test_the_flows_locale_decides_how_values_are_read(flow: Flow, server: ScriptedServer, tmp_path: Path) -> None:
    node = flow.extraction("data", price=float)
    flow.locale = "de_de"
    assert flow.locale == "de-DE"
    server.script('{"price": "1,5"}')
    assert node.run("1,5 Euro")["price"] == 1.5
    flow.save(tmp_path / "f.flow.json")
    assert Flow.load(tmp_path / "f.flow.json").locale == "de-DE"
    flow.locale = None
    server.script('{"price": "1,5"}', '{"price": "1,5"}')
    assert node.run("1,5 Euro").status["price"] == "invalid"
    flow.save(tmp_path / "f.flow.json")
    assert "locale" not in json.loads((tmp_path / "f.flow.json").read_text())
    with pytest.raises(ConfigError, match="locale"):
        flow.locale = "german"


def test_a_node_has_a_locale_of_its_own(flow: Flow, server: ScriptedServer, tmp_path: Path) -> None:
    flow.locale = "en-US"
    server.script(*['{"price": "1.234"}', '{"price": "1,5"}'] * 2)
    node = flow.extraction("data", price=float, locale="de")
    assert (node.locale, node.run("1,5 Euro")["price"]) == ("de", 1.5)
    flow.save(tmp_path / "f.flow.json")
    assert Flow.load(tmp_path / "f.flow.json").node("data").locale == "de"
    node.locale = None
    assert node.locale == "en-US"
    flow.extraction("data", price=float, locale="de")
    assert flow.node("data").locale == "en-US"  # as it was set since
    del flow.node("data").locale
    assert flow.node("data").locale == "de"
    for tag in ("german", 1):
        with pytest.raises(ConfigError, match="locale"):
            node.locale = tag
        with pytest.raises(ConfigError, match="locale"):
            flow.extraction("other", price=float, locale=tag)


def test_money_keeps_its_last_digit(flow: Flow, server: ScriptedServer) -> None:
    server.script('{"amount": 1234567890123456.70}')
    assert (
        str(flow.extraction("data", amount=Decimal).run("1234567890123456.70")["amount"]) == "1234567890123456.70"
    )
