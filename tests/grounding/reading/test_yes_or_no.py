"""A yes or no that people say plainly: any other word in a sentence may change what it says."""

from __future__ import annotations

import pytest

from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.messages import Message

PLAIN = [
    ("parking", "u: I need parking.", True),
    ("needs_parking", "a: Do you need parking?|u: No.", False),
    ("needs_parking", "a: Hello! Do you need any parking?|u: no, thanks", False),
    ("needsParking", "a: Do you need parking?|u: Yes please!", True),
    ("has_allergies", "a: Any allergies?|u: Nope", False),
    ("has_allergies", "u: I have no allergies.", False),
    ("has_allergy", "u: I don\u2019t have any allergies.", False),
    ("first_visit", "a: Is this your first visit?|u: Yes. My name is Ana.", True),
    ("needs_parking", "u: I need a room.|a: Do you need parking?|u: No.", False),
    ("urgent", "u: Hi. It's not urgent.", False),
    ("is_vegetarian", "u: I'm vegetarian", True),
    ("insurance", "u: Without insurance please", False),
    ("parking", "u: I won't need parking", False),
    ("parking", "u: Parking isn't necessary", False),
    ("refundable", "u: It must be refundable.", True),
    ("needs_parking", "a: And parking?|u: nah, we're good", False),
    ("needs_parking", "a: Do you need parking?|u: Not really.", False),
    ("needs_parking", "a: Would you like parking?|u: That would be great!", True),
    ("needs_parking", "a: Do you need parking?|u: I do.", True),
    ("needs_parking", "a: Do you need parking?|u: By all means!", True),
    ("needs_parking", "a: Do you need parking?|u: I'll pass.", False),
]
OPEN = [
    ("needs_parking", "a: Do you need parking?|u: Not sure."),
    ("needs_parking", "a: Do you need parking?|u: I don't know."),
    ("needs_parking", "a: Do you mind the parking?|u: Not at all."),
    ("needs_parking", "a: Do you need parking?|u: No. Actually, yes."),
    ("needs_parking", "a: Do you need parking or a shuttle?|u: No."),
    ("needs_parking", "a: Would you like to cancel the parking?|u: No."),
    ("needs_parking", "a: Do you mind parking far away?|u: No."),
    ("needs_parking", "a: Do you need parking? Or a shuttle?|u: Yes."),
    ("needs_parking", "a: You don't need parking?|u: No."),
    ("needs_parking", "a: Do you need free parking?|u: No."),
    ("needs_parking", "a: Do you need parking?|u: No.|u: Sorry, I do need parking."),
    ("needs_parking", "u: Do you have parking?"),
    ("needs_parking", "u: do you have parking"),
    ("needs_parking", "u: any parking"),
    ("needs_parking", "u: I don't mind parking."),
    ("needs_parking", "u: No, I need parking."),
    ("needs_parking", "u: If I need parking, I will call."),
    ("needs_parking", "u: My wife needs parking."),
    ("needs_parking", "u: I had parking."),
    ("needs_parking", "a: You need parking."),
    ("no_pets", "a: Do you have pets?|u: No."),
    ("free_parking", "a: Do you need parking?|u: No."),
    ("over_18", "a: Are you over 18?|u: No."),
    ("urgent", "u: There is no rush."),
    ("urgent", "u: It could not be more urgent."),
    ("smoking", "u: I don't smoke."),
    ("t_shirt", "u: I need a t-shirt."),
    ("is_a", "u: no"),
]


def dialogue(text: str) -> Dialogue:
    roles = {"u": "user", "a": "assistant"}
    return Dialogue(Message(roles[each[0]], each[3:]) for each in text.split("|"))


@pytest.mark.parametrize(("name", "text", "said"), PLAIN)
def test_the_opposite_of_what_is_plainly_said_is_told(name: str, text: str, said: bool) -> None:
    assert dialogue(text).says_opposite(name, value=not said)
    assert not dialogue(text).says_opposite(name, value=said)


@pytest.mark.parametrize(("name", "text"), OPEN)
def test_nothing_is_told_where_it_may_be_meant_otherwise(name: str, text: str) -> None:
    assert not any(dialogue(text).says_opposite(name, value=value) for value in (True, False))
