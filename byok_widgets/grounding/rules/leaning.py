"""To which side a dialogue leans on a yes or no, where it does not say it as plainly as `yes_or_no` asks for.

"Would you like the express service?" "No, thanks, it's not urgent." leans to no, although other words stand around
it. That is enough not to believe a model that says yes. The words are English; in other languages nothing leans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from byok_widgets.grounding.reading.answer_words import (
    DO_NOT,
    GO_AHEAD,
    I_DO,
    I_DO_NOT,
    LEAVE_IT,
    NO,
    NO_TROUBLE,
    NOT_NOW,
    WAVERING,
    WOULD_BE,
    YES,
    any_of,
    pattern,
)
from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.sentences import sentences
from byok_widgets.grounding.reading.talked_about import is_denied, is_talked_about
from byok_widgets.grounding.reading.words import words_of

_ASKS = re.compile(
    r"(?:(?:ok|okay|great|good|fine|sure|and|then|so|also)\b[,.!]?\s+)*"
    r"(?:would you (?:like|want|need|prefer)|do you (?:still |also |already )?(?:want|need|have|require|offer)"
    r"|(?:shall|should) (?:i|we)|(?:may|can) (?:i|we) (?!ask\b|know\b|have\b)"
    r"|have you (?:already |ever )?(?:tried|had|got)"
    r"|(?:is|was) (?:it|this|that|there|he|she|the)|are (?:you|there|they|we)"
    r"|will you (?:need|want|have|be)|do (?:they|we|i) (?:have|need|offer)|(?:has|does) (?:it|he|she)"
    r"|(?:an?|any|with|without|need|want|add|include|keep)\b)",
    re.IGNORECASE,
)
"""How a question begins that a yes or no answers as the field means it; "Did you call the insurance?" does not."""
_OPEN = re.compile(
    r"\b(?:or|mind|problem|without|why|how|what|when|where|which|who|if)\b|\bnot\b|n['’]t\b", re.IGNORECASE
)
_SHORTEST_QUESTION, _LONGEST_QUESTION = 2, 14
"""In words; one as short as "Gift wrap?" has no verb, and can only ask about what it names."""
_YES = pattern(rf"{any_of(YES, GO_AHEAD, I_DO, WOULD_BE, 'please|they do')}\b(?! (?:not|don['’]t|do not)\b)")
_NO = pattern(
    rf"{any_of(NO, NOT_NOW, LEAVE_IT, DO_NOT)}\b(?! (?:know|mind|care)\b){NO_TROUBLE}"
    rf"|{any_of(I_DO_NOT)}(?=\s*(?:[.,!]|$))"
)
_WAVERING = pattern(rf"\b{any_of(WAVERING)}\b")


def leaning(name: str, passages: Sequence[Passage], people: Sequence[bool]) -> bool | None:
    """Return whether a dialogue leans to yes or to no; `None` if it leans nowhere, or to both.

    Args:
        name: The name of the field.
        passages: The dialogue.
        people: For each message, whether a person says it.
    """
    found: set[bool | None] = set()
    is_answer = False
    for number, passage in enumerate(passages):
        answer = _answered(name, number, passages, people)
        if answer is not None:
            found = {*found, answer} - {None}  # what was open before is settled
        elif not is_answer and is_talked_about(name, [passage]):
            found.update(_claims(name, passage, by_person=people[number]))
        is_answer = answer is not None
    return found.pop() if len(found) == 1 else None


def _answered(name: str, number: int, passages: Sequence[Passage], people: Sequence[bool]) -> bool | None:
    """Return the answer to the only question of a message, if it is about the field."""
    text = passages[number].text
    if text.count("?") != 1 or number + 1 == len(passages) or people[number + 1] == people[number]:
        return None
    question = next((each for each in sentences(text) if each.endswith("?")), "")
    return _answer(question, passages[number + 1].text) if is_talked_about(name, [Passage(question)]) else None


def _claims(name: str, passage: Passage, *, by_person: bool) -> Iterator[bool | None]:
    """Yield no for each sentence that denies the field, and `None` for others of people."""
    for sentence in sentences(passage.text):
        about = Passage(sentence)
        if sentence.endswith("?") or not is_talked_about(name, [about]):
            continue
        if is_denied(name, [about]) and not _WAVERING.search(sentence):
            yield False
        elif by_person:
            yield None


def _answer(question: str, reply: str) -> bool | None:
    """Return the yes or no with which a reply begins; `None` for an open question or a wavering reply."""
    length = len(words_of(question))
    is_clear = length <= _SHORTEST_QUESTION or _ASKS.match(question.strip())
    if not is_clear or length > _LONGEST_QUESTION or _OPEN.search(question):
        return None
    said = reply.strip()
    if _YES.match(said):
        return None if _WAVERING.search(said.partition(" ")[2]) else True
    return False if _NO.match(said) else None
