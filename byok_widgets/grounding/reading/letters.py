"""Letters in the form in which they are compared: what people write in several ways becomes one."""

from __future__ import annotations

import unicodedata

from byok_widgets.text_forms import normalized

_MARKED = ("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW")
"""Scripts whose marks are often left out; in others, as in Devanagari, they are vowels and tell words apart."""

_SAME = str.maketrans(
    {
        **dict.fromkeys("ıİ", "i"),
        **dict.fromkeys("أإآٱ", "ا"),
        **dict.fromkeys("ىیئې", "ي"),
        **dict.fromkeys("ةۀە", "ه"),
        "ؤ": "و",
        "ک": "ك",
        "گ": "ك",
        "ـ": "",
        "ء": "",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ё": "е",
        "ґ": "г",
    }
)
_UNSPACED = ("THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "JAVANESE", "TAI ")


def folded(text: str) -> str:
    """Return a text without case, width and Unicode form."""
    # Twice: folding the case can undo the normal form.
    return normalized("NFKC", normalized("NFKC", text).casefold())


def bare(text: str) -> str:
    """Return a folded text without accents and other marks that people leave out, and with European digits."""
    if text.isascii():
        return text
    parts = normalized("NFD", text.translate(_SAME))
    kept: list[str] = []
    base = ""
    for char in parts:
        if not unicodedata.combining(char):
            base = char
        elif _script(base).startswith(_MARKED):
            continue
        kept.append(_digit(char))
    return normalized("NFC", "".join(kept).translate(_SAME))


def in_usual_signs(text: str) -> str:
    """Return a text of the same length, with European digits, and in half width: "９：３０" is "9:30"."""
    return text if text.isascii() else "".join(map(_usual, text))


def _usual(char: str) -> str:
    narrow = normalized("NFKC", char) if unicodedata.east_asian_width(char) == "F" else char
    return _digit(narrow) if len(narrow) == 1 else char


def is_word_char(char: str) -> bool:
    """Whether it is a letter, the mark of one, or a digit."""
    return char.isalnum() if char.isascii() else unicodedata.category(char)[0] in "LMN"


def stands_alone(char: str) -> bool:
    """Whether its script has no spaces between words, or attaches particles, so that each character is a word."""
    if char.isascii():
        return False
    return unicodedata.east_asian_width(char) == "W" or _script(char).startswith(_UNSPACED)


def is_latin(char: str) -> bool:
    """Whether it is a Latin letter."""
    return char.isascii() or _script(char).startswith("LATIN")


def is_joining(char: str) -> bool:
    """Whether it belongs to the character before it."""
    return not char.isascii() and (unicodedata.category(char)[0] == "M" or char in "\u200c\u200d")


def _script(char: str) -> str:
    return unicodedata.name(char, "") if char else ""


def _digit(char: str) -> str:
    return str(unicodedata.digit(char)) if unicodedata.category(char) == "Nd" else char
