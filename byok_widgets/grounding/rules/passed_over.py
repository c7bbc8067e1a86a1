"""Values that only the model offers, and that people pass over: they take another one, or say no.

"Tuesday or Wednesday?" "Wednesday." leaves no Tuesday, and so does "Is Tuesday all right?" "Better on Wednesday."
The words are English; in other languages there is no sign, and every value counts as taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from byok_widgets.grounding.asked import Asked, Place
from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.reading.answer_words import (
    CANNOT,
    DENYING,
    LEAVE_IT,
    NO,
    NO_TROUBLE,
    NOT,
    NOT_NOW,
    any_of,
    pattern,
)
from byok_widgets.grounding.reading.language import COMMON_WORDS
from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.sentences import last_sentence, sentence_places, sentences
from byok_widgets.grounding.reading.words import Word, words_of
from byok_widgets.grounding.reading.yes_or_no import plain_answer
from byok_widgets.grounding.rules.changed_later import is_plain
from byok_widgets.grounding.rules.pointing import points_at_another

_OR, _LINKING = re.compile(r"\bor\b", re.IGNORECASE), re.compile(r"\b(?:or|and)\b", re.IGNORECASE)
_BESIDE = re.compile(r"\s*(?:[a-z]+\s+)?(?:,|or\b|and\b|$)")
"""What follows one of several values: at most a noun, "the Central branch or", and what links it to the next."""
_DECLINING = pattern(rf"{any_of(NO, NOT_NOW, LEAVE_IT)}\b{NO_TROUBLE}")
_COUNTERING = re.compile(
    rf"(?:{NO}|better|rather|preferably|actually|hm+|sorry"
    r"|i(?:['’]d| would) (?:rather|prefer)|i prefer"
    r"|(?:i['’]ll|i will|let['’]s) (?:take|have|go|do|pick)\b|(?:how|what) about|(?:could|can) (?:we|you|i)"
    r"|i can['’]?t|that['’]s (?:too|not))\b",
    re.IGNORECASE,
)
_NOT_AN_OFFER = re.compile(
    r"\b(?:anything|something|else|others?|mind|problem|wrong|more|against|objections?)\b", re.IGNORECASE
)
"""What makes a no something else than a refusal: "Is there anything else you need at Mario's?"."""
_RECAP = re.compile(r"\b(?:confirm|correct|details|verify|right)\b", re.IGNORECASE)
"""What asks whether all of several things are right."""
_DENYING = pattern(rf"\b{any_of(DENYING, 'except|but')}\b|\btoo\s+\w+|{NOT}")
_CANNOT = pattern(CANNOT)
_CLAUSE_ENDS = re.compile(r"[,;]\s|\bbut\b", re.IGNORECASE)
_PART = re.compile(r",\s*(?P<word>on|at|in|from)\s*$", re.IGNORECASE)
_ENDS = re.compile(r"[?!\n]")
_OPEN_QUESTION = re.compile(r"\b(?:when|what|which|where|who|how)\b", re.IGNORECASE)
_VERB = re.compile(r"\s+(?:is|are|was|were|will|has|have|can)\b", re.IGNORECASE)
_LONGEST_REPLY = 200
_LONGEST_OFFER = 1000
"""In a longer message, values are not compared with each other."""
_MOST_MESSAGES = 200
_LEAST_LETTERS = 3


def is_passed_over(dialogue: Dialogue, asked: Asked) -> bool:
    """Whether only the model says a value, the last time as an offer that people do not take.

    Args:
        dialogue: The dialogue.
        asked: The value.
    """
    passages = dialogue.passages
    if len(passages) > _MOST_MESSAGES:
        return False
    said = {number: places for number, passage in enumerate(passages) if (places := asked.places_in(passage))}
    last = max(said, default=-1)
    if last < 0 or dialogue.is_by_person(last):
        return False
    if any(dialogue.is_by_person(number) and not asked.is_only_asked_for(passages[number]) for number in said):
        return False
    if len(passages[last].text) > _LONGEST_OFFER:
        return False
    later = [number for number in range(last + 1, len(passages)) if dialogue.is_by_person(number)]
    if not later:
        return False
    if any(_takes_another(asked, passages[last], said[last], passages[number]) for number in later):
        return True
    if _is_narrowed_down(dialogue, asked, last, said[last]):
        return True
    is_direct, is_new = later[0] == last + 1, len(said) == 1
    if not is_direct or len(passages[later[0]].text) > _LONGEST_REPLY:
        return False
    reply = passages[later[0]]
    if points_at_another(asked, passages[last], said[last], reply):
        return True
    return _counters(asked, passages[last], said[last], reply) or (
        is_new and _declines(asked, passages[last], said[last], reply)
    )


def _takes_another(asked: Asked, offer: Passage, places: Sequence[Place], reply: Passage) -> bool:
    """Whether people name a value which the model offers beside each place of this one."""
    others = [place for place in _others(asked, offer, reply) if _is_stated(offer, place, reply)]
    return bool(others) and all(
        any(_are_alternatives(asked, offer, place, other) for other in others) for place in places
    )


def _is_narrowed_down(dialogue: Dialogue, asked: Asked, last: int, places: Sequence[Place]) -> bool:
    """Whether people leave the choice to the model, or make it in other words, and it goes on with another value.

    "Dr. Amin or Dr. Bell?" "Whoever is free first." "That would be Dr. Bell."
    """
    passages = dialogue.passages
    if last + 2 >= len(passages) or not dialogue.is_by_person(last + 1) or dialogue.is_by_person(last + 2):
        return False
    chosen, going_on = passages[last + 1], passages[last + 2]
    return "?" not in chosen.text and _takes_another(asked, passages[last], places, going_on)


def _others(asked: Asked, offer: Passage, reply: Passage) -> list[Place]:
    """Return the places of other values in an offer: of the same sort, or words that the reply says again."""
    if not asked.is_text:
        return asked.others_in(offer)
    own = {word.bare for word in words_of(str(asked.value))}
    again = {word.bare for word in reply.words if _tells(word)} - own
    return [
        (word.start, word.end)
        for word in offer.words
        if word.bare in again and not any(start <= word.start < end for start, end in offer.figures)
    ]


def _tells(word: Word) -> bool:
    return len(word.bare) >= _LEAST_LETTERS and word.bare not in COMMON_WORDS


def _is_stated(offer: Passage, place: Place, reply: Passage) -> bool:
    """Whether a reply says what is at a place, in a sentence that neither asks nor denies."""
    said = [word.bare for word in words_of(offer.text[slice(*place)])]
    return any(
        _holds(clause, said) and not _DENYING.search(clause)
        for sentence in sentences(reply.text)
        if not sentence.rstrip().endswith("?")
        for clause in _CLAUSE_ENDS.split(sentence)
    )


def _holds(sentence: str, said: Sequence[str]) -> bool:
    words = [word.bare for word in words_of(sentence)]
    return any(words[at : at + len(said)] == list(said) for at in range(len(words)))


def _are_alternatives(asked: Asked, offer: Passage, one: Place, other: Place) -> bool:
    """Whether two places are linked as values of one thing: by "or", or in a row of nothing but values."""
    first, second = sorted((one, other))
    between = offer.text[first[1] : second[0]]
    if len(list(sentence_places(between))) > 1 or _ENDS.search(between):
        return False
    if not _LINKING.search(between):
        is_row = not asked.is_text and (between.strip() == "," or _begins_alike(offer, first, between))
        return is_row or (asked.is_text and _are_parallel(offer, one, other, between))
    if not asked.is_text and _OR.search(between):
        return True
    if asked.is_text and any(looks(offer, first) != looks(offer, second) for looks in (_has_capital, _is_subject)):
        return False
    if asked.is_text and not (_BESIDE.match(between) and _follows_link(between)):
        return False
    inner = [word for word in offer.words if first[1] <= word.start < second[0]]
    return asked.is_text or all(
        word.bare in COMMON_WORDS
        or offer.text[word.start].isupper()
        or any(start <= word.start < end for start, end in offer.figures)
        for word in inner
    )


def _has_capital(offer: Passage, place: Place) -> bool:
    """Whether a place looks like a name: "54 Mint Street" does, too."""
    return any(map(str.isupper, offer.text[slice(*place)]))


def _is_subject(offer: Passage, place: Place) -> bool:
    """Whether a place is what a clause is about: "the booking" in "a table outside, and the booking is for 4"."""
    return _VERB.match(offer.text, place[1]) is not None


def _begins_alike(offer: Passage, first: Place, between: str) -> bool:
    """Whether the same small word begins two parts of a row: "on Monday for me, on Friday for you"."""
    found = _PART.search(between)
    before = words_of(offer.text[: first[0]])[-1:]
    return bool(found and before and found["word"].casefold() == before[0].bare)


def _are_parallel(offer: Passage, one: Place, other: Place, between: str) -> bool:
    """Whether a comma is between two places, and the same word before both: "room 1 is free, room 2 is not"."""
    before = [[word.bare for word in words_of(offer.text[:start])[-1:]] for start, _ in (one, other)]
    return "," in between and before[0] == before[1] != [] and before[0][0] not in COMMON_WORDS


def _follows_link(between: str) -> bool:
    """Whether nothing but small words and a title stands behind the last link."""
    *_, after = _LINKING.split(between)
    return all(word.bare in COMMON_WORDS or after[word.start].isupper() for word in words_of(after))


def _counters(asked: Asked, offer: Passage, places: Sequence[Place], reply: Passage) -> bool:
    """Whether the offer ends with the value, and people answer with one other value of its sort."""
    given = asked.others_in(reply)
    first, end = last_sentence(offer.text)
    if len({reply.text[slice(*place)].casefold() for place in given}) != 1 or asked.others_in(offer):
        return False
    if any(place[0] < first for place in places) or _OPEN_QUESTION.search(offer.text, first, end):
        return False
    said = [sentence for sentence in sentences(reply.text) if asked.others_in(Passage(sentence))]
    is_plain_reply = is_plain(asked, reply, given) and not _DENYING.search(reply.text)
    return is_plain_reply or any(_COUNTERING.match(sentence) and not _CANNOT.search(sentence) for sentence in said)


def _declines(asked: Asked, offer: Passage, places: Sequence[Place], reply: Passage) -> bool:
    """Whether the offer ends with the value, which is all that it is about, and people say no."""
    first, end = last_sentence(offer.text)
    sentence, answer = offer.text[first:end], reply.text.strip()
    if any(place[0] < first for place in places) or _NOT_AN_OFFER.search(sentence):
        return False
    if not _DECLINING.match(answer):
        return False
    if asked.is_text and not all(_is_last_word(sentence, place[1] - first) for place in places):
        return False
    _, *rest = sentences(answer)
    if plain_answer(answer) is False and not any(_names(Passage(each)) for each in rest):
        return not _RECAP.search(offer.text)
    return not _names_more(offer, places)


def _is_last_word(sentence: str, end: int) -> bool:
    """Whether nothing that tells something stands behind a place: "Is Rex a dog?" asks about the dog."""
    return all(
        word.bare in COMMON_WORDS or word.bare in ("well", "instead", "then") for word in words_of(sentence[end:])
    )


def _names_more(offer: Passage, places: Sequence[Place]) -> bool:
    """Whether an offer has a name, a day, a time or a number beside a value, of which a no may speak."""
    return any(not any(first <= at < after for first, after in places) for at in _names(offer))


def _names(passage: Passage) -> list[int]:
    """Return where a text names something: a day, a time, a number, or a word with a capital within a sentence."""
    begins = {
        next((word.start for word in passage.words if word.start >= start), start)
        for start, _ in sentence_places(passage.text)
    }
    named = [
        word.start
        for word in passage.words
        if passage.text[word.start].isupper() and word.bare not in COMMON_WORDS
    ]
    return [at for at in (*named, *(start for start, _ in passage.figures)) if at not in begins]
