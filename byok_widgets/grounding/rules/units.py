"""What a number counts, as its unit shows, and what a field counts, as its name and description show.

The words are English; a unit or a field that is not known here is no sign.
"""

from __future__ import annotations

import re

from byok_widgets.grounding.reading.talked_about import names_any
from byok_widgets.grounding.reading.words import words_of

_FIELDS = {
    "time": words_of(
        "day night week weekend month year hour minute duration length long stay period term age old time delay"
        " wait"
    ),
    "star": words_of("star rating"),
    "money": words_of(
        "price cost budget fee fine deposit balance payment worth money salary rent income discount tip interest"
        " dollar euro spend spending charge fare due debt loan refund"
    ),
    "people": words_of(
        "people person guest passenger party adult child children kid participant attendee traveler traveller"
        " visitor member patient student seat headcount"
    ),
    "weight": words_of("weight mass heavy kilo kilogram pound gram ounce"),
    "distance": words_of("distance mileage odometer mile kilometer kilometre km meter metre length height width"),
    "share": words_of("percent percentage share discount tip interest probability"),
    "things": words_of("item piece box bag luggage suitcase parcel package copy copy copies room bottle stop"),
}
"""Words of fields, by what they count; "total" and "limit" may count anything."""
_UNITS = {
    "time": r"days?|nights?|weeks?|weekends?|months?|years?|hours?|hrs?|minutes?|mins?",
    "star": r"stars?",
    "money": r"dollars?|bucks|euros?|eur|usd|gbp|chf|francs?|cents?|pence|[$€£]",
    "people": r"people|persons?|guests?|passengers?|adults?|child(?:ren)?|kids|travell?ers|participants",
    "weight": r"kilos?|kilograms?|kg|grams?|pounds?|lbs?|ounces?|oz",
    "distance": r"miles?|kilomet(?:er|re)s?|km|met(?:er|re)s?|feet|ft|inch(?:es)?|cm",
    "share": r"%|percent|per\ cent",
    "way": r"way",
    "things": r"bags?|suitcases?|boxes|parcels?|packages?|rooms?|copies|books?|pieces?|items?|stops?|bottles?",
}
_AFTER = re.compile(
    r"[\s-]*(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _UNITS.items()) + r")(?!\w)", re.IGNORECASE
)
_PEOPLE = {
    "adult": words_of("adult grownup"),
    "child": words_of("child children kid"),
    "baby": words_of("infant baby babies"),
    "senior": words_of("senior pensioner"),
}
_PERSON_AFTER = re.compile(
    r"\s+(?P<word>adults?|grown-?ups?|child(?:ren)?|kids?|infants?|babies|baby|seniors?|pensioners?)\b",
    re.IGNORECASE,
)
_MONEY_BEFORE = re.compile(r"[$€£]\s?$")
_HOUR_BEFORE = re.compile(r"\bat\s$", re.IGNORECASE)
_NO_MEASURES = frozenset({"money", "people", "time"})
_HOURS = 24
_OF_HOURS = words_of("hour time clock start begin end open close opening closing arrival departure until")
_ALSO_MONEY = re.compile(r"pounds?", re.IGNORECASE)


def units_at(text: str, start: int, end: int) -> frozenset[str]:
    """Return what a number may count, as the sign or the word beside it shows; empty if none does."""
    if _MONEY_BEFORE.search(text, max(0, start - 2), start):
        return frozenset({"money"})
    after = _AFTER.match(text, end)
    if after is None:
        return frozenset()
    name = str(after.lastgroup)
    return frozenset({name, "money"} if _ALSO_MONEY.search(after[0]) else {name})


def units_of_field(about: str) -> frozenset[str]:
    """Return what a field may count, as its name or description shows; empty if nothing does.

    People and money are counted beside things: "passengers in the room".
    """
    found = frozenset(name for name, words in _FIELDS.items() if names_any(about, words))
    return found - {"things"} or found


def counts_other_people(text: str, end: int, name: str) -> bool:
    """Whether the word behind a number counts other people than a field names: "3 children" for `adults`."""
    found = _PERSON_AFTER.match(text, end)
    asked = {kind for kind, words in _PEOPLE.items() if names_any(name, words)}
    return bool(found and len(asked) == 1 and not any(names_any(found["word"], _PEOPLE[kind]) for kind in asked))


def is_at_odds(units: frozenset[str], asked: frozenset[str]) -> bool:
    """Whether a number counts something else than a field; a field of things may be for their size or weight."""
    return units.isdisjoint(asked) and (asked != {"things"} or not units.isdisjoint(_NO_MEASURES))


def is_other_hour(text: str, start: int, end: int, name: str) -> bool:
    """Whether a number is a time of day in short, "Monday at 2", and a field does not ask for one."""
    digits = text[start:end]
    is_hour = digits.isdecimal() and int(digits) <= _HOURS and _HOUR_BEFORE.search(text, max(0, start - 3), start)
    return bool(is_hour) and not names_any(name, _OF_HOURS)
