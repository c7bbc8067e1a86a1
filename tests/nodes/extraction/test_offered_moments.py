"""Models that invent values are offered the days and times of a dialogue; other models are asked as ever."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import Field as Rule

from byok_widgets import Flow
from byok_widgets.providers import PROVIDERS
from tests.scripted_server import ScriptedServer

FIELDS: dict[str, Any] = {
    "visit_date": str,
    "weekday": str,
    "born": date,
    "open_day": ["Mon", "Tue"],
    "entry_date": Annotated[str, Rule(pattern="^[0-9-]+$")],
    "updated": str,
    "departure_time": str,
    "cooking_time": str,
}
TALK = [
    ("user", "Next Friday, or the day after."),
    ("assistant", "The 4th of May?"),
    ("user", "Yes, next friday."),
]


@pytest.fixture
def inventive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(PROVIDERS["compatible"]), "invents_values", lambda self, model: True)


def asked(flow: Flow, server: ScriptedServer, said: Any, **settings: Any) -> dict[str, Any]:
    """Return the properties that a model is asked for."""
    server.script(json.dumps(dict.fromkeys(FIELDS)))
    flow.extraction("data", fields=FIELDS, **settings).run(said)
    return server.requests[-1]["response_format"]["json_schema"]["schema"]["properties"]  # type: ignore[no-any-return]


def test_a_date_in_words_is_chosen_among_the_days_of_the_dialogue(
    flow: Flow, server: ScriptedServer, inventive: None
) -> None:
    properties = asked(flow, server, TALK)
    assert properties["visit_date"]["enum"] == ["Next Friday", "day after", "4th of May", None]
    assert {name for name, part in properties.items() if "enum" in part} == {"visit_date", "open_day"}


@pytest.mark.parametrize(
    ("said", "offered"),
    [
        ("At 7:30 pm, at 8 p.m., or in the evening.", ["7:30 pm", "8 p.m.", "evening", None]),
        ("At 7:30 pm. No, make it 8 p.m.", ["8 p.m.", None]),
        ("I leave at 7 pm. 7 PM is fine.", ["7 pm", None]),
        ([("user", "Which flights?"), ("assistant", "One leaves at 9 am. It arrives at 11 am.")], ["9 am", None]),
    ],
)
def test_a_time_in_words_is_chosen_among_those_of_the_dialogue_that_would_be_taken(
    flow: Flow, server: ScriptedServer, inventive: None, said: Any, offered: list[str | None]
) -> None:
    properties = asked(flow, server, said)
    assert properties["departure_time"]["enum"] == offered
    assert "enum" not in properties["cooking_time"], "a length"


@pytest.mark.parametrize("said", ["Some time in the morning.", "I'm Ana."])
def test_no_time_is_offered_where_none_with_an_hour_is_said(
    flow: Flow, server: ScriptedServer, inventive: None, said: str
) -> None:
    assert "enum" not in asked(flow, server, said)["departure_time"]


@pytest.mark.parametrize(
    ("said", "settings"),
    [
        ("I'm Ana.", {}),
        (TALK, {"locale": "de-DE"}),
        ([("user", "Guten Tag, ich möchte gern am 4. kommen."), ("assistant", "Am Friday?")], {}),
        ([*TALK, ("assistant", "Fine.")], {"window": 1}),
    ],
)
def test_no_day_is_offered_where_none_is_read_or_the_language_is_another(
    flow: Flow, server: ScriptedServer, inventive: None, said: Any, settings: dict[str, Any]
) -> None:
    assert "enum" not in asked(flow, server, said, **settings)["visit_date"]


def test_other_models_are_asked_as_ever(flow: Flow, server: ScriptedServer) -> None:
    assert "enum" not in asked(flow, server, TALK)["visit_date"]


@pytest.mark.parametrize("grounding", ["flag", "off", "require"])
def test_what_is_to_be_marked_at_most_may_be_answered(
    flow: Flow, server: ScriptedServer, inventive: None, grounding: str
) -> None:
    assert "enum" not in asked(flow, server, TALK, grounding=grounding)["visit_date"]
