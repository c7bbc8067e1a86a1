"""`grounding="literal"`, and what small models that invent values are held to by default."""

from __future__ import annotations

import json
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.nodes.extraction import ExtractionNode
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


def test_by_default_one_bad_item_does_not_cost_a_list(flow: Flow, server: ScriptedServer, inventive: None) -> None:
    node = flow.extraction("list", cities=list[str])
    server.script('{"cities": ["Rome", "Oslo"]}')
    found = node.run("I have been to Rome.")
    assert (found["cities"], found.status["cities[1]"]) == (["Rome", "Oslo"], "ungrounded")
    node.grounding = "literal"
    assert node.run("I have been to Rome.")["cities"] is None


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


@pytest.mark.parametrize("model", ["qwen2.5-coder-0.5b", "smollm2-135m"])
def test_the_models_of_the_catalogue_are_known_to_invent_values(model: str) -> None:
    assert PROVIDERS["local"].invents_values(model)
    assert not PROVIDERS["local"].invents_values("my-own.gguf")
    assert not PROVIDERS["openai"].invents_values(model)
