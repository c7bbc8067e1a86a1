"""Signs that a number was said, but counts something else than its field: "0 stops" are no passengers.

The words are English; in other languages there is no sign, and every number counts as meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.reading.numbers import NumberSaid
from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.talked_about import names_any
from byok_widgets.grounding.reading.words import words_of
from byok_widgets.grounding.rules.units import (
    counts_other_people,
    is_at_odds,
    is_other_hour,
    units_at,
    units_of_field,
)

_IN_A_NAME = re.compile(r"\s+[A-Z][a-z]+\s+[A-Z][a-z]+")
"""What follows a number in a name or an address: "45 Park Lane"."""
_OFFERED = re.compile(
    r"\b(?:found|have|has|having|there(?:\s+is|\s+are|['’]s|\s+were)|with|including)\s+$", re.IGNORECASE
)
"""What a model says before it counts what it has to offer."""
_RARELY_MEANT = frozenset({"star", "way"})
"""What a number does not count for a field that does not name it."""
_LOOK_BACK = 40
_THING = re.compile(r"\s+(?P<thing>[a-z]+(?:[ -][a-z]+)?)")


def counts_something_else(dialogue: Dialogue, name: str, value: Any, description: str = "") -> bool:
    """Whether every place that says a number counts something that its field does not name.

    Args:
        dialogue: The dialogue.
        name: The name of the field.
        value: The number.
        description: What the field says of itself; it counts where the name does not show what is counted.
    """
    places = list(_places(dialogue, value))
    return bool(places) and all(
        _is_other(passage, said, name, description, by_person=by_person) for passage, said, by_person in places
    )


def _places(dialogue: Dialogue, value: Any) -> Iterator[tuple[Passage, NumberSaid, bool]]:
    try:
        wanted = Decimal(str(value))
    except InvalidOperation:
        return
    for number, passage in enumerate(dialogue.passages):
        for said in passage.counting(wanted):
            yield passage, said, dialogue.is_by_person(number)


def _is_other(passage: Passage, said: NumberSaid, name: str, description: str, *, by_person: bool) -> bool:
    if counts_other_people(passage.text, said.end, name):
        return True
    about = f"{name} {description}"
    units, asked = (
        units_at(passage.text, said.start, said.end),
        units_of_field(name) or units_of_field(description),
    )
    if units:
        return is_at_odds(units, asked) if asked else not units.isdisjoint(_RARELY_MEANT)
    if is_other_hour(passage.text, said.start, said.end, about):
        return True
    if _IN_A_NAME.match(passage.text, said.end):
        return True
    thing = None if by_person else _THING.match(passage.text, said.end)
    is_offered = thing and _OFFERED.search(passage.text[max(0, said.start - _LOOK_BACK) : said.start])
    return bool(thing and is_offered and not names_any(about, words_of(thing["thing"])))
