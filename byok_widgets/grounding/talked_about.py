"""Signs that a value was not meant: nobody spoke about its field, or the words are those of something else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from byok_widgets.grounding.choices import is_same_word
from byok_widgets.grounding.passage import Passage
from byok_widgets.grounding.words import Word, places, words_of

_SMALL_WORDS = """
    a about an and any are as at be been but by can could do does for from had has have he her his
    how i if in is it its me my no not of on or our she should so some that the their them there
    they this to us was we were what when where whether which who will with would yes you your
"""
_FUNCTION_WORDS = frozenset(_SMALL_WORDS.split())
_TYPE_WORDS = frozenset({"true", "false", "flag", "field", "value", "boolean", "bool"})
_LEAST_ENGLISH = 0.3
"""Share of the words of a dialogue from which it counts as English.

Sixty English dialogues have 0.35 and more. A German, a French, an Italian and a Dutch sentence had up to 0.19; a
Danish one, which shares many small words, had 0.5 and is taken for English.
"""
_LEAST_LETTERS = 3


def is_english(passages: Sequence[Passage]) -> bool:
    """Whether a dialogue is in English, as far as its small words show; a few words alone do not."""
    words = [word.bare for passage in passages for word in passage.words]
    known = [word for word in words if word in _FUNCTION_WORDS]
    return len(set(known)) > 1 and len(known) >= _LEAST_ENGLISH * len(words)


def is_talked_about(words: str, passages: Sequence[Passage]) -> bool:
    """Whether a word of a field's name or description is in the dialogue; true if they hold no telling word.

    Args:
        words: The name of the field, and its description.
        passages: The dialogue.
    """
    telling = _telling(words)
    if not telling:
        return True
    return any(is_same_word(said.bare, word) for passage in passages for said in passage.words for word in telling)


def is_of_another_kind(name: str, value: str) -> bool:
    """Whether a text cannot be the date or time that the name of its field asks for: a number of another kind.

    Texts without digits may be a date in words that are not known here, and pass.
    """
    asked = {word.bare for word in words_of(_spaced(name))}
    if not any(char.isdigit() for char in value):
        return False
    passage = Passage(value)
    if "date" in asked:
        return not passage.dates
    return "time" in asked and not passage.times and len(passage.numbers) > 0 and not _may_be_an_hour(passage)


def _may_be_an_hour(passage: Passage) -> bool:
    return any(0 <= number <= 24 for said in passage.numbers for number in said.values)


def is_said_of_the_other_end(name: str, value: str, passages: Sequence[Passage]) -> bool:
    """Whether a field asks where something starts or ends, and the dialogue says the value of the other end only.

    "From Rome to Oslo" says Oslo of no `origin`. The words are English; others are no sign.
    """
    asked = {word.bare for word in words_of(_spaced(name))}
    ends = [end for end, names in _ENDS.items() if asked & names]
    if len(ends) != 1:
        return False
    wanted = words_of(value)
    before = {end for passage in passages for end in _ends_before(passage.words, wanted)}
    return bool(before) and ends[0] not in before


_ENDS = {
    "start": frozenset({"origin", "from", "source", "start", "pickup", "sender"}),
    "end": frozenset({"destination", "to", "target", "end", "dropoff", "recipient"}),
}
"""Words in the names of fields, by the end that they ask for."""
_LEADING = {"from": "start", "leaving": "start", "out": "start", "to": "end", "toward": "end", "towards": "end"}
"""Words before a place or a person, by the end that they say."""
_LINKS = frozenset({"of", "the"})


def _ends_before(words: Sequence[Word], wanted: Sequence[Word]) -> Iterator[str]:
    """Yield the end that the words before each place of a value say."""
    for first, _ in places(words, wanted):
        before = next((word.bare for word in reversed(words[:first]) if word.bare not in _LINKS), "")
        if before in _LEADING:
            yield _LEADING[before]


@lru_cache(maxsize=1024)
def _telling(words: str) -> tuple[str, ...]:
    found = {word.bare for word in words_of(_spaced(words)) if len(word.bare) >= _LEAST_LETTERS}
    return tuple(sorted(found - _FUNCTION_WORDS - _TYPE_WORDS))


def _spaced(words: str) -> str:
    """Return names as they are written in code with spaces between their words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words.replace("_", " "))
