"""What only the model spoke of is not what people want, if they declined it or it was an example of an answer."""

from __future__ import annotations

import pytest

from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.rules.offers import only_suggests
from byok_widgets.messages import Message


def suggests(value: str, *texts: str) -> bool:
    """Look at a value in a dialogue which the model begins."""
    said = [Message("user" if at % 2 else "assistant", text) for at, text in enumerate(texts)]
    return only_suggests(Dialogue(said), "restaurant_name The name of the diner", value, "text")


@pytest.mark.parametrize(
    "texts",
    [
        ("How about Aldo's?", "Is there another place?"),
        ("How about Aldo's?", "Where is that?", "In Main Street.", "Do you have any others?"),
        ("How about Aldo's?", "I'd like something else.", "Then Berta's.", "Yes, please."),
        ("Shall it be Aldo's, Berta's or something else?", "A place by the sea."),
        ("You can say Aldo's or Berta's.", "Carla's."),
        ("How about Aldo's?", "Are there other diners?"),
        ("How about Aldo's?", "Where is it?", "In Main Street.", "Is there anything else?"),
        ("How about Aldo's?", "Isn't there anything else available?"),
        ("How about Aldo's?", "That sounds good, but is there another one?"),
        ("How about Aldo's?", "Find me some other cheap restaurant."),
        ("How about Aldo's?", "Are there any others? Ramen would be good."),
        ("How about Aldo's?", "Anything else available?"),
    ],
)
def test_a_declined_offer_and_an_example_are_only_suggested(texts: tuple[str, ...]) -> None:
    assert suggests("Aldo's", *texts)


@pytest.mark.parametrize(
    "texts",
    [
        ("How about Aldo's?", "Yes."),
        ("How about Aldo's?", "Sounds good. Is there another table?"),
        ("How about Aldo's?", "Where is it?", "In Main Street.", "Then book it.", "Done.", "Another taxi, too."),
        ("How about Aldo's?", "No, there is nothing else I need."),
        ("How about Aldo's?", "Then book it. I don't need anything else."),
        ("How about Aldo's?", "Is there another?", "No, only Aldo's.", "Well."),
        ("How about Aldo's?", "Another one.", "Berta's?", "No, Aldo's."),
        ("Aldo's or Berta's?", "The first one."),
        ("Aldo's or Berta's?", "Yes."),
        ("Aldo's or Berta's?", "To Aldo's."),
        ("Hello.", "To Aldo's, or another place."),
        ("Welcome back to Aldo's! How may I help?", "I need a different table."),
    ],
)
def test_what_people_say_or_agree_to_is_meant(texts: tuple[str, ...]) -> None:
    assert not suggests("Aldo's", *texts)
