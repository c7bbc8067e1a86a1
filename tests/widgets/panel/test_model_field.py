"""The model field: what the person chose arrives once, what is refused is told, and a key goes no further."""

from __future__ import annotations

from typing import Any

import pytest

from byok_widgets.errors import ConfigError
from byok_widgets.widgets.panel.model_field import ModelField, ModelRows
from tests.fake_keys import fake_key
from tests.widgets.wire import Browser, Wire, found_in


class Chosen:
    """Takes what is chosen, or refuses it with the exception it was given."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.refusal: Exception | None = None

    def __call__(self, text: str) -> None:
        if self.refusal:
            raise self.refusal
        self.texts.append(text)


@pytest.fixture
def chosen() -> Chosen:
    return Chosen()


@pytest.fixture
def field(chosen: Chosen) -> ModelField:
    return ModelField(chosen, ModelRows(rows=[["a", "", "", ""]]), description="Model for ask")


def choose(browser: Browser, wire: Wire, field: ModelField, text: Any) -> Any:
    """Choose as a browser does and return the answer."""
    browser.custom(field, {"kind": "choose", "id": "abc", "value": text})
    answer = wire.custom(field)[-1]
    assert answer["id"] == "abc"
    return answer["outcome"]


def test_a_choice_arrives_without_the_space_around_it(browser, wire, field, chosen):
    assert choose(browser, wire, field, "  my-model ") == "taken"
    assert choose(browser, wire, field, "") == "taken"
    assert chosen.texts == ["my-model", ""]
    assert field.value == "", "what holds now is for its owner to say"


def test_what_is_refused_is_told_until_something_else_is_set(browser, wire, field, chosen):
    chosen.refusal = ConfigError("No such model.", fix="Take another.")
    assert choose(browser, wire, field, "x") == "refused"
    assert "No such model.\nTake another." in field.problem
    field.value = "y"
    assert field.problem == ""
    assert choose(browser, wire, field, "x") == "refused"
    chosen.refusal = None
    assert choose(browser, wire, field, "x") == "taken"
    assert field.problem == ""


@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter"])
def test_a_key_is_refused_and_goes_to_nobody(browser, wire, field, chosen, provider):
    key = fake_key(provider)
    assert choose(browser, wire, field, f" {key}") == "misplaced"
    assert "it belongs in the key field" in field.problem
    assert chosen.texts == []
    assert found_in(wire.text() + repr(field) + repr(field.get_state()), key) == []


def test_no_other_fault_leaves_the_field_since_its_frames_hold_what_was_typed(browser, wire, field, chosen):
    chosen.refusal = RuntimeError("typed-text")
    assert choose(browser, wire, field, "typed-text") == "refused"
    assert field.problem == "Not set: that did not work. What you typed is still here."
    assert "typed-text" not in wire.text()


@pytest.mark.parametrize("message", ["choose", {}, {"kind": "other", "value": "x"}, {"kind": "action"}])
def test_other_messages_are_left_alone(wire, field, chosen, message):
    field._handle_custom_msg(message, [])
    assert chosen.texts == []
    assert wire.custom(field) == []


def test_the_button_beside_the_note_does_what_its_owner_says(browser, chosen):
    pressed = []
    field = ModelField(chosen, ModelRows(), on_action=lambda: pressed.append(1), action="Refresh")
    browser.custom(field, {"kind": "action"})
    assert pressed == [1]


def test_fields_refer_to_their_rows_and_do_not_hold_them(wire):
    rows = ModelRows(rows=[[f"model-{n}", "", "", ""] for n in range(400)])
    fields = [ModelField(print, rows) for _ in range(10)]
    assert wire.text().count("model-399") == 1
    assert {field.get_state("rows")["rows"] for field in fields} == {f"IPY_MODEL_{rows.model_id}"}
    assert repr(fields[0]) == "ModelField('')"
