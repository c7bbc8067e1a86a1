"""A dialogue is English unless its script, its words or a locale show another language."""

from __future__ import annotations

import pytest

from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.messages import Message


def is_foreign(*texts: str, locale: str | None = None) -> bool:
    return Dialogue([Message("user", text) for text in texts]).is_foreign(locale)


@pytest.mark.parametrize(
    "text",
    [
        "Hi, I'm Ana",
        "Ana",
        "Dan",
        "Um, Jo from Philadelphia, PA",
        "José",
        "OK",
        "👋",
        "",
        "Café Müller please",
        "Maria de la Cruz",
        "Van der Berg, two people",
        "A crème brûlée and the entrées, please",
        "Ana Silva, 5 Main Street, Tuesday, 10:00, two people, no rush",
        "Los Angeles to San José, Friday",
        "I'm calling for Łukasz and 李明",
    ],
)
def test_short_and_english_texts_are_english(text: str) -> None:
    assert not is_foreign(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hallo, ich bin Anna",
        "Hola, soy Ana",
        "Bonjour, je suis Anne",
        "Ciao, sono Anna",
        "Olá, sou a Ana",
        "Hoi, ik heet Anna",
        "Cześć, jestem Anna",
        "Hej, jeg hedder Anna og vil gerne bestille et bord",
        "Hej, jag heter Anna",
        "Hei, minä olen Anna",
        "Merhaba, ben Ayşe",
        "Dobrý den, jsem Anna",
        "Xin chào, tôi là An",
        "Halo, nama saya Ana",
        "Привет, я Анна",
        "你好,我是安娜",
        "こんにちは、アナです",
        "안녕하세요, 저는 안나예요",
        "مرحبا، أنا آنا",
        "שלום, אני אנה",
        "नमस्ते, मैं आना हूँ",
        "สวัสดีค่ะ ฉันชื่ออนา",
        "Γεια σας, είμαι η Άννα",
        "Jina langu ni Ana na ningependa kuweka meza ya watu wawili kesho jioni saa mbili tu " * 2,
    ],
)
def test_its_script_or_words_show_another_language(text: str) -> None:
    assert is_foreign(text)


def test_the_people_count_before_the_model_and_a_declared_locale_before_both() -> None:
    talk = [Message("assistant", "Guten Tag, was kann ich für Sie tun?"), Message("user", "Hi, I'd like a table.")]
    assert not Dialogue(talk).is_foreign()
    assert Dialogue(talk).is_foreign("de-DE")
    assert Dialogue(talk[:1]).is_foreign()
    assert not Dialogue(talk[:1]).is_foreign("en-GB")
