"""Another value may take the place of one without any word of correction."""

from __future__ import annotations

from typing import Any

import pytest

from byok_widgets.grounding.asked import Asked
from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.rules.replaced import is_replaced
from byok_widgets.messages import Message

ROLES = {"u": "user", "a": "assistant"}


def replaced(value: Any, text: str) -> bool:
    dialogue = Dialogue(Message(ROLES[each[0]], each[3:]) for each in text.split("|"))
    return is_replaced(dialogue, Asked("field", value, "text" if isinstance(value, str) else "number"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Rome", "u: I'm traveling to Rome.|a: There is a train.|u: Hm. I'm traveling to Oslo."),
        (300, "u: Could I withdraw 300?|a: At most 200.|u: Then 200."),
        ("4:45 pm", "u: At 4:45 pm.|a: Sorry, that is taken. How about 4:30 pm?|u: That works."),
    ],
)
def test_a_value_in_whose_place_people_say_another_is_replaced(value: Any, text: str) -> None:
    assert replaced(value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Rome", "u: I'm traveling to Rome.|a: From?|u: Oslo. And I'm traveling to Bari after that."),
        ("Rome", "u: I'm traveling to Rome.|a: When?|u: Are you traveling to Oslo?"),
        (300, "u: Could I have 300?|a: The fee is 5.|u: 5 is fine."),
        (300, "u: I need 300.|a: At most 200.|u: 200 is not enough."),
        ("9 am", "u: Out at 9 am, back at 5 pm.|a: Sorry, 5 pm is taken. How about 6 pm?|u: That works."),
        ("4:45 pm", "u: At 4:45 pm.|a: Sorry, that is taken. How about 4:30 pm?|u: No, thanks."),
    ],
)
def test_another_value_beside_it_replaces_nothing(value: Any, text: str) -> None:
    assert not replaced(value, text)
