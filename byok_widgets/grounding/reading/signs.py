"""What stands directly around a place: signs that make another value of the same words, and pieces of longer ones.

"O+" is not "O-", nor "C" the language "C++"; "5" is not said in "1.5", nor "s" in "it's".
"""

from __future__ import annotations

import bisect
import re

from byok_widgets.grounding.reading.language import COMMON_WORDS
from byok_widgets.grounding.reading.passage import Passage

Place = tuple[int, int]

_SIGN_OF = {"plus": "+", "positive": "+", "pos": "+", "sharp": "#", "\u2212": "-"}
_SIGN_OF |= dict.fromkeys(("minus", "negative", "neg"), "-")
_ENDS = re.compile(r"(?<=\w)(?:\+{1,2}|#|[-\u2212])$")
_FOLLOWS = re.compile(
    r"\+{1,2}(?!\w)|#(?!\w)|[-\u2212](?!\w)|\s?\b(?P<word>plus(?:\s+plus)?|positive|pos|sharp|minus|negative|neg)\b",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"[-\u2212](?=\d)")
_PRECEDES = re.compile(r"(?:(?<![\w.,])[-\u2212]|\b(?:minus|negative)\s)$", re.IGNORECASE)
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_BEGINS_WITH_UNIT = re.compile(r"(?:the\s)?[1-9](?:st|nd|rd|th)?(?!\w)", re.IGNORECASE)
_ENDS_IN_TENS = re.compile(r"(?<!\w)[2-9]0(?:th)?$", re.IGNORECASE)
_AFTER_TENS = re.compile(rf"\b(?:{_TENS})[ -]$", re.IGNORECASE)
_BEFORE_UNITS = re.compile(
    r"(?<=ty)[ -](?:one|two|three|four|five|six|seven|eight|nine|first|second|third|\w+th)\b", re.IGNORECASE
)
_LONGEST_ABBREVIATION = 3
_LOOK_BACK = 12


def is_whole(passage: Passage, place: Place, value: str) -> bool:
    """Whether a place with the words of a value has its signs too, and is no piece of a longer word or number.

    Args:
        passage: The message.
        place: The place.
        value: What is looked for.
    """
    text = value.strip()
    return (
        _has_sign_after(passage.text, place, text)
        and _has_sign_before(passage.text, place, text)
        and not _is_after_apostrophe(passage.text, place)
        and not (text.isdecimal() and _is_in_number(passage, place))
        and not _is_in_words(passage.text, place, text)
    )


def is_common_word(passage: Passage, place: Place, value: str) -> bool:
    """Whether a place holds a common word in small letters, and the value is an abbreviation: "it" for `IT`."""
    said = passage.text[slice(*place)]
    is_short = len(value) <= _LONGEST_ABBREVIATION and value.isupper()
    follows_the = _before(passage.text, place).rstrip().casefold().endswith("the")  # "in the us"
    return is_short and said.islower() and said in COMMON_WORDS and not follows_the


def _has_sign_after(text: str, place: Place, value: str) -> bool:
    ends, follows = _ENDS.search(value), _FOLLOWS.match(text, place[1])
    said = _sign(follows) if follows else ""
    if ends:
        return said == ends[0].replace("\u2212", "-")
    is_other = said in ("+", "++", "#") and follows is not None and not follows["word"]
    return not is_other or value.isdecimal()


def _is_in_words(text: str, place: Place, value: str) -> bool:
    """Whether a number at an end of a value is a piece of one in words: "seventh" of "twenty-seventh"."""
    return bool(
        (_BEGINS_WITH_UNIT.match(value) and _AFTER_TENS.search(_before(text, place)))
        or (_ENDS_IN_TENS.search(value) and _BEFORE_UNITS.match(text, place[1]))
    )


def _sign(found: re.Match[str]) -> str:
    return "".join(_SIGN_OF.get(part, part) for part in found[0].casefold().split())


def _has_sign_before(text: str, place: Place, value: str) -> bool:
    """Whether a number is negative in both, or in none of them."""
    if not value.lstrip("-\u2212").replace(".", "").replace(",", "").isdecimal():
        return True
    return bool(_BEGINS.match(value)) == bool(_PRECEDES.search(_before(text, place)))


def _before(text: str, place: Place) -> str:
    return text[max(0, place[0] - _LOOK_BACK) : place[0]]


def _is_after_apostrophe(text: str, place: Place) -> bool:
    start, end = place
    return end - start == 1 and start > 1 and text[start - 1] in "'\u2019" and text[start - 2].isalpha()


def _is_in_number(passage: Passage, place: Place) -> bool:
    """Whether digits are a piece of a number with decimals or groups."""
    at = bisect.bisect_right(passage.decimals, place[0], key=lambda span: span[0]) - 1
    return at >= 0 and place[1] <= passage.decimals[at][1] and place != passage.decimals[at]
