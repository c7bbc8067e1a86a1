"""What people agree to in a summary stands in the place of what was said before."""

from __future__ import annotations

import pytest

from byok_widgets.grounding.asked import Asked
from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.rules.recaps import is_left_out
from byok_widgets.messages import Message

ROLES = {"u": "user", "a": "assistant"}


def left_out(value: str, text: str) -> bool:
    dialogue = Dialogue(Message(ROLES[each[0]], each[3:]) for each in text.split("|"))
    return is_left_out(dialogue, Asked("field", value, "text"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("3 pm", "u: 3 pm|a: I have 4:30 pm. Can you confirm?|u: Yes."),
        ("May 3", "u: On May 3|a: That is full, so May 5 at 9. Is that right?|u: Okay, that's right."),
        ("Monday", "u: Monday|a: Closed. To confirm: Tuesday.|u: Confirmed. Where are you?"),
    ],
)
def test_what_an_agreed_summary_has_not_is_left_out(value: str, text: str) -> None:
    assert left_out(value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("4:30 pm", "u: 3 pm|a: I have 4:30 pm. Can you confirm?|u: Yes."),
        ("3 pm", "u: 3 pm|a: I have 4:30 pm. Can you confirm?|u: Yes, but I said 3 pm."),
        ("3 pm", "u: 3 pm|a: I have 4:30 pm. Can you confirm?|u: That's not right."),
        ("3 pm", "u: 3 pm|a: I have 4:30 pm, too.|u: Great, how far is it?"),
        ("3 pm", "u: 3 pm|a: To confirm: a table for 4 on May 5.|u: Yes."),
        ("3 pm", "u: 3 pm|a: To confirm: 4 pm.|u: Yes. Oh, could it be at 3 pm?"),
        ("3 pm", "u: 3 pm|a: To confirm: 4 pm.|u: Yes.|a: 4 pm is gone, 3 pm is free.|u: Fine."),
        ("Monday", "u: Monday|a: Monday the 3rd is full. To confirm: May 4.|u: Yes."),
        ("Monday", "u: On Monday|a: To confirm: May 4.|u: Yes."),
        ("May 3", "u: On May 3|a: To confirm: tomorrow.|u: Yes."),
        ("Rome", "u: Rome|a: To confirm: Milan.|u: Yes."),
    ],
)
def test_what_may_be_the_same_or_is_said_again_stays(value: str, text: str) -> None:
    assert not left_out(value, text)
