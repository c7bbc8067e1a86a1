"""Where the values of variables were said, as the chat shows it."""

from __future__ import annotations

import json

import pytest

from byok_widgets.widgets.chat.where_said import where_said

FIELDS = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "city": {"type": "string"},
        "rows": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
    },
}


def read(**values):
    return json.dumps({"name": None, "city": None, "rows": None, **values})


@pytest.fixture
def session(flow, server):
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    flow.connect(flow.extraction("data", FIELDS), flow.conversation("ask", "Ask."))
    flow.connect("ask", "data")
    session = flow.start()
    server.script(read(name="Ana"), "In Rome?")
    session.say("Hello, I am Ana.")
    server.script(read(name="Ana", city="Rome", rows=[{"sku": "A7"}, {"sku": "B9"}]), "Fine.")
    session.say("Yes. I want A7 and B9.")
    return session


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("name", [(1, "person", "Hello, I am ", "Ana", ".")]),
        ("city", [(1, "flow", "In ", "Rome", "?")]),
        (
            "rows",
            [(2, "person", "Yes. I want ", "A7", " and B9."), (2, "person", "Yes. I want A7 and ", "B9", ".")],
        ),
    ],
)
def test_the_words_are_told_with_their_turn(session, name, places):
    assert [tuple(place.values()) for place in where_said(session, name)] == places


def test_what_a_person_has_set_was_said_nowhere(session):
    session.variables["name"] = "Ana"
    assert where_said(session, "name") == []
    assert where_said(session, "unknown") == []


def test_a_long_message_is_shown_around_the_words(session, server):
    server.script(read(name="Zoe"), "Fine.")
    session.say(f"{'x' * 500} Zoe {'y' * 500}")
    (place,) = where_said(session, "name")
    assert place["said"] == "Zoe"
    assert (place["before"][0], place["after"][-1]) == ("…", "…")
    assert len(place["before"] + place["after"]) < 120
