"""Signs that a text was said, but not as the value of its field: it is of another kind, or of another end.

The words are English; in other languages there is no sign, and every text counts as meant.
"""

from __future__ import annotations

import bisect
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice

from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.talked_about import names_any
from byok_widgets.grounding.reading.time_words import names_a_time
from byok_widgets.grounding.reading.words import Word, Words, by_bare, places, words_of, words_of_name


def is_of_another_kind(name: str, value: str) -> bool:
    """Whether a text cannot be what the name of its field asks for: an airport for a city, a number for a date.

    Texts without digits may be a date in words that are not known here, and pass.
    """
    asked = {word.bare for word in words_of_name(name)}
    if _cannot_be(asked, value):
        return True
    if asked & _TOWNS and not asked & _BUILDINGS:
        return bool({word.bare for word in words_of(value)[-1:]} & _BUILDINGS)
    if not any(char.isdigit() for char in value) or not asked & {"date", "time"}:
        return False
    passage = Passage(value)
    if "date" not in asked and not passage.times and _is_date(passage):
        return True
    if names_a_time(value):
        return False
    if "date" in asked:
        return not passage.dates
    return not passage.times and len(passage.numbers) > 0 and not _may_be_an_hour(passage)


def _cannot_be(asked: AbstractSet[str], value: str) -> bool:
    """Whether a text lacks what an address of mail, a telephone number or a name consists of."""
    if "email" in asked and not asked & _NO_NUMBERS:
        return "@" not in value and _AT not in value.casefold()
    if asked & _PHONES and not asked & _NO_NUMBERS:
        return not any(map(str.isdigit, value)) and not Passage(value).numbers
    return "name" in asked <= _OF_PERSON and not any(map(str.isalpha, value))


_OF_PERSON = frozenset(
    [
        "caller",
        "child",
        "client",
        "contact",
        "customer",
        "doctor",
        "family",
        "first",
        "full",
        "given",
        "guest",
        "last",
        "name",
        "owner",
        "parent",
        "patient",
        "user",
    ]
)
_AT = " at "
_PHONES = frozenset({"phone", "telephone", "mobile", "fax"})
_NO_NUMBERS = frozenset({"brand", "color", "make", "maker", "model", "name", "os", "plan", "provider", "type"})
_TOWNS = frozenset({"city", "town"})
_BUILDINGS = frozenset({"airport", "ave", "avenue", "blvd", "boulevard", "hotel", "restaurant", "street"})


def _is_date(passage: Passage) -> bool:
    """Whether a text names a day of a month: by its name or with a year, as "5-9" may be a time from and until."""
    full = [said for said in passage.dates if said.month and said.day]
    return any(said.year or any(map(str.isalpha, passage.text[said.start : said.end])) for said in full)


def _may_be_an_hour(passage: Passage) -> bool:
    return any(0 <= number <= 24 for said in passage.numbers for number in said.values)


def is_said_of_the_other_end(name: str, value: str, passages: Sequence[Passage]) -> bool:
    """Whether a field asks where something starts or ends, and the dialogue says the value of the other end only.

    "From Rome to Oslo" says Oslo of no `origin`. The words are English; others are no sign, and neither is a place
    at which no such word stands.
    """
    asked = {word.bare for word in words_of_name(_JOINED.sub(r"\1\2", name))}
    wanted, is_moment = words_of(value), not _MOMENTS.isdisjoint(asked)
    ends = [end for end, names in _ENDS.items() if asked & names]
    ends += [end for word, end in _ENDS_OF_PLACES.items() if word in asked and not is_moment]
    if len(ends) != 1:
        return False
    before = {
        end
        for number, passage in enumerate(passages)
        for end in _ends_said(passage, wanted, _asked_end(passages[:number][-1:]), is_moment=is_moment)
    }
    return bool(before) and before.isdisjoint((ends[0], ""))


def asks_for_a_moment(name: str) -> bool:
    """Whether the name of a field asks for a date or a time."""
    return not _MOMENTS.isdisjoint(word.bare for word in words_of_name(name))


def asks_for_a_day(name: str) -> bool:
    """Whether the name of a field asks for a date."""
    return not _DAYS.isdisjoint(word.bare for word in words_of_name(name))


def is_said_of_the_other_way(name: str, value: str, passages: Sequence[Passage]) -> bool:
    """Whether a field asks for a departure and each sentence with the value speaks of an arrival, or reversed."""
    asked = {word.bare for word in words_of_name(name)}
    ways = [way for way, words in _WAYS.items() if asked & words]
    if len(ways) != 1:
        return False
    wanted = words_of(value)
    said = [_ways_in(passage, span) for passage in passages for span in _spans_with(passage, wanted)]
    return bool(said) and all(found and ways[0] not in found for found in said)


def is_of_an_unspoken_return(name: str, passages: Sequence[Passage]) -> bool:
    """Whether a field asks when somebody comes back, and no word of an English dialogue speaks of a way back."""
    asked = {word.bare for word in words_of_name(name)}
    if not asked & _RETURN or not asked & _MOMENTS:
        return False
    return all(_WAY_BACK.isdisjoint(passage.words.kept(by_bare)) for passage in passages)


def best_named(names: Sequence[str], value: str, passages: Sequence[Passage]) -> str:
    """Return the field that is named next to most places of a text; the first where none is, or several are.

    A field is named by a word of its name that the others lack, or by one for the same way or the way back.
    """
    wanted, votes = words_of(value), Counter[str]()
    for passage in passages:
        for first, end in _spans_with(passage, wanted):
            distances = _distances(names, passage.text[first:end], wanted)
            nearest = [name for name in distances if distances[name] == min(distances.values())]
            votes.update(nearest if len(nearest) == 1 else ())
    return max(names, key=lambda name: votes[name])


def _distances(names: Sequence[str], sentence: str, wanted: Sequence[Word]) -> dict[str, int]:
    """Return how far from a text a sentence names each field, in words; a word after it counts as farther."""
    words = words_of(sentence)
    at, end = next(places(words, wanted), (0, 0))
    found: dict[str, int] = {}
    for number, word in enumerate(words):
        naming = [name for name in names if _is_named_by(name, word)]
        if len(naming) == 1 and not at <= number < end:
            distance = at - number if number < at else len(words) + number - end
            found[naming[0]] = min(distance, found.get(naming[0], distance))
    return found


def _is_named_by(name: str, word: Word) -> bool:
    asked = {each.bare for each in words_of_name(name)}
    related = frozenset().union(*(words for words in (*_WAYS.values(), _RETURN) if asked & words))
    return names_any(name, [word]) or word.bare in related


_DEPARTURE = "departure depart departs departing departed leave leaves leaving left takeoff"
_ARRIVAL = "arrival arrive arrives arriving arrived land lands landing reach reaches"
_WAYS = {"departure": frozenset(_DEPARTURE.split()), "arrival": frozenset(_ARRIVAL.split())}
_RETURN = frozenset({"return", "returns", "returning", "returned", "back", "inbound"})
_WAY_BACK = _RETURN | {"round", "roundtrip", "home"}


def _spans_with(passage: Passage, wanted: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield the sentence around each place of a text."""
    for first, _ in places(passage.words, wanted):
        after = bisect.bisect_right(passage.sentence_ends, passage.words[first].start)
        yield passage.sentence_ends[after - 1], passage.sentence_ends[after]


def _ways_in(passage: Passage, span: tuple[int, int]) -> set[str]:
    known, (start, end) = passage.words.kept(by_bare), span
    said = {way: (at for word in words for at in known.get(word, ())) for way, words in _WAYS.items()}
    return {way for way, found in said.items() if any(start <= passage.words[at].start < end for at in found)}


_ENDS = {
    "start": frozenset({"begin", "beginning", "checkin", "from", "origin", "pickup", "sender", "source", "start"}),
    "end": frozenset({"checkout", "destination", "dropoff", "end", "recipient", "target", "to", "until"}),
}
"""Words in the names of fields, by the end that they ask for."""
_ENDS_OF_PLACES = {"departure": "start", "arrival": "end"}
"""Words for an end in names of fields that ask for a place: a stay begins with the arrival."""
_LEADING = {"from": "start", "leaving": "start", "out": "start", "to": "end", "toward": "end", "towards": "end"}
"""Words before a place or a person, by the end that they say."""
_ASKED_END = re.compile(r"(?:^|[.!?,]|\band|\bwhere)\s*(?P<end>to|from)\s*\?\s*$", re.IGNORECASE)
_OPEN = frozenset({"close", "next", "near", "back", "return", "returning", "far", "away", "come", "coming"})
"""Words before those which leave it open: who comes back from Oslo went there."""
_JOINED = re.compile(r"(check|pick|drop)[_\s-](in|out|up|off)", re.IGNORECASE)
_LINKS = frozenset({"a", "an", "her", "his", "my", "of", "our", "the", "their", "your"})
_DAYS = frozenset({"date", "day"})
_MOMENTS = _DAYS | {"time", "hour"}


def _asked_end(before: Sequence[Passage]) -> str:
    """Return the end for which the message before asks at its end: "And to?"; empty where it asks for none."""
    found = _ASKED_END.search(before[0].text) if before else None
    return _LEADING[found["end"].casefold()] if found else ""


def _ends_said(passage: Passage, wanted: Sequence[Word], asked_end: str, *, is_moment: bool) -> Iterator[str]:
    """Yield the end that the words around each place of a value say; empty where they say none.

    "Move it to 3 pm" says no end of a time; "from 2 to 3 pm" does. "A flight to Rome to Oslo" starts in Rome.
    """
    words = passage.words
    for first, after in places(words, wanted):
        following = words[after : after + 2]
        if len(following) > 1 and following[0].bare == "to" and passage.text[following[1].start].isupper():
            yield "start"
        before = list(islice((word.bare for word in _backwards(words, first) if word.bare not in _LINKS), 2))
        is_from = words.kept(by_bare).get("from", [first])[0] < first
        is_open = not _OPEN.isdisjoint(before[1:]) or (is_moment and not is_from)
        if not before and not is_moment:
            yield asked_end
        else:
            yield "" if is_open or not before else _LEADING.get(before[0], "")


def _backwards(words: Words, end: int) -> Iterator[Word]:
    return (words[at] for at in range(end - 1, -1, -1))
