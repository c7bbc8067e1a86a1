"""To which side a dialogue leans on a yes or no that nobody says in plain words."""

from __future__ import annotations

import pytest

from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.rules.leaning import leaning


def lean(name: str, text: str) -> bool | None:
    said = text.split("|")
    return leaning(name, [Passage(each[3:]) for each in said], [each[0] == "u" for each in said])


@pytest.mark.parametrize(
    ("name", "text", "side"),
    [
        ("express", "a: Would you like the express service?|u: No, thanks, it's not urgent.", False),
        ("trainer", "a: And a trainer?|u: Maybe later.", False),
        ("doctor_note", "a: Do you have a doctor's note?|u: Not yet.", False),
        ("under_warranty", "u: Is it still under warranty after three years?|a: No, sorry.", False),
        ("projector", "a: Do you need the projector?|u: Yes please. No food.", True),
        ("guided_tour", "a: Would you like a guided tour? There is one at 3.|u: Yes, the one at 3.", True),
        ("has_other_loans", "u: I need a loan.|a: Do you have any other loans?|u: No, none.", False),
        ("has_live_music", "a: There is no live music there.", False),
        ("leave_with_neighbor", "a: Would you like it left with a neighbour?|u: No.", False),
        ("leave_with_neighbor", "a: May we leave it with a neighbour?|u: Please don't.", False),
        ("gift_wrap", "a: Gift wrap?|u: I'll pass.", False),
        ("newsletter", "a: Would you like our newsletter?|u: Not interested, sorry.", False),
        ("pin_reset", "a: Shall I reset your PIN?|u: Go ahead.", True),
        ("restarted", "a: Have you tried restarting it?|u: Not yet.", False),
    ],
)
def test_a_question_and_its_answer_show_the_side(name: str, text: str, side: bool) -> None:
    assert lean(name, text) is side


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("parking", "a: Do you need parking or a shuttle?|u: No."),
        ("parking", "a: Would you mind if the parking is far away?|u: No."),
        ("parking", "a: Do you need parking?|u: Yes, but wait, how much is it?"),
        ("parking", "u: I won't need parking. Oh wait, I will need parking."),
        ("insurance", "a: Did you call the insurance?|u: No."),
        ("note", "a: Anything else?|u: Not yet."),
        ("visa", "a: May I ask about the visa?|u: Sure. There is one."),
        ("urgent", "a: Is it urgent?|u: I'm not kidding, it is."),
        ("parking", "a: Parking?|u: Let me see."),
        ("parking", "a: Brauchen Sie einen Parkplatz?|u: Nein."),
    ],
)
def test_an_open_question_and_a_wavering_answer_lean_nowhere(name: str, text: str) -> None:
    assert lean(name, text) is None
