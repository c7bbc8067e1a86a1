"""Words are told apart by what was said, and dialogues by what was heard."""

from __future__ import annotations

import pytest

from byok_widgets.serve.stores.dialogue import Dialogue, normal
from byok_widgets.serve.turns.matching import Candidate, Past, best, is_end_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Yes, please.", "yes please"),
        ("  ANA \n", "ana"),
        ("Straße", "STRASSE"),
        ("ﬁve", "five"),
        ("¿Qué?", "qué"),
        ("twenty-one", "twenty one"),
    ],
)
def test_differences_that_clients_make_do_not_count(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(("one", "other"), [("5 €", "5"), ("a+b", "ab"), ("?", "!"), ("résumé", "resume")])
def test_other_differences_do(one: str, other: str) -> None:
    assert normal(one) != normal(other)


def test_a_dialogue_is_what_was_said() -> None:
    dialogue = Dialogue.of(
        [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "there"}]},
            {"role": "assistant", "content": None, "tool_calls": []},
            {"role": "user", "content": "again"},
            {"role": "tool", "content": "result", "tool_call_id": "x"},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "  "},
        ]
    )
    assert dialogue.texts == ("Hi there again",)
    assert dialogue.heard == ("Hello.",)
    assert dialogue.is_answered
    assert not dialogue.after_tool


def test_most_that_was_heard_wins_and_what_was_not_said_does_not_count() -> None:
    past = Past(("a",), ("Good morn",))
    said = [Candidate(("a",), (reply,)) for reply in ("Good evening.", "Good morning.", None)]
    assert best(past, said, strict=True) == 1
    assert best(past, said[:1], strict=True) is None
    assert best(past, said[:1], strict=False) == 0
    assert best(Past(("a",), ("",)), said, strict=True) == 0
    assert best(past, [], strict=False) is None


def test_the_last_messages_alone_are_the_end_of_a_dialogue() -> None:
    assert is_end_of(("b", "c"), ("a", "b", "c"))
    assert not is_end_of(("x", "c"), ("a", "b", "c"))
    assert not is_end_of(("a", "b", "c"), ("b", "c"))
