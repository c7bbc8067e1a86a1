"""Words for nothing, and the same words where the dialogue holds them."""

from __future__ import annotations

import pytest

from byok_widgets.schema.values.unstated_words import said_in, says_nothing


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "…",
        "n/a",
        "N/A.",
        "N / A",
        "<string>",
        "なし",
        "nessuno",
        "n.a.",
        "(unknown)",
        "(-)",
        "[ ]",
        "<none>",
        "[not stated]",
        "Not mentioned.",
        "TBD",
        "tba",
        "to be  determined",
        "null",
        "NA",
        "na",
        "Nil",
        "not applicable",
        "No information provided",
        "not yet known",
        "???",
        "(?)",
        "\u200b",
        "\ufeff-\u00a0",
        "unknown?",
        "Keine Angabe",
        "nicht erwähnt.",
        "non spécifié",
        "não informado",
        "no se menciona",
        "(sconosciuto)",
        "Belirtilmemiş",
        "Не указано",
        "未提及",
        "not provided by the user",
        "No name given",
        "The user did not say",
        "the caller didn't mention it",
        "not stated in the dialogue",
        "not yet provided",
        "not explicitly stated",
        "information not available",
        "none was mentioned",
        "to be provided",
        "<name>",
        "[your name]",
        "{{city}}",
    ],
)
def test_words_for_nothing_state_nothing(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "0",
        "Nina",
        "not now",
        "none of them",
        "Anna",
        "nullify",
        "TBD-7",
        "n",
        ":-)",
        "[{]",
        "Q?",
        "C++",
        "no nuts",
        "not far from the airport",
        "The caller likes tea",
        "known for its tea",
        "a well-known place",
        "<3",
        "[1]",
        "{}-shaped box",
        "\u200bAna",
    ],
)
def test_other_words_are_values(text: str) -> None:
    assert not says_nothing(text)


@pytest.mark.parametrize(
    ("text", "said", "is_value"),
    [
        ("NA", "My code is NA, as in Namibia.", True),
        ("Na", "It's sodium: Na.", True),
        ("Null", "jennifer null is my name", True),
        ("null", "My name is Jennifer Null", True),
        ("NA", "Nana is fine.", False),
        ("na", "Moro na rua Augusta.", False),
        ("Na", "Moro na rua Augusta.", False),
        ("NA", "My phone? N/A", False),
        ("TBD", "It is TBD.", False),
        ("No towels provided", "The sign said: no towels provided.", True),
        ("No towels provided", "Where are the towels?", False),
        ("<think>", "Write <think> on it.", True),
        ("blank", "Leave the back blank, please.", True),
        ("Aucun", "Aucun, merci.", True),
        ("none", "None of these.", False),
        ("n/a.", "That is n/a.", False),
        ("unbekannt", "Er ist unbekannt verzogen.", True),
        ("Inconnu", "Le film s'appelle « L'inconnu ».", True),
    ],
)
def test_a_word_that_may_be_a_name_counts_where_it_was_said(text: str, said: str, is_value: bool) -> None:
    assert says_nothing(text, said_in([said])) is not is_value
