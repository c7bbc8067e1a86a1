"""What only the model offers is not meant where people take another offer, or none."""

from __future__ import annotations

import pytest

from byok_widgets.grounding.asked import Asked
from byok_widgets.grounding.dialogue import Dialogue, Kind
from byok_widgets.grounding.rules.passed_over import is_passed_over
from byok_widgets.messages import Message

FORMATS = ("print", "ebook", "audiobook")
ROLES = {"u": "user", "a": "assistant"}


def passed_over(value: str, text: str) -> bool:
    dialogue = Dialogue(Message(ROLES[each[0]], each[3:]) for each in text.split("|"))
    kind: Kind = "choice" if value in FORMATS else "text"
    return is_passed_over(dialogue, Asked("field", value, kind, FORMATS if kind == "choice" else ()))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Tuesday", "a: Tuesday at 9 or Wednesday at 2?|u: Wednesday is better."),
        ("7:05", "a: There are buses at 7:05, 8:05 and 9:05.|u: I'll take the 8:05."),
        ("Monday", "a: Mr. Ferris is free on Thursday at 3 pm, and Mrs. Cole on Monday at 2.|u: Thursday then."),
        ("ebook", "a: As an ebook or in print?|u: In print, please."),
        ("Central", "a: At the Central branch and at Northside.|u: Northside is near me."),
        ("Dr. Amin", "a: Dr. Amin or Dr. Bell?|u: Who is free first, please.|a: That is Dr. Bell.|u: ok"),
        ("Ada", "a: Room Ada holds 4, room Curie holds 8.|u: We are 6, so Curie."),
        ("6:15 pm", "a: Shall we come at 6:15 pm?|u: Better at 6:30."),
        ("tomorrow", "a: You could come tomorrow.|u: Today, please."),
        ("audiobook", "a: Would you like the audiobook as well?|u: Not this time."),
        ("12 Elm Road", "a: Shall I send it to 12 Elm Road?|u: No, I moved."),
        ("May 1st", "a: Can we collect it on May 1st?|u: The 2nd would be better."),
        ("17:10", "a: There is one at 17:10 and one at 18:40.|u: The later one, please."),
        ("16:00", "a: I have 9:15, 11:45 and 16:00.|u: I'd take the second."),
        ("ebook", "a: In print, as an ebook or an audiobook?|u: the third option"),
        ("Dr. Bell", "a: Dr. Amin or Dr. Bell?|u: The former."),
    ],
)
def test_an_offer_that_is_not_taken_is_passed_over(value: str, text: str) -> None:
    assert passed_over(value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Wednesday", "a: Tuesday or Wednesday?|u: Wednesday."),
        ("Dr. Lee", "a: Dr. Lee has Tuesday or Wednesday.|u: Wednesday."),
        ("Dr. Lee", "a: I have Dr. Lee at Elm or at Oak.|u: At Oak, please."),
        ("Al's Place", "a: Al's Place and its terrace are open.|u: A table on the terrace."),
        ("7 am", "a: It leaves at 7 am and returns at 5 pm.|u: 5 pm for the return is fine."),
        ("9 am", "a: You leave at 9 am. When do you come back?|u: At 5 pm."),
        ("5 pm", "a: We have 5 pm.|u: Can I bring my child? He is out of school at 4 pm."),
        ("7 pm", "a: Is 7 pm fine?|u: No problem."),
        ("Monday", "a: Would Monday be a problem?|u: No."),
        ("Monday", "a: Monday?|u: I can't on Tuesday, so yes."),
        ("Monday", "a: Then it is Monday. Do you need parking?|u: No."),
        ("Rex", "a: Is Rex a dog?|u: No, a cat."),
        ("Mario's", "a: Mario's, on Friday for 4 people, please confirm.|u: No, on Saturday."),
        (
            "9 Elm",
            "a: A table at 9 Elm, it is Sunday, and the booking is for 4.|u: Friday.|a: The booking is on Friday.",
        ),
        (
            "smoked salmon",
            "a: You have smoked salmon, and the delivery is at 5.|u: No, at 6.|a: The delivery is at 6.",
        ),
        ("11:45", "a: I have 9:15, 11:45 and 16:00.|u: I'd take the second."),
        ("Dr. Bell", "a: Dr. Amin or Dr. Bell?|u: The latter."),
        ("17:10", "a: There is one at 17:10 and one at 18:40.|u: The later one is full, I think."),
        ("9:15", "a: I have 9:15.|u: The second."),
        ("Tuesday", "a: Dienstag oder Mittwoch?|u: Mittwoch."),
    ],
)
def test_what_may_be_taken_is_meant(value: str, text: str) -> None:
    assert not passed_over(value, text)
