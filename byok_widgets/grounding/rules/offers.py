"""Values of which only the model spoke: offers that people declined, and examples of what they may say.

The words are English; in other languages there is no sign, and every value counts as meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from byok_widgets.grounding.dialogue import Dialogue, Kind
from byok_widgets.grounding.evidence import Evidence
from byok_widgets.grounding.reading.answer_words import ASSENT, PRAISE, YES, any_of, pattern
from byok_widgets.grounding.reading.language import COMMON_WORDS
from byok_widgets.grounding.reading.sentences import sentences
from byok_widgets.grounding.reading.talked_about import names_any
from byok_widgets.grounding.reading.words import words_of

_OTHERS = re.compile(r"\b(?:another|others?|else|different|alternatives?)\b(?P<what>[^.,;:?!]*)", re.IGNORECASE)
"""Words with which people ask for something else, and the words after them."""
_OPEN = "one ones option options place places choice choices suggestion suggestions available"
_ANYTHING = COMMON_WORDS | frozenset(_OPEN.split())
"""Words after those which leave open what it is."""
_NO_OTHERS = re.compile(
    r"(?<!\bthere )\b(?:any(?:thing|one|body)|nothing|nobody|no one) else\b(?! (?:available|free|open)\b)"
    r"|\bother than\b|\beach other\b",
    re.IGNORECASE,
)
_AGREEMENT = pattern(rf"\b{any_of(YES, ASSENT, PRAISE, 'works?|book it|please do|thanks?')}\b")
_PATIENCE = 3
"""How many messages of people may follow an offer before they decline it."""
_OPTIONS = re.compile(r"\bor\b", re.IGNORECASE)
_EXAMPLES = re.compile(r"\b(?:you can say|such as|for example|for instance|something else)\b", re.IGNORECASE)

_BUT = re.compile(r"\b(?:but|however)\b", re.IGNORECASE)
_WORDS_OF_A_THING = 3
_STOPS = ".?!"
_POINTING = re.compile(
    r"\b(?:first|second|third|former|latter|last|later|earlier|both|either|any|all|whichever|whatever|that|this|those"
    r"|these|ones?|same|it|them)\b",
    re.IGNORECASE,
)


def only_suggests(dialogue: Dialogue, name: str, value: Any, kind: Kind, allowed: Sequence[Any] = ()) -> bool:
    """Whether only the model says a value, as an offer that was declined or an example of an answer.

    Args:
        dialogue: The dialogue.
        name: The name of the field, and its description: who wants "another doctor" declines no date.
        value: A value without parts, which the dialogue says.
        kind: What it is.
        allowed: For a choice, all allowed values.
    """
    looked_up = [dialogue.alone(at).look_up(value, kind, allowed) for at in range(len(dialogue.passages))]
    said = {at: found.evidence for at, found in enumerate(looked_up) if found.mark == "said" and found.evidence}
    if not said or any(map(dialogue.is_by_person, said)):
        return False
    is_choice = kind == "choice"  # one that is suggested may be chosen in other words
    if not is_choice and all(_is_example(dialogue, at, place) for at, place in said.items()):
        return True
    return _is_declined(_replies(dialogue, max(said)), name)


def _replies(dialogue: Dialogue, number: int) -> Iterator[str]:
    """Yield what people say after a message."""
    for at in range(number + 1, len(dialogue.passages)):
        if dialogue.is_by_person(at):
            yield dialogue.passages[at].text


def _is_declined(replies: Iterable[str], name: str) -> bool:
    """Whether people ask for something else of a kind before they agree to anything."""
    for sentence in (each for reply in islice(replies, _PATIENCE) for each in sentences(reply)):
        *_, judged = _BUT.split(sentence)  # "that sounds good, but are there others?"
        asked = None if _AGREEMENT.search(judged) else _OTHERS.search(_NO_OTHERS.sub(" ", judged))
        if asked and _may_be(asked["what"], name):
            return True
        if _AGREEMENT.search(sentence):
            return False
    return False


def _may_be(what: str, name: str) -> bool:
    """Whether what people ask for may be the value of a field: it is open, or named as the field is."""
    words = words_of(what)
    return not words or words[0].bare in _ANYTHING or names_any(name, words[:_WORDS_OF_A_THING])


def _is_example(dialogue: Dialogue, number: int, place: Evidence) -> bool:
    """Whether a question suggests a value among others, "Indian, Thai or what else?", and nobody points at it."""
    reply = next(_replies(dialogue, number), "")
    if _POINTING.search(reply) or _AGREEMENT.search(reply):
        return False
    text = dialogue.passages[number].text
    first = max(text.rfind(mark, 0, place.start) for mark in _STOPS) + 1
    ends = [at for mark in _STOPS if (at := text.find(mark, place.end)) >= 0]
    sentence = text[first : min(ends, default=len(text)) + 1]
    asks = sentence.rstrip().endswith("?") or _EXAMPLES.search(sentence)
    return bool(asks and _OPTIONS.search(sentence))
