"""Whether a value was really said: a string that does not occur in the dialogue may be invented."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def grounded(value: str, texts: Iterable[str]) -> bool:
    """Return whether the words of `value` occur in one of `texts`, side by side and in order.

    Case, punctuation, white space and Unicode spelling do not matter; words are compared whole, so that "an" is
    not found in "can". In scripts that put no space between words, such as Chinese and Japanese, each character is
    a word. A value without any letter or digit counts as said.
    """
    wanted = _words(value)
    return not wanted or any(_holds(_words(text), wanted) for text in texts)


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(map(_spaced, folded)).split()


def _spaced(char: str) -> str:
    if unicodedata.category(char)[0] not in "LMN":  # letters, their marks, and digits
        return " "
    return f" {char} " if unicodedata.east_asian_width(char) == "W" else char


def _holds(words: list[str], wanted: list[str]) -> bool:
    length = len(wanted)
    return any(words[at : at + length] == wanted for at in range(len(words) - length + 1))
