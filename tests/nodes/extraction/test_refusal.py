"""`grounding="literal"`, and what small models that invent values are held to by default."""

from __future__ import annotations

import json
from datetime import date, time
from typing import Any, Literal

import pytest
from pydantic import create_model

from byok_widgets import Flow
from byok_widgets.nodes.extraction.node import ExtractionNode
from byok_widgets.providers import PROVIDERS
from tests.scripted_server import ScriptedServer

TALK = [("user", "I'm Ana, and I would like a table for two."), ("assistant", "Which day is it to be?")]
GERMAN = [("user", "Ich bin Ana und möchte einen Tisch für zwei. Es ist sehr eilig!")]
FIELDS: dict[str, Any] = {"name": str, "day": ["Mon", "Tue"], "people": int, "is_urgent": bool, "visit_date": str}


@pytest.fixture
def node(flow: Flow) -> ExtractionNode:
    return flow.extraction("data", **FIELDS)


@pytest.fixture
def inventive(monkeypatch: pytest.MonkeyPatch, flow: Flow) -> None:
    monkeypatch.setattr(type(PROVIDERS["compatible"]), "invents_values", lambda self, model: True)


def script(server: ScriptedServer, **values: Any) -> None:
    server.script(json.dumps({**dict.fromkeys(FIELDS), **values}))


@pytest.mark.parametrize(
    ("dialogue", "stated", "taken"),
    [
        (TALK, {"name": "Ana", "people": 2}, {"name", "people"}),
        (TALK, {"name": "Rome"}, set()),
        (TALK, {"day": "Mon"}, set()),
        ("Monday would suit me, if it is free.", {"day": "Mon"}, {"day"}),
        (TALK, {"people": 3}, set()),
        (TALK, {"is_urgent": True}, set()),
        ("Yes, it is urgent for me.", {"is_urgent": True}, {"is_urgent"}),
        ("No, it is not an emergency, nor urgently needed.", {"is_urgent": False}, {"is_urgent"}),
        ("There is no rush.", {"is_urgent": False}, {"is_urgent"}),
        ("There is no rush.", {"is_urgent": True}, set()),
        ("It is on March 12th.", {"visit_date": "March 12th"}, {"visit_date"}),
        ("It is on March 12th.", {"visit_date": "2023-03-12"}, set()),
        ("It is on March 12th, 2023.", {"visit_date": "2023-03-12"}, {"visit_date"}),
        ("It is on Christmas Eve.", {"visit_date": "Christmas Eve"}, {"visit_date"}),
        ("You find us at 2316 Dwight Way.", {"visit_date": "2316 Dwight Way"}, set()),
        ("It is at 8:05 pm.", {"visit_date": "8:05 pm"}, set()),
    ],
)
def test_what_the_dialogue_does_not_say_is_not_taken(
    node: ExtractionNode, server: ScriptedServer, dialogue: Any, stated: dict[str, Any], taken: set[str]
) -> None:
    script(server, **stated)
    node.grounding = "literal"
    found = node.run(dialogue)
    assert {name for name, value in found.values.items() if value is not None} == taken
    refused = {name: value for name, value in stated.items() if name not in taken}
    assert found.rejected == refused
    assert {found.status[name] for name in refused} <= {"ungrounded"}
    assert {found.status[name] for name in taken} <= {"found"}


def test_a_model_that_invents_values_is_read_literally_by_default_and_others_are_not(
    node: ExtractionNode, server: ScriptedServer, inventive: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(server, name="Ana", day="Tue", is_urgent=True)
    assert set(node.run(TALK).rejected) == {"day", "is_urgent"}
    node.grounding = "flag"
    assert not node.run(TALK).rejected
    node.grounding = "auto"
    monkeypatch.undo()
    assert not node.run(TALK).rejected


def test_in_another_language_the_english_names_of_fields_are_no_evidence(
    node: ExtractionNode, server: ScriptedServer, inventive: None
) -> None:
    script(server, name="Anna", day="Tue", is_urgent=True)
    assert set(node.run(GERMAN).rejected) == {"name"}
    node.grounding = "literal"
    assert set(node.run(GERMAN).rejected) == {"name", "day", "is_urgent"}


@pytest.mark.parametrize("said", ["Hi, I'm Ana", "Ana", "Hello!", "👋"])
def test_a_short_dialogue_is_english_until_its_words_or_a_locale_say_otherwise(
    node: ExtractionNode, server: ScriptedServer, inventive: None, said: str
) -> None:
    script(server, day="Tue", is_urgent=True)
    assert set(node.run(said).rejected) == {"day", "is_urgent"}
    assert not node.run(f"{said} Ich möchte bitte einen Termin.").rejected
    node.locale = "de-DE"
    assert not node.run(said).rejected


@pytest.mark.parametrize(
    ("said", "stated"),
    [
        ("Tuesdays at noon, no rush.", {"day": "Tue", "is_urgent": False}),
        ("I could come tomorrow in the morning.", {"visit_date": "tomorrow morning"}),
        ("The day after would suit me; it can wait.", {"visit_date": "the day after", "is_urgent": False}),
        ("It was Christmas 2026.", {"visit_date": "Christmas 2026"}),
        ("Two pizzas, please.", {"name": "pizza", "people": 2}),
        ("The allergy clinic, please.", {"name": "allergies"}),
    ],
)
def test_what_follows_from_the_words_is_taken_by_default(
    node: ExtractionNode, server: ScriptedServer, inventive: None, said: str, stated: dict[str, Any]
) -> None:
    script(server, **stated)
    found = node.run(said)
    assert not found.rejected
    assert {name: value for name, value in found.values.items() if value is not None} == stated


def test_the_words_of_an_example_speak_about_its_yes_or_no(
    flow: Flow, server: ScriptedServer, inventive: None
) -> None:
    node = flow.extraction("data", relaxed=bool, name=str)
    server.script('{"relaxed": true, "name": null}')
    assert node.run("It is no bother, really.").rejected == {"relaxed": True}
    node.teach("No bother at all, says Leo.", {"relaxed": True, "name": "Leo"})
    assert node.run("It is no bother, really.")["relaxed"] is True
    assert node.run("Leo says hello.").rejected == {"relaxed": True}, "Leo belongs to the name"


def test_by_default_one_bad_item_does_not_cost_a_list(flow: Flow, server: ScriptedServer, inventive: None) -> None:
    node = flow.extraction("list", cities=list[str])
    server.script('{"cities": ["Rome", "Oslo"]}')
    found = node.run("I have been to Rome.")
    assert (found["cities"], found.status["cities[1]"]) == (["Rome", "Oslo"], "ungrounded")
    assert node.run("I have been away.").rejected == {"cities": ["Rome", "Oslo"]}
    node.grounding = "literal"
    assert node.run("I have been to Rome.")["cities"] is None


@pytest.mark.parametrize(
    ("values", "is_taken"),
    [
        ({"rows": [{"dish": "soup", "count": 2, "size": "large", "gift": None}]}, True),
        ({"rows": [{"dish": "soup", "count": 7, "size": None, "gift": None}]}, False),
        ({"rows": [{"dish": "soup", "count": None, "size": "small", "gift": None}]}, False),
        ({"rows": [{"dish": "soup", "count": None, "size": None, "gift": True}]}, False),
        ({"rows": [{"dish": "soup", "count": 2, "size": None, "gift": None}, {"dish": "cake"}]}, False),
        ({"days": ["Mon"]}, True),
        ({"days": ["Mon", "Tue"]}, False),
        ({"counts": {"soup": 2}}, True),
        ({"counts": {"soup": 3}}, False),
        ({"counts": {"cake": 2}}, False),
    ],
)
def test_read_literally_each_part_of_a_list_or_object_must_be_said(
    flow: Flow, server: ScriptedServer, values: dict[str, Any], is_taken: bool
) -> None:
    row = create_model("Row", dish=str, count=(int | None, None), size=(Literal["small", "large"] | None, None))
    row = create_model("GivenRow", __base__=row, gift=(bool | None, None))
    kinds = {"rows": list[row], "days": list[Literal["Mon", "Tue"]], "counts": dict[str, int]}  # type: ignore[valid-type]
    node = flow.extraction("data", fields={name: kinds[name] for name in values}, grounding="literal")
    server.script(json.dumps(values))
    assert (not node.run("Two large soups on Monday, that is soup.").rejected) is is_taken


def test_what_was_not_taken_is_told_in_sentences(flow: Flow, server: ScriptedServer) -> None:
    node = flow.extraction("data", urgent=bool, people=int, grounding="literal")
    server.script('{"urgent": false, "people": 3}')
    found = node.run("Hello")
    for told in (found.line, found.explanation, found.tree):
        assert "wrote 'no'" in told, "a bare no would read as another word of the sentence"
        assert "wrote 3" in told


@pytest.mark.parametrize(
    ("name", "value", "is_taken"),
    [
        ("origin", "Rome", True),
        ("origin", "Oslo", False),
        ("destinationCity", "Oslo", True),
        ("destinationCity", "Rome", False),
        ("from_city", "Bergen", True),
        ("from_city", "Turin", False),
        ("to_city", "Turin", True),
        ("city", "Oslo", True),
        ("pickup", "old mill", True),
        ("dropoff", "old mill", False),
        ("origin", "Lyon", True),
    ],
)
def test_what_is_said_of_the_other_end_is_not_taken(
    flow: Flow, server: ScriptedServer, name: str, value: str, is_taken: bool
) -> None:
    server.script(json.dumps({name: value}))
    node = flow.extraction("trip", fields={name: str}, grounding="literal")
    talk = "I go to Oslo from Rome, and to Turin out of the old mill. Then from Bergen to Bergen. I live in Lyon."
    found = node.run(talk)
    assert found[name] == (value if is_taken else None)
    assert bool(found.rejected) is not is_taken


FLIGHT: dict[str, Any] = {
    "origin_city": str,
    "passengers": int,
    "star_rating": int,
    "nights": int,
    "departure_time": str,
    "return_date": str,
    "departure_date": str,
}


@pytest.mark.parametrize(
    ("said", "stated", "taken"),
    [
        ([("user", "A flight, please"), ("assistant", "There are 0 stops.")], {"passengers": 0}, set()),
        ([("user", "A flight, please"), ("assistant", "I found 1 flight for you.")], {"passengers": 1}, set()),
        ([("user", "For me alone"), ("assistant", "That is 1 ticket, right?")], {"passengers": 1}, {"passengers"}),
        ([("user", "2 tickets"), ("assistant", "I found 2 flights.")], {"passengers": 2}, {"passengers"}),
        ("I need it one way.", {"passengers": 1}, set()),
        ("How is 45 Park Lane?", {"passengers": 45}, set()),
        ("For four days.", {"star_rating": 4}, set()),
        ("A four star hotel.", {"star_rating": 4}, {"star_rating"}),
        ("For three days.", {"nights": 3}, {"nights"}),
        ("From Heathrow Airport, please.", {"origin_city": "Heathrow Airport"}, set()),
        ("From London, please.", {"origin_city": "London"}, {"origin_city"}),
        ("It arrives at 9:52 am. Good.", {"departure_time": "9:52 am"}, set()),
        ("It leaves at 9:52 am. Good.", {"departure_time": "9:52 am"}, {"departure_time"}),
        ("It leaves at 9:52 am and arrives later.", {"departure_time": "9:52 am"}, {"departure_time"}),
        ("9:52 am suits me.", {"departure_time": "9:52 am"}, {"departure_time"}),
        ("The day after tomorrow.", {"departure_date": "tomorrow"}, set()),
        ("The day after tomorrow.", {"departure_date": "day after tomorrow"}, {"departure_date"}),
        ("I leave tomorrow.", {"departure_date": "tomorrow", "return_date": "tomorrow"}, {"departure_date"}),
        ("I return tomorrow.", {"departure_date": "tomorrow", "return_date": "tomorrow"}, {"return_date"}),
        ("Tomorrow.", {"departure_date": "tomorrow", "return_date": "tomorrow"}, {"departure_date"}),
        ("One way, tomorrow.", {"return_date": "tomorrow"}, set()),
        ("I go on Monday and am home tomorrow.", {"return_date": "tomorrow"}, {"return_date"}),
        ("Ich fahre morgen und komme am Montag wieder.", {"return_date": "Montag"}, {"return_date"}),
        (
            "I leave tomorrow and come back tomorrow.",
            {"departure_date": "tomorrow", "return_date": "tomorrow"},
            {"departure_date", "return_date"},
        ),
    ],
)
def test_what_was_said_of_something_else_is_not_taken(
    flow: Flow, server: ScriptedServer, inventive: None, said: Any, stated: dict[str, Any], taken: set[str]
) -> None:
    server.script(json.dumps({**dict.fromkeys(FLIGHT), **stated}))
    found = flow.extraction("data", fields=FLIGHT).run(said)
    assert {name for name, value in found.values.items() if value is not None} == taken
    assert set(found.rejected) == set(stated) - taken


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({"time": str, "notes": str}, False),
        ({"at": time}, False),
        ({"start_time": str, "end_time": str}, True),
        ({"time": str, "returning": time}, True),
    ],
)
def test_a_summary_that_people_agree_to_speaks_of_the_only_field_of_a_sort(
    flow: Flow, server: ScriptedServer, inventive: None, fields: dict[str, Any], taken: bool
) -> None:
    name = next(iter(fields))
    server.script(json.dumps({**dict.fromkeys(fields), name: "15:00"}))
    dialogue = [("user", "At 15:00"), ("assistant", "To confirm: 16:30. Right?"), ("user", "Yes, that's right.")]
    found = flow.extraction("data", fields=fields).run(dialogue)
    assert (found.values[name] is not None) is taken


def test_who_wants_another_thing_declines_no_choice_that_only_describes_it(
    flow: Flow, server: ScriptedServer, inventive: None
) -> None:
    level = {"enum": ["cheap", "moderate"], "description": "How expensive the restaurant is"}
    server.script(json.dumps({"price_range": "moderate"}))
    dialogue = [("assistant", "Aldo's is moderate."), ("user", "Are there other restaurants?")]
    found = flow.extraction("data", {"type": "object", "properties": {"price_range": level}}).run(dialogue)
    assert found.values["price_range"] == "moderate"


def test_a_day_that_is_given_twice_stays_where_its_sentence_names_the_way_back(
    flow: Flow, server: ScriptedServer, inventive: None
) -> None:
    days = {"departure_date": "the 4th", "return_date": "the 4th"}
    server.script(json.dumps(days))
    found = flow.extraction("data", departure_date=str, return_date=str).run("I will come back on the 4th.")
    assert (found.values["return_date"], list(found.rejected)) == ("the 4th", ["departure_date"])


@pytest.mark.parametrize(
    ("said", "is_taken"),
    [
        ("Economy. No, sorry.", True),
        ("Not economy, business.", False),
        ([("user", "Economy."), ("assistant", "Economy?"), ("user", "Actually, business.")], False),
        ([("user", "Economy."), ("assistant", "Economy?"), ("user", "Yes, my boss flies business.")], True),
    ],
)
def test_a_choice_that_was_taken_back_is_not_taken(
    flow: Flow, server: ScriptedServer, inventive: None, said: Any, is_taken: bool
) -> None:
    server.script('{"seat": "economy"}')
    node = flow.extraction("data", seat=["economy", "business"])
    assert (node.run(said)["seat"] == "economy") is is_taken
    node.grounding = "flag"
    assert node.run(said)["seat"] == "economy"


@pytest.mark.parametrize("model", ["qwen2.5-coder-0.5b", "smollm2-135m"])
def test_the_models_of_the_catalogue_are_known_to_invent_values(model: str) -> None:
    assert PROVIDERS["local"].invents_values(model)
    assert not PROVIDERS["local"].invents_values("my-own.gguf")
    assert not PROVIDERS["openai"].invents_values(model)


@pytest.mark.parametrize(
    ("said", "taken"), [("Could we do 11?", True), ("Could we be 11 people?", False), ("Call 11 then", False)]
)
def test_an_hour_in_reply_to_a_time_needs_no_word_beside_it(
    flow: Flow, server: ScriptedServer, inventive: None, said: str, taken: bool
) -> None:
    server.script(json.dumps({"at": "11:00"}))
    asked = "How about 9 o'clock?" if "Call" not in said else "Whom shall I call?"
    dialogue = [("assistant", asked), ("user", said)]
    found = flow.extraction("data", at=time).run(dialogue)
    assert (found.values["at"] is not None) is taken


@pytest.mark.parametrize(("day", "taken"), [("2026-11-27", True), ("2026-11-28", False)])
def test_a_date_whose_month_is_in_an_unknown_language_is_taken_if_its_day_is_said(
    flow: Flow, server: ScriptedServer, inventive: None, day: str, taken: bool
) -> None:
    server.script(json.dumps({"day": day}))
    found = flow.extraction("data", day=date).run("أريد موعدا في ٢٧ نوفمبر ٢٠٢٦ من فضلك")
    assert (found.values["day"] is not None) is taken
