"""Errors of a simulated caller that can be told exactly, and what is none."""

from __future__ import annotations

import time
from typing import Any

import pytest

from byok_widgets import Caller, ConfigError
from byok_widgets.cases.callers.faults import faults_in

ANA = {
    "facts": {
        "name": "Ana",
        "phone": "0170 555 1234",
        "insurance": {"value": "AOK", "asked_by": ["insurance", "insured"]},
    },
    "model": "compatible:caller",
}


def caller(**more: Any) -> Caller:
    return Caller("a patient", **{"goal": "a slot on Tuesday", **ANA, **more})


def dialogue(*pairs: tuple[str | None, str]) -> list[dict[str, Any]]:
    return [{"number": number, "said": said, "reply": reply} for number, (said, reply) in enumerate(pairs, 1)]


@pytest.mark.parametrize(
    ("pairs", "kind", "turn"),
    [
        ([("I am insured with AOK.", "Which day?")], "told_too_soon", 1),
        ([("Hello", "Which day?"), ("Tuesday, AOK", "Fine")], "told_too_soon", 2),
        ([("My number is 0171 999 888", "Thanks")], "invented", 1),
        ([("Write to ana@example.org", "Thanks")], "invented", 1),
        ([("How can I help you?", "Pardon?")], "left_role", 1),
        ([("As an AI language model I cannot call", "Pardon?")], "left_role", 1),
        ([("Hi", "Which day?"), ("Agent: Tuesday then.", "Fine")], "left_role", 2),
        ([("I'm an AI assistant", "Pardon?")], "left_role", 1),
        ([("As a large language model, I have no insurance", "Pardon?")], "left_role", 1),
        (
            [
                ("Hi", "Day?"),
                ("Tuesday", "Which?"),
                ("Hi", "Yes?"),
                ("Tuesday", "Time?"),
                ("Hi", "1"),
                ("Tuesday", "2"),
            ],
            "looped",
            6,
        ),
        ([("Tuesday", "Which day?"), ("tuesday.", "And the name?"), ("Tuesday!", "The name?")], "looped", 3),
        (
            [
                ("Hello, I need a slot on Tuesday.", "Yes?"),
                ("Yes, I need a slot on Tuesday", "Name?"),
                ("As I said: a slot on Tuesday, I need!", "No"),
            ],
            "looped",
            3,
        ),
        ([("Thanks for calling! What can I do for you?", "Pardon?")], "left_role", 1),
        ([("Is there anything else I can help you with?", "Pardon?")], "left_role", 1),
        ([("I'm just a language model", "Pardon?")], "left_role", 1),
        ([("I am a chatbot", "Pardon?")], "left_role", 1),
        ([("**Assistant:** Which day?", "Pardon?")], "left_role", 1),
        ([("Womit kann ich Ihnen dienen?", "Wie bitte?")], "left_role", 1),
        ([("Your appointment has been confirmed.", "Pardon?")], "left_role", 1),
        ([("I'm sorry, but I can't help with that.", "Pardon?")], "left_role", 1),
        ([("My name is [Your Name].", "Pardon?")], "left_role", 1),
        ([("Ana: a slot on Tuesday, please.", "Fine")], "left_role", 1),
        ([("We live in Main Street 12.", "Fine")], "invented", 1),
        ([("My doctor is Dr. Feldmann.", "Fine")], "invented", 1),
        ([("I'm 34 years old.", "Fine")], "invented", 1),
        (
            [("I can't come.", "Name?"), ("I still cannot come.", "Your name?"), ("But I can't come!", "Hm?")],
            "looped",
            3,
        ),
        (
            [("My back hurts.", "Day?"), ("My back is hurting!", "When?"), ("It hurts, my back.", "Hm")],
            "looped",
            3,
        ),
    ],
)
def test_an_error_of_the_caller_is_found(pairs: list, kind: str, turn: int) -> None:
    (fault,) = faults_in(caller(), dialogue(*pairs))
    assert (fault.kind, fault.turn, fault.by) == (kind, turn, "exact")


@pytest.mark.parametrize(
    "pairs",
    [
        [("Ana here, on Tuesday", "Who is your insurance?"), ("AOK", "Thanks")],
        [("My number is 0170-5551234", "Thanks")],
        [("Hi", "We have 2030 or 10:30"), ("10:30 is fine, so 2030 euros", "Thanks")],
        [("Tuesday at 3", "Fine")],
        [("Tuesday", "Which day?"), ("Tuesday", "Which day?"), ("Tuesday", "Which day?")],  # here the flow loops
        [(None, "Hello"), ("Ana", "Which day?")],
        [
            ("Hi", "Day?"),
            ("Tuesday", "Time?"),
            ("Hi", "Day?"),
            ("Tuesday", "Time?"),
            ("Hi", "Day?"),
            ("Tuesday", "x"),
        ],
        [("My laptop is of brand MAOKA", "Thanks")],
        [("Yes", "On Tuesday?"), ("Yes, please.", "At ten?"), ("Yes", "And is Ana right?")],
        [("I'm a chatbot developer", "Ah"), ("Is there anything else I need to bring?", "No")],
        [("Thank you for calling me back", "Sure"), ("Can you help me?", "Yes")],
        [("My question is about Tuesday. Can you book it for me?", "At 9?"), ("At nine.", "Fine")],
        [("My day is Tuesday", "Number 7 or 12?"), ("My number is 12, then.", "Fine")],
        [("A slot on Tuesday?", "No"), ("A slot on Wednesday?", "No, sorry"), ("A slot on Friday?", "Fine")],
        [("Is there a slot?", "At 9"), ("A later slot?", "At 10"), ("An even later slot?", "At 11")],
        [("Please hold on while I look for my card.", "Sure"), ("I'm sorry, but I can't find it", "Fine")],
    ],
)
def test_what_a_caller_may_say(pairs: list) -> None:
    assert faults_in(caller(), dialogue(*pairs)) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("12 March 1951", "I was born on March 12th, 1951."),
        ("14 kg", "He weighs fourteen kilograms."),
        ("KX21 RTF", "It is the van with KX21RTF."),
        ("I am moving to Graz", "Since I'm moving to Graz, I call."),
    ],
)
def test_a_fact_is_the_same_in_another_form(value: str, said: str) -> None:
    held_back = caller(facts={"fact": {"value": value, "asked_by": ["which"]}})
    (fault,) = faults_in(held_back, dialogue((said, "Thanks")))
    assert (fault.kind, fault.what) == ("told_too_soon", "fact")
    assert faults_in(held_back, dialogue(("Hi", "Which?"), (said, "Thanks"))) == []


@pytest.mark.parametrize("said", ["It is 0170-5551234.", "0170 / 5551234", "(0170) 555-1234"])
def test_a_number_is_the_same_however_it_is_grouped(said: str) -> None:
    held_back = caller(facts={"phone": {"value": "0170 555 1234", "asked_by": ["number"]}})
    (fault,) = faults_in(held_back, dialogue((said, "Thanks")))
    assert (fault.kind, fault.what) == ("told_too_soon", "phone")
    assert faults_in(held_back, dialogue(("Hi", "Your number?"), (said, "Thanks"))) == []


def test_an_address_is_the_same_with_other_commas() -> None:
    held_back = caller(facts={"address": {"value": "5 Main Street", "asked_by": ["where"]}})
    assert [each.kind for each in faults_in(held_back, dialogue(("5, Main Street", "Fine")))] == ["told_too_soon"]


def test_a_persona_that_is_an_assistant_may_say_so() -> None:
    assistant = Caller("the assistant of a director", goal="a slot", model="compatible:caller")
    assert faults_in(assistant, dialogue(("I'm an assistant at Meyer", "Hello"))) == []
    assert [each.kind for each in faults_in(assistant, dialogue(("I'm an AI assistant", "Hm")))] == ["left_role"]
    assert [each.kind for each in faults_in(caller(), dialogue(("I'm an assistant", "Hm")))] == ["left_role"]


@pytest.mark.parametrize(
    "wrong",
    [
        *({"goal": ""}, {"model": ""}, {"model": "gpt"}, {"facts": ["Ana"]}, {"facts": {"a": None}}),
        *({"facts": {"a": {"value": "x", "when": 1}}}, {"max_turns": 0}, {"attempts": True}),
        *({"min_validity": 2}, {"done_if": "x ="}, {"temper": 3}, {"nobody": 1}),
    ],
)
def test_what_is_no_caller_is_refused(wrong: dict) -> None:
    data = {"persona": "a patient", "goal": "a slot", **ANA, **wrong}
    with pytest.raises(ConfigError):
        Caller.of(data)


def test_a_caller_is_the_same_after_it_was_written() -> None:
    one = caller(temper="impatient", done_if="time is not None")
    again = Caller.of(one.data)
    assert again.id == one.id
    assert again.system == one.system
    assert all(word in one.system for word in ("a patient", "impatient", "a slot on Tuesday", "0170 555 1234"))
    assert caller(temper="calm", done_if="time is not None").id != one.id


@pytest.mark.parametrize("part", ["é", "1 23 ", "a@", "a.", "é@é.", "as an ", "AOK", "my x is 3 ", "[a "])
def test_no_dialogue_is_looked_at_for_long(part: str) -> None:
    """What both sides say comes from endpoints, which may be hostile."""
    said = part * (200_000 // len(part))
    before = time.process_time()
    faults_in(caller(), dialogue((said, said), (said, said)))
    assert time.process_time() - before < 5, "minutes without a limit"
