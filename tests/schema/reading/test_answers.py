"""The right object in a model's answer: what counts, what is a draft, and what is not clear."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, create_model

from byok_widgets import SchemaError
from byok_widgets.schema import ExtractionSchema, ValidationResult
from byok_widgets.schema.values.unstated_words import always_said
from byok_widgets.thought_tags import KNOWN_TAGS


class Kid(BaseModel):
    name: str


person = ExtractionSchema.of(fields={"name": str, "age": int})
family = ExtractionSchema.of(fields={"name": str, "kids": list[Kid], "note": str})

ANA = '{"name": "Ana", "age": 36}'
BOB = '{"name": "Bob", "age": 7}'


def found_in(text: str) -> dict[str, Any]:
    """Return the values that were found, where nothing is wrong with them."""
    checked = person.check_answer(text)
    assert not checked.problems
    return {name: value for name, value in checked.values.items() if value is not None}


def is_ambiguous(checked: ValidationResult) -> bool:
    return "" in checked.problems and not checked.said and set(checked.values.values()) == {None}


@pytest.mark.parametrize(
    "text",
    [
        f"<think>Maybe {BOB}? No.</think>{ANA}",
        f"Let me see. <thinking>{BOB}</thinking> So: {ANA}",
        f"{BOB} is wrong.</think>{ANA}",
        f'<think>{{"name": "Bob"</think>{ANA}',
        f"<scratchpad>{BOB}</scratchpad>\n{ANA}",
        f"<Example>{BOB}</Example>{ANA}",
        f'An example: {{"name": "Bob", "age": "n years"}}\nResult: {ANA}',
        json.dumps({"name": "extraction", "arguments": ANA}),
        json.dumps({"name": "extraction", "arguments": json.loads(ANA)}),
        json.dumps({"type": "tool_use", "id": "t1", "name": "another", "input": json.loads(ANA)}),
        json.dumps({"function": {"name": "another", "arguments": ANA}}),
        f'The schema: {{"properties": {{"name": {{"type": "string"}}}}}}\n{ANA}',
        f'{{"draft": {BOB}}}\n{ANA}',
        f'{{"name": "Bob", "age": 7 years}}\n{ANA}',
        f"{{}} says that nothing is known. {ANA}",
        f"{{name: {BOB}}} {ANA}",
        f"A set {{1, 2}}, a list [1], a link [see](x) and {ANA} [2]",
        f"{ANA}\n```json\n{ANA}\n```",
        f'{ANA} or, in other words, {{"age": "36", "name": "Ana"}}',
        f"{ANA}}}",
        f"[{ANA}]",
        f'{{"people": [{ANA}]}}',
        f'{{"answer": {{"person": {ANA}}}}}',
        f'{{"name": "extraction", "arguments": {ANA}}}',
        json.dumps(ANA),
        '{"name": "Ana", "age": 36,}',
        '{"name": "Ana", "age": 36, "married": None}',
        "{'name': 'Ana', 'age': 36}",
        '{name: "Ana", age: 36}',
        '{"name": "Ana", // her name\n "age": 36, /* in years */}',
        '{\n// what was said\n"name": "Ana", "age": 36}',
        '{{"name": "Ana", "age": 36}}',
        '{\u00a0"name": "Ana",\u00a0"age": 36}',
        f'[{{"name": null, "age": null}}, {ANA}]',
        f"The template {{{{name}}}} is filled: {ANA}",
        f'{{"reasoning": "Ana, not Bob", "answer": {ANA}}}',
        f'{{"draft_1": {BOB}, "previousAnswer": {BOB}, "result": {ANA}}}',
        '{"name": "Ana", "age": +36}',
        '{"name": "Ana", "age": 36., "x": [.5]}',
        "{“name”: “Ana”, “age”: 36}",
    ],
)
def test_a_draft_never_wins(text: str) -> None:
    assert found_in(text) == {"name": "Ana", "age": 36}


@pytest.mark.parametrize(("opening", "closing"), KNOWN_TAGS)
def test_thinking_is_left_out_wherever_it_stands(opening: str, closing: str) -> None:
    assert found_in(f"So. {opening.upper()}{BOB}{closing} {ANA}") == {"name": "Ana", "age": 36}
    written = person.check_answer(f'{{"name": "{opening}", "age": 36}}', is_said=always_said)
    assert written.values == {"name": opening, "age": 36}
    with pytest.raises(SchemaError, match="JSON"):
        person.check_answer(f"So. {opening}{ANA}")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (r"""{'name': 'O\'Hara', 'age': 36}""", "O'Hara"),
        (r"""{"name": "O\'Hara", "age": 36}""", "O'Hara"),
        ("""{'name': "O'Hara", 'age': 36}""", "O'Hara"),
        ("""{'name': 'the "boss"', 'age': 36}""", 'the "boss"'),
        ("""{'name': 'a // b', 'age': 36}""", "a // b"),
        ("""{'name': 'None of us', 'age': 36}""", "None of us"),
        (r"""{'name': 'Ana\\Maria', 'age': 36}""", "Ana\\Maria"),
        ("""{"name": "room +5, .5 or 5.", "age": +36}""", "room +5, .5 or 5."),
        ("""{“name”: “the "boss"”, "age": 36}""", 'the "boss"'),
    ],
)
def test_no_character_of_a_loosely_written_text_is_lost(text: str, name: str) -> None:
    assert found_in(text) == {"name": name, "age": 36}


@pytest.mark.parametrize(
    "text",
    [
        "{'name': 'Ana's', 'age': 36}",
        '{"name": "Ana" "age": 36}',
        '{"name": Ana, "age": 36}',
        '{"name": "Ana", "age": 36 /* years }',
        '{"name": "Ana", "age": 036}',
        r"""{"name": "Ana\x41", "age": 36}""",
    ],
)
def test_what_has_no_one_meaning_is_malformed(text: str) -> None:
    with pytest.raises(SchemaError, match=r"malformed|middle"):
        person.check_answer(text)


@pytest.mark.parametrize(
    "text",
    [
        f"{BOB}\n{ANA}",
        f"{ANA} // or {BOB}",
        f'{ANA}\n{{"name": "Ana", "age": 37}}',
        f'{ANA}\n{{"name": "Ana"}}',
        f"{ANA}\n{{}}",
        '{"name": "Bob", "age": "seven"} {"name": "Ana", "age": "many"}',
    ],
)
def test_objects_that_differ_are_ambiguous(text: str) -> None:
    checked = person.check_answer(text)
    assert is_ambiguous(checked)
    assert checked.status["name"] == "invalid"


@pytest.mark.parametrize(
    "text",
    [
        f'{{"example": {ANA}}}',
        f'{{"draft": {ANA}}}',
        f'{{"previous_values": {ANA}}}',
        f'{{"child": {ANA}, "note": "Her daughter"}}',
        f"{ANA} <think>But",
        "I see {}.",
    ],
)
def test_what_is_called_a_draft_is_no_answer(text: str) -> None:
    with pytest.raises(SchemaError):
        person.check_answer(text)


def test_the_schema_repeated_is_no_answer_also_where_its_words_are_fields() -> None:
    parts = ExtractionSchema.of(fields={"type": str, "title": str})
    shown = json.dumps(parts.json_schema() | {"title": "parts"})
    with pytest.raises(SchemaError):
        parts.check_answer(shown)
    assert parts.check_answer(f'{shown} {{"type": "bolt", "title": "M8"}}').values == {
        "type": "bolt",
        "title": "M8",
    }


def test_what_only_looks_like_a_tool_call_is_the_answer() -> None:
    order = ExtractionSchema.of(fields={"id": str, "name": str})
    assert order.check_answer('{"id": "7", "name": "Ana", "input": {"name": "Bob"}}').values["name"] == "Ana"
    assert order.check_answer('{"name": "Ana", "parameters": {"size": 3}}').values["name"] == "Ana"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"Name": "Ana", "AGE": 36}', {"name": "Ana", "age": 36}),
        ('{"result": {" name ": "Ana"}}', {"name": "Ana", "age": None}),
        ('{"Name": "Ana", "name": null}', {"name": "Ana", "age": None}),
        ('{"Name": "Ana", "name": "Ana"}', {"name": "Ana", "age": None}),
        ('{"ｎａｍｅ": "Ana"}', {"name": "Ana", "age": None}),
        (f'{{"Name": "Ana", "Age": 36}} {ANA}', {"name": "Ana", "age": 36}),
    ],
)
def test_a_field_is_read_under_another_spelling_of_its_name(text: str, values: dict[str, Any]) -> None:
    checked = person.check_answer(text)
    assert (checked.values, checked.problems, checked.extra) == (values, {}, {})


def test_spellings_that_differ_in_value_or_fit_two_fields_are_not_read() -> None:
    assert person.check_answer('{"name": "Ana", "Name": "Bob", "age": 3}').status["name"] == "invalid"
    assert set(person.check_answer('[{"Name": "Ana"}, {"Name": "Bob"}]').problems) == {"", "name"}
    alike = ExtractionSchema.of(fields={"a_b": str, "ab": str}).check_answer('{"A-B": "x", "ab": "y"}')
    assert (alike.values, alike.extra) == ({"a_b": None, "ab": "y"}, {"A-B": "x"})


def test_the_keys_of_a_map_are_data_and_names_inside_of_an_object_are_names() -> None:
    schema = ExtractionSchema.of(fields={"counts": dict[str, int], "kids": list[Kid]})
    checked = schema.check_answer('{"counts": {"A": 1, "a": 2}, "Kids": [{"Name": "Tom"}]}')
    assert checked.values == {"counts": {"A": 1, "a": 2}, "kids": [Kid(name="Tom")]}


def test_half_of_a_character_is_told_in_words() -> None:
    problem = person.check_answer('{"name": "Ana \\ud83d", "age": 36}').problems["name"]
    assert "half of a character" in problem
    assert person.check_answer('{"name": "Ana \\ud83d\\ude00", "age": 36}').values["name"] == "Ana 😀"


def test_a_long_list_of_records_is_soon_refused() -> None:
    records = [{"name": f"Ana {number}"} for number in range(20_000)]
    assert is_ambiguous(person.check_answer(json.dumps(records)))


def test_a_field_that_no_object_states_is_not_stated_in_an_ambiguous_answer() -> None:
    checked = person.check_answer('{"name": "Ana", "age": null} {"name": "Bob"}')
    assert checked.status == {"name": "invalid", "age": "not_stated"}
    assert "'Ana' and 'Bob'" in checked.problems["name"]


@pytest.mark.parametrize(
    "text",
    [f"[{ANA}, {BOB}]", f'{{"people": [{ANA}, {BOB}]}}', f"{ANA} of [{ANA}, {BOB}]", f"[{ANA}, {BOB}] {ANA}"],
)
def test_several_records_are_a_problem_that_offers_a_list(text: str) -> None:
    checked = person.check_answer(text)
    assert is_ambiguous(checked)
    assert "items=list[...]" in checked.problems[""]


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Ana", "kids": [{"name": "Tom"}, {"name": "Li',
        '[{"name": "Ana"}, {"name": "Tom"',
        '{"kids": [{"name": "Tom"}], "name": "An',
        'So far {"name": "Bob"}. In the end {"name": "An',
        '{"note": "he said "}" and left", "kids": {"name": "Tom"}}',
        '{"name": "he said "} and left", "note": "x"}',
        '{"name": "Bob"} and then {"name": "Ana", "note": "so "it" is"}',
    ],
)
def test_a_part_of_an_unfinished_or_malformed_answer_never_wins(text: str) -> None:
    with pytest.raises(SchemaError, match="JSON object") as caught:
        family.check_answer(text)
    assert caught.value.kind == "not_json"


families = st.fixed_dictionaries(
    {
        "name": st.text(max_size=8),
        "kids": st.lists(st.fixed_dictionaries({"name": st.text(max_size=8)}), max_size=3),
        "note": st.sampled_from(["{}", '{"name": "Eve"}', "[{", '"', "x"]),
    }
)


@settings(max_examples=150)
@given(families, st.data())
def test_no_answer_that_is_cut_anywhere_is_read(values: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(values, ensure_ascii=data.draw(st.booleans()))
    cut = data.draw(st.integers(1, len(text) - 1))
    with pytest.raises(SchemaError):
        family.check_answer(text[:cut])


@settings(max_examples=150)
@given(families)
def test_a_complete_answer_is_read_whatever_its_texts_hold(values: dict[str, Any]) -> None:
    checked = family.check_answer(f"Here it is:\n```json\n{json.dumps(values, indent=1)}\n```")
    assert checked.said == family.check(values).said
    assert checked.problems == family.check(values).problems


@pytest.mark.parametrize(
    ("text", "values", "invalid"),
    [
        ('{"name": "Ana", "name": "Bob", "age": 36}', {"name": None, "age": 36}, {"name"}),
        ('{"name": "Ana", "name": "Ana", "age": 36}', {"name": "Ana", "age": 36}, set()),
        ('{"name": "Ana", "age": 36, "age": null}', {"name": "Ana", "age": None}, {"age"}),
        ('{"name": "Ana", "age": NaN}', {"name": "Ana", "age": None}, {"age"}),
        ('{"name": "Ana", "age": -Infinity}', {"name": "Ana", "age": None}, {"age"}),
        (f'{{"name": "Ana", "age": {"9" * 5000}}}', {"name": "Ana", "age": None}, {"age"}),
        ('{"name": "Ana", "age": 1e999999999999999999999}', {"name": "Ana", "age": None}, {"age"}),
        ('{"name": "Ana\nMaria\tGil", "age": 36}', {"name": "Ana\nMaria\tGil", "age": 36}, set()),
    ],
)
def test_what_cannot_be_trusted_costs_its_own_field(text: str, values: dict[str, Any], invalid: set[str]) -> None:
    checked = person.check_answer(text)
    assert checked.values == values
    assert set(checked.problems) == invalid


def test_what_has_no_field_is_kept_as_json_can_hold_it() -> None:
    text = f'{{"name": "Ana", "rate": 1.50, "bad": NaN, "x": {{"y": [0.5, NaN]}}, "deep": {"[" * 900}{"]" * 900}}}'
    extra = person.check_answer(text).extra
    assert json.loads(json.dumps(extra, allow_nan=False)) == extra
    assert (extra["rate"], extra["bad"], extra["x"]) == (1.5, "NaN", {"y": [0.5, "NaN"]})


def test_a_bad_item_costs_that_item_also_where_the_list_is_written_as_text() -> None:
    checked = ExtractionSchema.of(fields={"x": list[int]}).check_answer('{"x": "[1, \\"two\\", 3, NaN]"}')
    assert checked.values["x"] == [1, 3]
    assert checked.status["x"] == "incomplete"


def test_a_key_that_occurs_twice_inside_a_value_costs_the_field_around_it() -> None:
    checked = family.check_answer('{"name": "Ana", "kids": [{"name": "Tom", "name": "Lia"}]}')
    assert (checked.values["name"], checked.status["kids"]) == ("Ana", "invalid")
    assert "more than once" in checked.problems["kids"]


@pytest.mark.parametrize("text", ['"' * 50_001, '{"' + '\\"' * 50_000, "{[" * 50_000, '<think>{"' * 10_000])
def test_a_hostile_text_is_given_up(text: str) -> None:
    with pytest.raises(SchemaError):
        person.check_answer(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"kids": [{"name": "Tom"}]}',
        '{"child": {"name": "Tom"}}',
        '{"result": {"child": {"name": "Tom"}}}',
        '{"doctor": {"Name": "Lee"}}',
    ],
)
@pytest.mark.parametrize("fields", [{"name": str}, {"name": str, "age": int}], ids=["one", "two"])
def test_a_part_about_somebody_else_is_not_the_object(text: str, fields: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        ExtractionSchema.of(fields=fields).check_answer(text)


@pytest.mark.parametrize("around", ["result", "Output", "structured_output", "booking"])
def test_an_object_in_an_envelope_is_read_whatever_it_lacks(around: str) -> None:
    schema = ExtractionSchema.of(fields={"name": str, "age": int}, name="booking")
    checked = schema.check_answer(json.dumps({around: {"name": "Ana"}}))
    assert checked.values == {"name": "Ana", "age": None}


def test_what_the_schema_does_not_know_states_nothing_of_a_part() -> None:
    home = create_model("Home", city=(str | None, None), zip=(str | None, None))
    schema = ExtractionSchema.of(fields={"home": home, "homes": list[home]})
    checked = schema.check_answer('{"home": {"country": "Spain"}, "homes": [{"country": "Spain"}]}')
    assert dict(checked.status) == {"home": "not_stated", "homes": "not_stated"}
    assert dict(checked.extra) == {"home.country": "Spain"}
