"""What people plainly take back was not said; what they only speak about, or say again, was."""

from __future__ import annotations

import time
from typing import Any

import pytest

from byok_widgets.grounding.asked import Asked
from byok_widgets.grounding.dialogue import Dialogue, Kind
from byok_widgets.grounding.rules.taken_back import is_taken_back
from byok_widgets.messages import Message

ROLES = {"u": "user", "a": "assistant"}
CLASSES = ("economy", "business")


def taken_back(name: str, value: Any, text: str) -> bool:
    dialogue = Dialogue(Message(ROLES[each[0]], each[3:]) for each in text.split("|"))
    kind: Kind = "choice" if value in CLASSES else "text" if isinstance(value, str) else "number"
    found = dialogue.look_up(value, kind, CLASSES).evidence
    assert found
    return is_taken_back(dialogue, Asked(name, value, kind, CLASSES), found)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("people", 4, "u: 4 people. I mean 5."),
        ("people", 4, "u: for 4... wait, 6"),
        ("people", 4, "u: make it 5, not 4"),
        ("nights", 3, "u: 3 nights from Tuesday, I'm Ana. No, make it 5."),
        ("nights", 3, "u: Three nights|a: And your name?|u: Ana. And make it 5"),
        ("nights", 3, "u: 3 nights|a: From which day?|u: from Tuesday, and make it 5"),
        ("people", 4, "u: table for 4|a: ok, 4|u: sorry, 5 people"),
        ("people", 4, "u: 4|a: 4 people?|u: no, 6"),
        ("people", 6, "a: Is it for 6 people?|u: four"),
        ("people", 2, "u: 3 nights for 2 people|a: 3 nights, 2 people?|u: no, 4 people"),
        ("time", "7 pm", "u: 7 pm. Sorry, 8:30 pm."),
        ("day", "Monday", "u: Monday|a: Monday then|u: actually, Tuesday"),
        ("day", "Monday", "u: Monday doesn't work, Tuesday does"),
        ("day", "Monday", "u: any day except Monday"),
        ("day", "Monday", "u: Monday|a: fine|u: could you change it to Tuesday"),
        (
            "date",
            "1st of March",
            "u: 1st of March, 6 pm|a: today at 6 pm?|u: Actually, make it the 5th of March at 2 pm.",
        ),
        ("seat", "economy", "a: economy?|u: no"),
        ("seat", "economy", "a: economy or business?|u: business"),
        ("name", "Ana", "u: My name is Ana, no sorry, Anya"),
        ("name", "Ana", "u: I'm not Ana, I'm her sister"),
        ("name", "Bob", "a: Is that Bob?|u: no, it's Rob"),
        ("name", "Smith", "a: Hi, I'm Agent Smith. Your name?|u: Rob"),
        ("city", "rome", "u: rome no wait oslo"),
        ("city", "Milan", "u: Rome, not Milan"),
        ("place", "Mario's", "a: How about Mario's?|u: I don't like Mario's"),
        ("doctor", "Dr. Brandt", "u: Dr. Brandt, but I'd prefer Dr. Sato this time"),
        ("budget", 600, "u: Last year we paid 600, this time up to 800"),
        ("patient_name", "Paula", "a: Clinic, this is Paula|u: I'm Rob"),
        ("name", "Kim", "a: My name is Kim.|u: Hi Kim, I'm Pat"),
        ("symptom", "fever", "a: Has she any fever?|u: No fever, but a cough"),
        ("reason", "economy", "u: It isn't economy"),
        ("date", "May 12", "a: On May 12?|u: I can't on the 12th"),
        ("date", "Wednesday", "a: Wednesday is full, I'm afraid."),
        ("city", "Lyon", "u: Lyon please|a: Lyon it is.|u: Hang on, make that Nice"),
        ("quantity", 10, "u: ten please|a: Ten.|u: Hold on, let's say twelve"),
    ],
)
def test_what_is_plainly_taken_back_is_not_meant(name: str, value: Any, text: str) -> None:
    assert taken_back(name, value, text)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("people", 4, "u: table for 4, sorry I'm late"),
        ("people", 4, "u: 4 people, actually 2 rooms too"),
        ("people", 4, "u: 4 people. Make it at 7."),
        ("people", 4, "u: for 4|a: 4 people at 7?|u: no, 8 pm"),
        ("people", 4, "u: 5, no 4 people"),
        ("people", 4, "u: for 4|a: And at what time?|u: Make it 7"),
        ("people", 4, "u: for 4|a: On which day, and at what time?|u: Tuesday, and make it 7"),
        ("people", 4, "u: 4 people, 3 nights. Make it 5"),
        ("people", 4, "u: 4 people. Also make it 2 rooms."),
        ("nights", 3, "u: 3 nights for 2 people|a: 3 nights, 2 people?|u: no, 4 people"),
        ("time", "7 pm", "u: if 7 pm doesn't work, then 8 pm"),
        ("time", "7 pm", "u: 7 pm|a: 7 pm?|u: no, 8 pm|a: sorry, only 7 pm is free|u: fine"),
        ("day", "Monday", "u: Monday, sorry, at 7 pm"),
        ("date", "1st of March", "u: 1st of March, 6 pm|a: ok?|u: Make it 7 pm."),
        ("departure", "March 3", "u: March 3|a: And back the same day?|u: No, March 10"),
        ("departure", "March 3", "u: March 3|a: Back on March 9?|u: Make it March 10"),
        ("unavailable_day", "Monday", "u: Monday doesn't work"),
        ("seat", "economy", "u: economy|a: economy, one way?|u: no, round trip"),
        ("name", "Ana", "u: I'm Ana, sorry I'm late"),
        ("name", "Ana", "a: Ana, for 4 people?|u: no, 5"),
        ("agent", "Smith", "a: Hi, I'm Smith.|u: Hi"),
        ("city", "Rome", "u: Rome, not Milan"),
        ("city", "Rome", "u: to Rome, no stops"),
        ("avoid", "Rome", "u: not Rome, Milan"),
        ("old_price", 600, "u: Last year we paid 600, this time 800"),
        ("price", 600, "u: Last year I bought it for 600"),
        ("clinic_name", "Paula's", "a: Hello, this is Paula's|u: I'm Rob"),
        ("name", "Kim", "u: Hi Kim here"),
        ("note", "fever", "u: No fever, but a cough"),
        ("reason", "Rome", "u: not Rome, Milan"),
        ("place", "Mario's", "a: Do you need anything else at Mario's?|u: no"),
        ("place", "Mario's", "a: At Mario's, for 4 at 7 pm?|u: no, at 8"),
        ("people", 4, "u: a table for 4|a: 4 people.|u: sorry, at 8"),
        ("city", "Lyon", "u: Lyon|a: Lyon it is.|u: Oh, thanks"),
    ],
)
def test_what_is_only_spoken_about_or_said_again_stays(name: str, value: Any, text: str) -> None:
    assert not taken_back(name, value, text)


@pytest.mark.parametrize("text", ["not 5, sorry, 6. ", "5, sorry, ", "5? no 6 "])
def test_a_text_full_of_doubts_is_looked_through_in_time_that_grows_with_its_length(text: str) -> None:
    def seconds(count: int) -> float:
        dialogue = Dialogue([Message("assistant", text * count), Message("user", text * count)])
        before = time.process_time()
        found = dialogue.look_up(5, "number").evidence
        assert found
        is_taken_back(dialogue, Asked("people", 5, "number"), found)
        return time.process_time() - before

    seconds(10)
    assert seconds(2_000) < 8 * seconds(500) + 0.5, "16 times as long where each is compared with each"
