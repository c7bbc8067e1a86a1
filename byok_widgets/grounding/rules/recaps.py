"""Values that a summary leaves out to which people agree: "To confirm: the 13th at 2:30." "That's correct.".

Of a sort of which there is only one field, the summary says what is meant in the end. The words are English; in
other languages there is no summary.
"""

from __future__ import annotations

from byok_widgets.grounding.asked import Asked
from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.reading.answer_words import ASSENT, PRAISE, WAVERING, YES, any_of, pattern
from byok_widgets.grounding.reading.dates import DateSaid
from byok_widgets.grounding.reading.moments import Moment
from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.sentences import sentences

_SUMS_UP = pattern(
    r"\b(?:confirm(?:ing)?|to verify|is (?:that|this|it|everything) (?:right|correct)|correct\?|right\?)"
)
_AGREES = pattern(
    r"(?:(?:oh|ok|okay|well|great)\b[,.!]?\s+)*(?:that(?: is|['’]s) |it is )?"
    rf"{any_of(YES, ASSENT, PRAISE, 'confirmed|exactly')}\b"
)
_WAVERS = pattern(rf"\b{any_of(WAVERING, 'not|no')}\b")
_MOST_MESSAGES = 200


def is_left_out(dialogue: Dialogue, asked: Asked) -> bool:
    """Whether the last summary to which people agree has another day or time, and nobody says this one later.

    Args:
        dialogue: The dialogue.
        asked: A date or a time, of which there is only one field.
    """
    moment, passages = asked.moment, dialogue.passages
    if moment is None or bool(moment.dates) == bool(moment.time) or len(passages) > _MOST_MESSAGES:
        return False
    for number in reversed(range(len(passages) - 1)):
        if asked.places_in(passages[number + 1]) or asked.places_in(passages[number]):
            return False
        if _is_agreed(dialogue, number) and _has_another(moment, passages[number]):
            return True
    return False


def _is_agreed(dialogue: Dialogue, number: int) -> bool:
    """Whether the model sums up in a message, and people say yes and nothing against it."""
    if dialogue.is_by_person(number) or not dialogue.is_by_person(number + 1):
        return False
    answer = next(sentences(dialogue.passages[number + 1].text), "")
    is_yes = _AGREES.match(answer) and not _WAVERS.search(answer)
    return bool(is_yes and _SUMS_UP.search(dialogue.passages[number].text))


def _has_another(moment: Moment, passage: Passage) -> bool:
    if moment.time:
        return any(not said.is_bare for said in passage.times)
    return any(_can_be_compared(said, wanted) for said in passage.dates for wanted in moment.dates)


def _can_be_compared(one: DateSaid, other: DateSaid) -> bool:
    """Whether two days are both days of a month, or both weekdays: Monday may well be the third of March."""
    if one.is_relative or other.is_relative:
        return False
    return (one.day is None) == (other.day is None)
