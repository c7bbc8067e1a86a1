"""Values beside another one to which people point by its place.

"17:10 or 18:40?" "The later one." leaves no 17:10. The words are English; in other languages nobody points.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from byok_widgets.grounding.asked import Asked, Place
from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.sentences import last_sentence
from byok_widgets.grounding.reading.talked_about import names_any
from byok_widgets.grounding.reading.words import words_of
from byok_widgets.grounding.rules.changed_later import PLAIN

_AT = {
    "first": 0,
    "former": 0,
    "earlier": 0,
    "earliest": 0,
    "second": 1,
    "third": 2,
    "latter": -1,
    "later": -1,
    "latest": -1,
    "last": -1,
}
_POINTING = re.compile(rf"\bthe\s+(?P<which>{'|'.join(_AT)})\b", re.IGNORECASE)
_THINGS = PLAIN | {"one", "option", "choice", "two", "both", "ll", "d"}
_OR = re.compile(r"\bor\b", re.IGNORECASE)


def points_at_another(asked: Asked, offer: Passage, places: Sequence[Place], reply: Passage) -> bool:
    """Whether people point, and say nothing else, at another one of the values that are offered in a row.

    Args:
        asked: The value.
        offer: The message that offers it.
        places: Where that message says it.
        reply: What people say next.
    """
    found = _POINTING.findall(reply.text)
    if len(found) != 1 or asked.places_in(reply) or not _only_points(asked, reply):
        return False
    at, count = _place_among(asked, offer, places)
    wanted = _AT[found[0].casefold()]
    return count > 1 and wanted < count and at != wanted % count


def _only_points(asked: Asked, reply: Passage) -> bool:
    words = [word for word in words_of(reply.text) if word.bare not in _AT]
    return all(word.bare in _THINGS or names_any(asked.name, [word]) for word in words)


def _place_among(asked: Asked, offer: Passage, places: Sequence[Place]) -> tuple[int, int]:
    """Return which of the values of its sort a value is, and how many they are; none where that is not clear."""
    if len(places) != 1:
        return 0, 0
    if asked.is_text:
        first, end = last_sentence(offer.text)
        links = [found.start() for found in _OR.finditer(offer.text, first, end)]
        is_offered = first <= places[0][0] and len(links) == 1
        return (int(places[0][0] > links[0]), 2) if is_offered else (0, 0)
    begins = sorted({place[0] for place in (*places, *asked.others_in(offer))})
    return begins.index(places[0][0]), len(begins)
