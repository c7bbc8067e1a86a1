"""`ExtractionNode`, through the real SDK against a scripted server."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, model_validator

from byok_widgets import (
    ConfigError,
    Extraction,
    ExtractionError,
    Field,
    Flow,
    Message,
    ProviderError,
    SchemaError,
    TemplateError,
)
from tests.fake_keys import fake_key
from tests.providers.asking import letter
from tests.providers.fault_server import FaultServer
from tests.schema.strategies import JUNK
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


def test_a_pydantic_class_returns_a_record(flow: Flow, server: ScriptedServer) -> None:
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
def test_an_unstated_value_is_none(flow: Flow, server: ScriptedServer, said: Any) -> None:
    server.script(answer(name=said, urgent=None))
    result = flow.extraction("data", name=str, urgent=bool).run("Hello")
    assert result.values == {"name": None, "urgent": None}
    assert set(result.status.values()) == {"not_stated"}


def test_a_value_nobody_said_is_flagged_and_kept(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(name="Bob"))
    result = flow.extraction("data", name=str).run("Hi, I'm Ana")
    assert (result.values["name"], result.status["name"]) == ("Bob", "ungrounded")
    assert flow.extraction("data", name=str, grounding="off").run("Hi, I'm Ana").status["name"] == "found"


def test_a_bad_answer_is_sent_back_once_with_the_problem(flow: Flow, server: ScriptedServer) -> None:
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


def test_an_answer_that_is_not_json_is_our_error_and_keeps_the_text(flow: Flow, server: ScriptedServer) -> None:
    server.script("I cannot do that.")
    with pytest.raises(ExtractionError) as caught:
        flow.extraction("data", weekday=DAYS).run("Tuesday")
    assert caught.value.raw_text == "I cannot do that."
    assert "'data'" in str(caught.value)
    assert len(server.requests) == 2


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


def test_examples_come_before_the_dialogue(flow: Flow, server: ScriptedServer) -> None:
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
    with pytest.raises(ConfigError, match="'data'") as caught:
        flow.extraction("data", weekday=DAYS).run(dialogue)
    assert caught.value.kind == "dialogue"
    assert not server.requests


def test_bad_fields_are_named_before_any_request(flow: Flow) -> None:
    with pytest.raises(SchemaError):
        flow.extraction("data")
    with pytest.raises(SchemaError, match="'strange'"):
        flow.extraction("data", strange=object())


def test_it_reads_well_as_text_and_as_a_table(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(name="<b>Bob</b>", weekday=None))
    result = flow.extraction("data", name=str, weekday=DAYS).run("Hi")
    assert repr(result) == 'Extraction(name: "<b>Bob</b>" (not supported by the dialogue), weekday: not stated)'
    assert "&lt;b&gt;Bob" in result._repr_html_()
    assert "<b>Bob" not in result._repr_html_()
    assert "not stated" in result._repr_html_()


def test_the_async_twin(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(weekday="Tue"))
    result = asyncio.run(flow.extraction("data", weekday=DAYS).arun("Tuesday"))
    assert isinstance(result, Extraction)
    assert result["weekday"] == "Tue"


def test_prompts_take_variables_and_say_what_is_not_stated(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(weekday="Tue"))
    node = flow.extraction("data", weekday=DAYS, prompt="The caller is {{name}}.")
    node.run("Tuesday", variables={"name": "Ana"})
    assert "The caller is Ana." in server.requests[0]["messages"][0]["content"]
    asyncio.run(node.arun("Tuesday", variables={"name": "Bob"}))
    assert "The caller is Bob." in server.requests[1]["messages"][0]["content"]
    node.run("Tuesday")
    assert "The caller is not stated." in server.requests[2]["messages"][0]["content"]
    with pytest.raises(TemplateError, match=r"'data'.*\{\{name\}\}"):
        node.run("Tuesday", variables={"nmae": "Ana"})
    assert len(server.requests) == 3


def test_anything_with_a_transcript_is_a_dialogue(flow: Flow, server: ScriptedServer) -> None:
    class Session:
        transcript = (Message("user", "I'm Ana"), Message("assistant", "Which day?"))

    server.script(answer(weekday=None))
    result = flow.extraction("data", weekday=DAYS).run(Session())
    assert server.requests[0]["messages"][-1]["content"] == "user: I'm Ana\nassistant: Which day?"
    assert result.reply.transcript == Session.transcript


# Asking in the strictest mode that is accepted


def refusing(*words: str) -> Callable[[dict[str, Any]], Say]:
    """A server that rejects any request that contains one of the words."""

    def say(request: dict[str, Any]) -> Say:
        for word in words:
            if word in json.dumps(request):
                return Say(status=400, body={"error": {"message": f"what is {word}?"}})
        return Say(answer(weekday="Tue"))

    return say


def test_each_mode_is_tried_down_to_plain_words(
    flow: Flow, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", fake_key())
    flow.set_base_url("openai", server.base_url)
    flow.use_key("env:SOME_KEY", provider="openai")
    server.script(refusing("response_format", "tools"))
    result = flow.extraction("data", weekday=DAYS, model="openai:some-model").run("Tuesday")
    first, second, third, last = server.requests
    assert first["response_format"]["type"] == "json_schema"
    assert second["tool_choice"]["function"]["name"] == "data"
    assert third["response_format"] == {"type": "json_object"}
    assert {"response_format", "tools"}.isdisjoint(last)
    assert '"weekday"' in third["messages"][0]["content"], "from here on the schema is in the prompt"
    assert '"weekday"' in last["messages"][0]["content"]
    assert (result["weekday"], result.reply.attempts) == ("Tue", 4)
    assert "the prompt asked for a JSON object" in result.reply.summary


def test_the_mode_that_works_is_remembered_per_address_and_schema(flow: Flow, server: ScriptedServer) -> None:
    server.script(refusing("json_schema"))
    node = flow.extraction("data", weekday=DAYS)
    assert node.run("Tuesday").reply.attempts == 2
    again = node.run("Tuesday")
    assert again.reply.attempts == 1
    assert "any JSON object" in again.reply.summary, "it is said each time"
    assert flow.extraction("data", weekday=DAYS, prompt="Listen.").run("Tuesday").reply.attempts == 1
    assert flow.extraction("other", weekday=DAYS, name=str).run("Tuesday").reply.attempts == 2

    other = ScriptedServer()
    other.script(answer(weekday="Tue"))
    flow.set_base_url("compatible", other.base_url)
    result = node.run("Tuesday")
    other.close()
    assert other.requests[0]["response_format"]["type"] == "json_schema", "another address, the same model id"
    assert "any JSON object" not in result.reply.summary


@pytest.mark.parametrize(("status", "kind"), [(401, "auth"), (403, "permission"), (402, "quota")])
def test_only_a_rejected_request_is_retried_in_another_mode(
    flow: Flow, server: ScriptedServer, status: int, kind: str
) -> None:
    server.script(Say(status=status, body={"error": {"message": "no"}}))
    with pytest.raises(ProviderError) as caught:
        flow.extraction("data", weekday=DAYS).run("Tuesday")
    assert (caught.value.kind, caught.value.attempts, len(server.requests)) == (kind, 1, 1)


def test_rejection_in_every_mode_is_an_error_that_counts_all_attempts(flow: Flow, server: ScriptedServer) -> None:
    server.script(refusing("messages"))
    with pytest.raises(ProviderError, match="what is messages") as caught:
        flow.extraction("data", weekday=DAYS).run("Tuesday")
    assert caught.value.attempts == len(server.requests) == 3


def test_anthropic_is_asked_to_leave_out_unstated_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", fake_key("anthropic"))
    flow, faulty = Flow("by letter"), FaultServer()
    flow.set_base_url("anthropic", faulty.url)
    flow.use_key("env:SOME_KEY", provider="anthropic")
    faulty.script(letter('{"name": "Ana"}'))
    node = flow.extraction(
        "data", name=str, people=int, model="anthropic:some-model", examples=[("I'm Bob", {"name": "Bob"})]
    )
    result = node.run("I'm Ana")
    asked = faulty.asked[0].body
    faulty.close()
    assert result.values == {"name": "Ana", "people": None}
    assert asked["output_config"]["format"]["schema"]["required"] == []
    assert asked["messages"][1]["content"] == '{"name": "Bob"}'
    assert "left out" in asked["system"]


# Answers that do not fit


@pytest.mark.parametrize(
    "bad",
    [
        Say('{"weekday": "Tue"}', finish="length"),
        Say('{"weekday": "Tue"}', finish="content_filter"),
        Say('{"weekday": "Tue"}', finish="tool_calls"),
        Say('{"weekday": "Tue"}', finish=None),
    ],
    ids=lambda say: str(say.finish),
)
def test_an_incomplete_answer_is_neither_a_record_nor_sent_back(
    flow: Flow, server: ScriptedServer, bad: Say
) -> None:
    server.script(bad)
    with pytest.raises(ExtractionError) as caught:
        flow.extraction("data", weekday=DAYS).run("Tuesday")
    assert caught.value.kind == "extraction"
    assert caught.value.raw_text == '{"weekday": "Tue"}'
    assert (caught.value.attempts, len(server.requests)) == (1, 1)


def test_the_better_of_two_answers_is_used_and_both_are_paid_for(flow: Flow, server: ScriptedServer) -> None:
    first, second = answer(weekday="Tue", people="many"), answer(weekday="Someday", people="few")
    server.script(first, second)
    result = flow.extraction("data", weekday=DAYS, people=int).run("Tuesday, many of us")
    assert (result["weekday"], result.status["people"]) == ("Tue", "invalid")
    assert result.reply.text == first
    assert (result.reply.attempts, result.reply.usage.output_tokens) == (2, 6)
    server.script("I cannot.", second)
    result = flow.extraction("data", weekday=DAYS, people=int).run("Tuesday, many of us")
    assert result.reply.text == second
    assert set(result.status.values()) == {"invalid"}


def test_the_first_answer_is_used_if_the_second_call_fails(flow: Flow, server: ScriptedServer) -> None:
    refused = Say(status=401, body={"error": {"message": "no"}})
    server.script(answer(weekday="Tue", people="many"), refused)
    result = flow.extraction("data", weekday=DAYS, people=int).run("Tuesday, many of us")
    assert (result["weekday"], result.status["people"]) == ("Tue", "invalid")
    assert "401" in result.reply.summary
    server.script("I cannot.", refused)
    with pytest.raises(ExtractionError) as caught:
        flow.extraction("data", weekday=DAYS, people=int).run("Tuesday, many of us")
    assert caught.value.raw_text == "I cannot."


def test_an_empty_answer_can_be_sent_back(flow: Flow, server: ScriptedServer) -> None:
    server.script(Say(""), answer(weekday="Tue"))
    assert flow.extraction("data", weekday=DAYS).run("Tuesday")["weekday"] == "Tue"
    assert all(message["content"] for message in server.requests[1]["messages"])


def test_a_class_is_checked_as_a_whole_and_says_why(flow: Flow, server: ScriptedServer) -> None:
    class Stay(BaseModel):
        arrival: datetime.date
        departure: datetime.date

        @model_validator(mode="after")
        def _in_order(self) -> Stay:
            if self.departure < self.arrival:
                raise ValueError("departure is before arrival")
            return self

    backwards = answer(arrival="2026-12-03", departure="2026-12-01")
    server.script(backwards, backwards)
    result = flow.extraction("data", Stay).run("From the third to the first")
    assert "departure is before arrival" in server.requests[1]["messages"][-1]["content"]
    assert (result.record, result.complete) == (None, False)
    assert result["arrival"] == datetime.date(2026, 12, 3)
    assert "departure is before arrival" in result._repr_html_()


OBJECTS = st.dictionaries(st.sampled_from(["name", "age", "x"]), JUNK).map(json.dumps)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=30), OBJECTS))
def test_any_answer_is_an_extraction_or_our_error(flow: Flow, server: ScriptedServer, text: str) -> None:
    server.script(text)
    with contextlib.suppress(ExtractionError):
        result = flow.extraction("data", name=str, age=int).run("I'm Ana, 36")
        assert (result.status["age"] == "found") == isinstance(result["age"], int)
        assert repr(result)
        assert result._repr_html_()


# What was really said


@pytest.mark.parametrize(
    ("type_", "value", "status"),
    [
        (str, "Ana Maria", "found"),
        (str, "ana maria", "found"),
        (str, "Maria Ana", "ungrounded"),
        (["Ana", "Bob"], "Bob", "found"),
        (int, 99, "found"),
        (bool, True, "found"),
        (datetime.date, "2026-12-01", "found"),
        (datetime.date, "2026-12-09", "ungrounded"),
        (datetime.time, "23:59", "ungrounded"),
        (list[str], ["Ana", "eggs"], "found"),
        (list[str], ["Ana", "ham"], "ungrounded"),
        (dict[str, int], [{"key": "eggs", "value": 7}], "found"),
        (dict[str, int], [{"key": "ham", "value": 7}], "ungrounded"),
        (Booking, {"name": "Ana", "people": 9}, "found"),
        (Booking, {"name": "Eve", "people": 9}, "ungrounded"),
    ],
)
def test_free_texts_are_looked_up_anywhere_in_a_value(
    flow: Flow, server: ScriptedServer, type_: Any, value: Any, status: str
) -> None:
    server.script(answer(x=value))
    result = flow.extraction("data", fields={"x": type_}).run("Ana Maria here. Two eggs, on the first.")
    assert result.status["x"] == status
    assert result["x"] is not None, "the value is kept"
    assert result.complete == (status == "found")
    node = flow.extraction("data", fields={"x": type_}, grounding="off")
    assert node.run("Ana Maria here. Two eggs, on the first.").status["x"] == "found"


def test_a_date_that_a_json_schema_keeps_as_text_is_not_looked_up(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(x="2026-12-01"))
    schema = {"properties": {"x": {"type": "string", "format": "date"}}}
    assert flow.extraction("data", schema).run("On the first").status["x"] == "found"


def test_text_before_the_window_counts_as_said(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(name="Ana"))
    turns = [("user", "I'm Ana"), ("assistant", "Which day?"), ("user", "Tuesday")]
    assert flow.extraction("data", name=str, window=1).run(turns).status["name"] == "found"


# Settings of a node


def test_an_empty_window_costs_nothing(flow: Flow, server: ScriptedServer) -> None:
    with pytest.raises(ConfigError, match="'data'") as caught:
        flow.extraction("data", name=str, window=1).run([("user", "I'm Ana"), ("user", " ")])
    assert caught.value.kind == "dialogue"
    assert not server.requests


def test_window_grounding_and_examples_are_checked_when_they_are_changed(
    flow: Flow, server: ScriptedServer
) -> None:
    node = flow.extraction("data", weekday=DAYS)
    for name, wrong in [
        ("window", 0),
        ("window", "2"),
        ("grounding", "maybe"),
        ("examples", [("Hi", {"day": "Mon"})]),
    ]:
        with pytest.raises(ConfigError, match="'data'"):
            setattr(node, name, wrong)
        with pytest.raises(ConfigError, match="'data'"):
            flow.extraction("data", weekday=DAYS, **{name: wrong})
    node.window, node.examples = 1, [("On Monday", {"weekday": "Mon"})]
    server.script(answer(weekday="Tue"))
    node.run([("user", "I'm Ana"), ("user", "Tuesday")])
    assert [message["content"] for message in server.requests[0]["messages"]][1:] == [
        "On Monday",
        '{"weekday": "Mon"}',
        "Tuesday",
    ]


def test_an_examples_values_may_be_python_objects(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(when="2026-12-01"))
    turns = [("user", "Hello"), ("assistant", "When?"), ("user", "On the first")]
    example = (turns, {"when": datetime.date(2026, 12, 1)})
    flow.extraction("data", when=datetime.date, examples=[example]).run("On the first")
    shot = server.requests[0]["messages"][1:3]
    assert shot[0]["content"] == "user: Hello\nassistant: When?\nuser: On the first"
    assert shot[1]["content"] == '{"when": "2026-12-01"}'


# The result


def test_it_is_complete_once_all_required_fields_are_found(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(name="Ana", note=None))
    assert flow.extraction("data", name=str, note=Field(str, required=False)).run("I'm Ana").complete
    assert not flow.extraction("data", name=str, note=str).run("I'm Ana").complete
    server.script(answer(name="Ana", note="invented"))
    assert not flow.extraction("data", name=str, note=Field(str, required=False)).run("I'm Ana").complete


def test_its_text_is_the_same_each_time(flow: Flow, server: ScriptedServer) -> None:
    server.script(answer(foods=["ham", "eggs", "milk", "bread", "jam"]))
    result = flow.extraction("data", foods=set[str]).run("Ham, eggs, milk, bread, jam")
    assert repr(result) == "Extraction(foods: (bread, eggs, ham, jam and milk))"
    assert "bread, eggs, ham, jam and milk" in result._repr_html_()


def test_nothing_that_a_model_writes_is_markup(flow: Flow, server: ScriptedServer) -> None:
    evil = "<img src=x onerror=alert(1)>"
    server.script(answer(foods=[evil], age=evil, **{evil: 1}))
    shown = flow.extraction("data", fields={"foods": list[str], "age": int, "<b>": str}).run("Hi")._repr_html_()
    assert "<img" not in shown
    assert "<b>" not in shown
    assert "&lt;img" in shown


def test_a_complaint_is_one_sentence_however_it_is_passed_on(flow: Flow, server: ScriptedServer) -> None:
    node = flow.extraction("data", name=str)
    server.script("no object", "none either")
    with pytest.raises(ExtractionError) as caught:
        node.run("I'm Ana")
    asked = server.requests[1]["messages"][-1]["content"]
    assert ".." not in f"{asked} {caught.value}"
    server.script("no object", Say(status=400, body={"error": {"message": "no"}}))
    with pytest.raises(ExtractionError) as caught:
        node.run("I'm Ana")
    assert "..;" not in str(caught.value)
