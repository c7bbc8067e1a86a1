"""Whether a value was really said: a string that does not occur in the dialogue may have been invented."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cached_property


class DialogueWords:
    """The words of a dialogue, in which values are looked for."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = tuple(texts)

    def has(self, value: str) -> bool:
        """Return whether the words of `value` occur in one of the texts, next to each other and in order.

        Case, punctuation, white space and Unicode form do not matter; whole words are compared, so "an" is not
        found in "can". In scripts without spaces between words, such as Chinese and Japanese, each character is a
        word. A value without any letter or digit counts as said.
        """
        wanted = _words(value)
        return not wanted or any(_holds(words, wanted) for words in self._split)

    @cached_property
    def _split(self) -> list[list[str]]:
        return [_words(text) for text in self._texts]


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
