"""Values that were said and are plainly no longer meant: "4 people. I mean 5.", "Bob?" "No, it's Rob", and so on.

Only what can hardly be meant otherwise counts, and a later place that is not taken back is enough for a value. The
words are English; in other languages nothing is taken back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from byok_widgets.grounding.asked import Asked, Place
from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.evidence import Evidence
from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.talked_about import names_any
from byok_widgets.grounding.reading.words import Word, words_of, words_of_name
from byok_widgets.grounding.reading.yes_or_no import plain_answer
from byok_widgets.grounding.rules.changed_later import (
    BEGINS_AGAIN,
    LONGEST_REPLY,
    MARKERS,
    PLAIN,
    is_changed,
    is_plain,
)
from byok_widgets.grounding.rules.units import units_at, units_of_field

_EXCLUDING_NAMES = """
    allergies allergy avoid avoided ban banned blocked busy denied diet dietary dislike disliked dislikes except
    exclude excluded exclusions intolerance never no not old original previous refused rejected restriction
    restrictions unavailable unwanted without
"""
_EXCLUDING = frozenset(_EXCLUDING_NAMES.split())
"""Names of fields that ask for what is not wanted."""
_OF_SENTENCES = frozenset(
    {"complaint", "feedback", "issue", "issues", "note", "notes", "problem", "reason", "remarks", "summary"}
)
"""Names of fields that hold whole sentences, unless they are choices."""
_SMALL = (
    r"(?:(?:it|that|this|is|it['’]s|that['’]s|for|to|at|on|be|i['’]?m|i\ am|we['’]?re|my\ name\ is|the|a|an)\s+)*"
)
_CORRECTED = re.compile(
    rf"(?P<unit>\s+[a-z]+)??[\s,.;:!?\u2026\u2013\u2014-]*(?P<marker>{MARKERS}+){_SMALL}", re.IGNORECASE
)
_STRONG = re.compile(r"wait|mean|scratch|correction|rather|oops|mistake|no[\s,.]+(?:sorry|not)", re.IGNORECASE)
_NOT = re.compile(r"(?<!why )(?<!if )(?<!or )\bnot\s+(?:(?:a|an|the|for|at|on|in)\s+)?$", re.IGNORECASE)
_IS_NOT = re.compile(
    r"(?:\b(?:am|is|are|was)|['’](?:m|s|re))\s+not\s+$|\b(?:isn|wasn|aren)['’]t\s+$", re.IGNORECASE
)
_CONTRAST_BEFORE, _CONTRAST_AFTER = re.compile(r",\s*not\s+$", re.IGNORECASE), re.compile(r"\s*,|\s+but\b")
_NOT_WANTED = re.compile(
    r"\b(?:except(?:\s+for)?|any\w*(?:\s+\w+)?\s+but|instead\s+of|rather\s+than"
    r"|(?:do|does|did)(?:n['’]t|\s+not)\s+(?:like|want|have)"
    r"|can(?:['’]t|not)(?:\s+(?:do|make|come|be\s+there))?(?:\s+it)?|(?:nobody|no\s+one|none\s+of\s+us)\s+[a-z]+)\s+(?:(?:a|an|the|any|on|for|at|to)\s+){0,2}$",
    re.IGNORECASE,
)
_DOES_NOT_DO = re.compile(
    r"\s+(?:(?:does(?:n['’]t|\s+not)|won['’]t|will\s+not|wouldn['’]t)\s+(?:work|do|suit|fit)\b"
    r"|(?:is|was|would\s+be)\s+(?:full\b|closed\b|off\b|sold\s+out|unavailable|(?:fully\s+|already\s+)?(?:booked|taken)\b|too\s|no\s+good\b|not\s+(?:good|possible|ok|okay|ideal|an\s+option)\b))",
    re.IGNORECASE,
)
_PEOPLE = frozenset({"caller", "client", "customer", "guest", "name", "patient", "surname", "user"})
_INTRODUCES = re.compile(
    r"\b(?:i['’]m|i\s+am|my\s+name\s+is|you['’]re\s+(?:speaking|talking)\s+(?:to|with)"
    r"|you\s+are\s+(?:speaking|talking)\s+(?:to|with))\s+(?:[A-Z]\w+\s+)?$",
    re.IGNORECASE,
)
_IS_FULL = re.compile(
    r"\s+(?:is|are)\s+(?:already\s+|fully\s+|completely\s+)?"
    r"(?:full|booked|closed|taken|sold\s+out|unavailable|not\s+(?:available|possible|free))\b(?!\s+until)",
    re.IGNORECASE,
)
_SADLY_NOT = re.compile(r"\b(?:unfortunately|sorry|afraid),?\s+not\s+(?:(?:on|at|in)\s+)?$", re.IGNORECASE)
_CALLS_ITSELF = re.compile(r"\bthis\s+is\s+(?:[A-Z]\w+\s+)?$", re.IGNORECASE)
_OF_PERSON = _PEOPLE | {"account", "contact", "first", "full", "holder", "last", "member", "owner", "your"}
"""Words of names of fields that ask for a person's own name, and for no other one's."""
_GREETS = re.compile(r"\b(?:hi|hello|hey|dear|thanks|thank\s+you)\s+$", re.IGNORECASE)
_IS_HERE = re.compile(r"[\w\s]{0,20}\b(?:here|speaking|from|calling)\b", re.IGNORECASE)
_OUTDONE = re.compile(
    r"[^.?!\n]{0,15}\bbut\s+(?:i|we)(?:['’]d|\s+would)\s+(?:prefer|rather|like)\b", re.IGNORECASE
)
_PAST = re.compile(
    r"\blast\s+(?:year|month|week|time)\b|\b(?:was|were)\s+last\b|\bpreviously\b|\bused\s+to\b", re.IGNORECASE
)
_PRESENT = re.compile(r"\b(?:this\s+(?:time|year|month|week)|now|today)\b", re.IGNORECASE)
_OF_PAST = frozenset({"former", "history", "last", "old", "past", "previous", "prior", "since"})
_CLAUSE_ENDS = re.compile(r"[,;]|\bbut\b", re.IGNORECASE)
_SAYS_NONE = re.compile(r"\s*no\s+", re.IGNORECASE)
_AT = re.compile(r"\b(?:at|on)\s+$", re.IGNORECASE)
_MAYBE = re.compile(r"\b(?:if|unless|in\s+case|when)\b", re.IGNORECASE)
_STOPS = re.compile(r"[.!?\n]+(?=\s|$)")
_LOOK_BACK = 40
_LOOK_AHEAD = 100
_LONGEST_SENTENCE = 400
_MOST_PLACES, _MOST_NEAR = 50, 5
_MOST_MESSAGES = 200
"""In a longer dialogue nothing is looked up in each message."""


def is_taken_back(dialogue: Dialogue, asked: Asked, found: Evidence) -> bool:
    """Whether people plainly take back a value at each place where it is said.

    Args:
        dialogue: The dialogue.
        asked: The value.
        found: The first place that says it.
    """
    names = {word.bare for word in words_of_name(asked.name)}
    if found.further or names & _EXCLUDING or (asked.kind == "text" and names & _OF_SENTENCES):
        return False
    if len(dialogue.passages) > _MOST_MESSAGES or not _is_in_doubt(dialogue, asked, found):
        return False
    numbers = range(len(dialogue.passages))
    places = {(found.message, found.start): found} | {
        (number, place.start): place for number in numbers for place in _places(dialogue, asked, number)
    }
    if len(places) > _MOST_PLACES:
        return False
    last = max((place.message for place in places.values() if _is_out(dialogue, asked, place)), default=-1)
    return all(place.message < last or _is_out(dialogue, asked, place) for place in places.values())


def _is_in_doubt(dialogue: Dialogue, asked: Asked, found: Evidence) -> bool:
    """Whether the first place of a value, or one beside words of doubt, is taken back."""
    if _is_out(dialogue, asked, found):
        return True
    near = (place for number in dialogue.doubtful for place in _places(dialogue, asked, number)[:_MOST_NEAR])
    return any(_is_out(dialogue, asked, place) for place in near)


def _places(dialogue: Dialogue, asked: Asked, number: int) -> list[Evidence]:
    """Return the places of a value in a message, as far as it is written in the usual way."""
    passage = dialogue.passages[number]
    return [Evidence.of(number, passage.text, place) for place in asked.places_in(passage)]


def _is_out(dialogue: Dialogue, asked: Asked, place: Evidence) -> bool:
    text = dialogue.passages[place.message].text
    if is_changed(dialogue, asked, place):
        return True
    if not dialogue.is_by_person(place.message):
        if not asked.is_text and _is_unavailable(text, place):
            return True
        return _introduces_itself(asked, text, place) or _is_overruled(dialogue, asked, place)
    if _is_denied(asked, text, place) or _is_corrected(asked, text, place):
        return True
    asking = dialogue.passages[place.message - 1].text if place.message else ""
    is_asked = asking.rstrip().endswith("?") and place.text.casefold() in asking.casefold()
    return is_asked and bool(_SAYS_NONE.fullmatch(text, 0, place.start))  # "Any fever?" "No fever, but ..."


def _introduces_itself(asked: Asked, text: str, place: Evidence) -> bool:
    """Whether the model says its own name: "Hi, I'm Smith"."""
    names = {word.bare for word in words_of_name(asked.name)}
    before = text[max(0, place.start - _LOOK_BACK) : place.start]
    is_own = names <= _OF_PERSON and _CALLS_ITSELF.search(before)
    return not _PEOPLE.isdisjoint(names) and bool(_INTRODUCES.search(before) or is_own)


def _is_unavailable(text: str, place: Evidence) -> bool:
    """Whether the model says that it cannot be: "Wednesday is full", "unfortunately not today"."""
    before = text[max(0, place.start - _LOOK_BACK) : place.start]
    return bool(_IS_FULL.match(text, place.end) or _SADLY_NOT.search(before))


def _is_denied(asked: Asked, text: str, place: Evidence) -> bool:
    """Whether a person says that it is not this: "not Monday", "Monday doesn't work", "I'm not Ana"."""
    first, _ = _sentence(text, place)
    before, after = text[max(first, place.start - _LOOK_BACK) : place.start], text[place.end :]
    if _MAYBE.search(text, first, place.start):
        return False
    if _NOT_WANTED.search(before) or (asked.kind != "number" and _DOES_NOT_DO.match(after)):
        return True
    if _OUTDONE.match(after) or _is_past(asked, text, place) or _is_greeted(asked, before, after):
        return True
    if not asked.is_text:
        return bool(_NOT.search(before) or (asked.kind == "choice" and _IS_NOT.search(before)))
    is_contrast = _CONTRAST_BEFORE.search(before) or (_NOT.search(before) and _CONTRAST_AFTER.match(after))
    return bool(_IS_NOT.search(before) or is_contrast)


def _is_past(asked: Asked, text: str, place: Evidence) -> bool:
    """Whether a person says it of the past, and then speaks of now: "Last year we paid 600, this time 800"."""
    if not _OF_PAST.isdisjoint(word.bare for word in words_of_name(asked.name)):
        return False
    first, end = _sentence(text, place)
    cuts = [found.start() for found in _CLAUSE_ENDS.finditer(text, first, end)]
    first = max((cut for cut in cuts if cut < place.start), default=first)
    end = min((cut for cut in cuts if cut >= place.end), default=end)
    marker = _PAST.search(text, first, end)
    is_in_value = marker and marker.start() < place.end and place.start < marker.end()
    return bool(marker and not is_in_value and _PRESENT.search(text, end))


def _is_greeted(asked: Asked, before: str, after: str) -> bool:
    """Whether a person says the name of the other one: "Hi Kim, I'm Pat"."""
    names = {word.bare for word in words_of_name(asked.name)}
    is_own = names <= _OF_PERSON and not _PEOPLE.isdisjoint(names)
    return is_own and bool(_GREETS.search(before)) and not _IS_HERE.match(after)


def _is_corrected(asked: Asked, text: str, place: Evidence) -> bool:
    """Whether a person corrects it right behind it: "4 people. I mean 5.", "Ana, no sorry, Anya"."""
    found = _CORRECTED.match(text, place.end, place.end + _LOOK_AHEAD)
    if found is None:
        return False
    rest = text[found.end() : found.end() + _LOOK_AHEAD]
    if asked.is_text:
        is_strong = bool(_STRONG.search(found["marker"]))
        return not found["unit"] and _is_another_text(asked, place.text, rest, is_strong=is_strong)
    others = asked.others_in(Passage(rest))
    replacing = next((end for start, end in others if start == 0), None)
    if replacing is None or (asked.kind == "number" and _AT.search(found[0])):
        return False
    counted, unit = words_of(rest[replacing:])[:1], words_of(found["unit"] or "")
    return asked.kind != "number" or not counted or _is_same_unit(asked, counted[0], unit)


def _is_same_unit(asked: Asked, counted: Word, unit: Sequence[Word]) -> bool:
    """Whether the word behind a number says that it counts the same as another number."""
    if counted.bare in (*PLAIN, *(word.bare for word in unit)) or names_any(asked.name, [counted]):
        return True
    units, asked_units = units_at(counted.text, 0, 0), units_of_field(asked.name)
    return not unit and bool(units & asked_units or (units and not asked_units))


def _is_another_text(asked: Asked, said: str, rest: str, *, is_strong: bool) -> bool:
    """Whether what follows a correction is a text of the same length and, for a name, with capitals."""
    clause = re.split(r"[.,;:!?\n]", rest, maxsplit=1)[0]
    words, wanted = words_of(clause), words_of(str(asked.value))
    if (
        not words
        or len(words) > len(wanted) + 1
        or {word.bare for word in wanted} <= {word.bare for word in words}
    ):
        return False
    is_name = said[:1].isupper() and clause[words[0].start].isupper()
    return is_name or (is_strong and not said[:1].isupper())


def _is_overruled(dialogue: Dialogue, asked: Asked, place: Evidence) -> bool:
    """Whether a person answers the model's words with no, or with another value of the same sort."""
    number = place.message
    if (
        dialogue.is_by_person(number)
        or number + 1 >= len(dialogue.passages)
        or not dialogue.is_by_person(number + 1)
    ):
        return False
    asking, reply = dialogue.passages[number], dialogue.passages[number + 1]
    if len(reply.text) > LONGEST_REPLY:
        return False
    first, end = _sentence(asking.text, place)
    sentence = asking.text[first:end]
    is_question = sentence.rstrip().endswith("?") and asking.text.count("?") == 1
    says_only_this = is_plain(asked, Passage(sentence), [(place.start - first, place.end - first)])
    asks_only_this = is_question and says_only_this
    if asks_only_this and plain_answer(reply.text) is False:
        return True
    corrected = BEGINS_AGAIN.match(reply.text)
    if asked.is_text:
        rest = re.sub(rf"^{_SMALL}", "", reply.text[corrected.end() :], flags=re.IGNORECASE) if corrected else ""
        return says_only_this and _is_another_text(asked, place.text, rest.rstrip(" .!"), is_strong=False)
    given = [
        at
        for at in asked.others_in(reply)
        if _is_given(asked, reply.text, Evidence.of(number + 1, reply.text, at))
    ]
    if not given or not (corrected or is_question) or not is_plain(asked, reply, given) or len({*given}) > 1:
        return False
    said = reply.text[slice(*given[0])].casefold()
    offered = {asking.text[start:after].casefold() for start, after in asked.others_in(asking)}
    is_named = asked.kind == "number" and names_any(asked.name, words_of(reply.text[given[0][1] :])[:1])
    return not offered or said in offered or is_named


def _is_given(asked: Asked, text: str, place: Evidence) -> bool:
    """Whether a person names a value neither to deny it nor in a question."""
    first, end = _sentence(text, place)
    return not text[first:end].rstrip().endswith("?") and not _is_denied(asked, text, place)


def _sentence(text: str, place: Evidence) -> Place:
    """Return where the sentence of a place begins and ends."""
    begin, limit = max(0, place.start - _LONGEST_SENTENCE), place.end + _LONGEST_SENTENCE
    first = max((found.end() for found in _STOPS.finditer(text, begin, place.start)), default=begin)
    after = _STOPS.search(text, place.end, limit)
    return first, after.end() if after else min(limit, len(text))
