"""`ExtractionNode`, through the real SDK against a scripted server."""

from __future__ import annotations

import asyncio
import datetime
import json
from typing import Any

import pytest
from pydantic import BaseModel

from byok_widgets import ConfigError, Extraction, ExtractionError, Field, Flow, SchemaError
from tests.scripted_server import Say, ScriptedServer

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri"]
JSON_SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "people": {"type": "integer", "minimum": 1}},
    "required": ["name"],
}


class Booking(BaseModel):
    name: str
    people: int | None = None


def answer(**values: Any) -> str:
    return json.dumps(values)


def test_fields_as_keywords_even_one_called_name(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(name="Ana", weekday="Tue", urgent=False, when="2026-12-01"))
    node = flow.extraction("data", name=str, weekday=DAYS, urgent=bool, when=Field(datetime.date, "the day"))
    result = node.run("I'm Ana, Tuesday, no hurry")
    assert result.values == {"name": "Ana", "weekday": "Tue", "urgent": False, "when": datetime.date(2026, 12, 1)}
    assert result.complete
    assert result["urgent"] is False
    shape = server.requests[0]["response_format"]["json_schema"]
    assert shape["strict"] is True
    assert shape["schema"]["required"] == ["name", "weekday", "urgent", "when"]
    assert shape["schema"]["additionalProperties"] is False
    assert shape["schema"]["properties"]["weekday"]["enum"] == [*DAYS, None]


def test_a_pydantic_class_gives_a_record(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(name="Ana", people="4"))
    result = flow.extraction("data", Booking).run("A table for 4, Ana")
    assert result.record == Booking(name="Ana", people=4)
    server.script(answer(name=None, people=4))
    result = flow.extraction("data", Booking).run("A table for 4")
    assert (result.record, result.values["name"], result.status["name"]) == (None, None, "not_stated")


def test_a_json_schema_and_its_bounds(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(name="Ana", people=0))
    result = flow.extraction("data", JSON_SCHEMA).run("A table for Ana")
    assert (result.values["people"], result.status["people"]) == (None, "invalid")
    assert "people" in result.problems["people"]
    assert len(server.requests) == 2, "one repair was tried"


@pytest.mark.parametrize("said", [None, "", "unknown", "N/A", "null", "not stated"])
def test_what_is_not_stated_is_none_and_never_a_value(flow: Flow, server: ScriptedServer, said: Any) -> None:
    server.script(answer(name=said, urgent=None))
    result = flow.extraction("data", name=str, urgent=bool).run("Hello")
    assert result.values == {"name": None, "urgent": None}
    assert set(result.status.values()) == {"not_stated"}


def test_a_value_nobody_said_is_flagged_and_kept(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(name="Bob"))
    result = flow.extraction("data", name=str).run("Hi, I'm Ana")
    assert (result.values["name"], result.status["name"]) == ("Bob", "ungrounded")
    assert flow.extraction("data", name=str, grounding="off").run("Hi, I'm Ana").status["name"] == "found"


def test_a_bad_answer_is_sent_back_once_with_what_was_wrong(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(weekday="Someday"), answer(weekday="Tue"))
    result = flow.extraction("data", weekday=DAYS).run("Tuesday")
    assert (result.values["weekday"], result.reply.attempts) == ("Tue", 2)
    assert result.reply.usage.input_tokens == 14, "both answers are counted"
    assert "asked twice" in result.reply.summary
    complaint = server.requests[1]["messages"][-1]["content"]
    assert "Mon" in complaint
    assert "Someday" in complaint


def test_fenced_json_is_read(flow: Flow, server: ScriptedServer) -> None:
    server.script('Sure!\n```json\n{"weekday": "Tue"}\n```')
    assert flow.extraction("data", weekday=DAYS).run("Tuesday")["weekday"] == "Tue"


def test_an_answer_that_is_no_json_is_our_error_with_the_text_kept(flow: Flow, server: ScriptedServer) -> None:
    server.script("I cannot do that.")
    with pytest.raises(ExtractionError) as caught:
        flow.extraction("data", weekday=DAYS).run("Tuesday")
    assert caught.value.raw_text == "I cannot do that."
    assert "'data'" in str(caught.value)
    assert len(server.requests) == 2


def test_a_cut_off_answer_is_never_a_record(flow: Flow, server: ScriptedServer) -> None:
    server.script(Say('{"weekday": "Tue"}', finish="length"))
    with pytest.raises(ExtractionError, match="cut off"):
        flow.extraction("data", weekday=DAYS).run("Tuesday")


def test_an_endpoint_without_structured_output_is_asked_in_another_way(flow: Flow, server: ScriptedServer) -> None:
    def choosy(request: dict[str, Any]) -> Say:
        if "response_format" in request:
            return Say(status=400, body={"error": {"message": "unknown field response_format"}})
        return Say(answer(weekday="Tue"))

    server.script(choosy)
    node = flow.extraction("data", weekday=DAYS, model="compatible:choosy")
    assert node.run("Tuesday")["weekday"] == "Tue"
    asked = len(server.requests)
    assert '"weekday"' in server.requests[-1]["messages"][0]["content"], "the schema stands in the prompt"
    node.run("Tuesday")
    assert len(server.requests) == asked + 1, "what it takes is remembered"


def test_the_whole_transcript_is_read_unless_there_is_a_window(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(weekday="Tue"))
    turns = [("user", "I'm Ana"), ("assistant", "Which day?"), ("user", "Tuesday")]
    flow.extraction("data", weekday=DAYS).run(turns)
    assert server.requests[-1]["messages"][-1]["content"] == "user: I'm Ana\nassistant: Which day?\nuser: Tuesday"
    flow.extraction("data", weekday=DAYS, window=1).run(turns)
    assert server.requests[-1]["messages"][-1]["content"] == "Tuesday"


def test_a_reply_is_a_dialogue_too(flow: Flow, server: ScriptedServer) -> None:
    server.script("Which day?", answer(weekday=None))
    reply = flow.conversation("ask", "Be brief.").run("I'm Ana")
    flow.extraction("data", weekday=DAYS).run(reply)
    assert "assistant: Which day?" in server.requests[-1]["messages"][-1]["content"]


def test_examples_stand_before_the_dialogue(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(weekday="Tue", urgent=None))
    node = flow.extraction("data", weekday=DAYS, urgent=bool, examples=[("On Monday", {"weekday": "Mon"})])
    node.run("Tuesday")
    shot = server.requests[0]["messages"][1:3]
    assert shot[0] == {"role": "user", "content": "On Monday"}
    assert json.loads(shot[1]["content"]) == {"weekday": "Mon", "urgent": None}


@pytest.mark.parametrize("examples", [["On Monday"], [("On Monday", {"weekday": "Someday"})]])
def test_an_example_that_does_not_fit_is_named(flow: Flow, examples: list[Any]) -> None:
    with pytest.raises(ConfigError, match="example"):
        flow.extraction("data", weekday=DAYS, examples=examples)


@pytest.mark.parametrize("dialogue", ["", "  ", []])
def test_an_empty_dialogue_costs_nothing(flow: Flow, server: ScriptedServer, dialogue: Any) -> None:
    with pytest.raises(ConfigError, match="empty dialogue"):
        flow.extraction("data", weekday=DAYS).run(dialogue)
    assert not server.requests


def test_bad_fields_are_named_before_any_request(flow: Flow) -> None:
    with pytest.raises(SchemaError, match="nothing to extract"):
        flow.extraction("data")
    with pytest.raises(SchemaError, match="'strange'"):
        flow.extraction("data", strange=object())


def test_it_reads_well_as_text_and_as_a_table(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(name="<b>Bob</b>", weekday=None))
    result = flow.extraction("data", name=str, weekday=DAYS).run("Hi")
    assert repr(result) == "Extraction(name='<b>Bob</b>' [ungrounded], weekday=None)"
    assert "&lt;b&gt;Bob" in result._repr_html_()
    assert "<b>Bob" not in result._repr_html_()
    assert "not stated" in result._repr_html_()


def test_the_async_twin(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(weekday="Tue"))
    result = asyncio.run(flow.extraction("data", weekday=DAYS).arun("Tuesday"))
    assert isinstance(result, Extraction)
    assert result["weekday"] == "Tue"
