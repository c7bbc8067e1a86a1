"""What a model that invents values is offered for a date or a time in words: the days and times of the dialogue.

Left to itself, the 0.5B model writes for most dates, and for some times of day, one that nobody said. Where it
chooses among those of the dialogue, most of these become right, and its precision stays as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.reading.day_phrases import MOST_PHRASES, day_phrases
from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.words import words_of_name
from byok_widgets.grounding.rules.misplaced import asks_for_a_day
from byok_widgets.messages import Message
from byok_widgets.nodes.extraction.evidence_lookup import look_up_parts
from byok_widgets.nodes.extraction.refusal import Refusal
from byok_widgets.schema import FieldSpec
from byok_widgets.schema.parts import Reader
from byok_widgets.schema.request.offers import Offers

_LENGTHS = frozenset(
    {"wait", "waiting", "travel", "cook", "cooking", "prep", "preparation", "delay", "lead", "total"}
)
"""Words that make a length of a "time"."""
_WITH_STOPS = re.compile(r"[ap]\.\s?m\.$", re.IGNORECASE)
_VAGUE = re.compile(
    r"\b(?:(?:(?:early|late|mid)[\s-]?)?(?:morning|afternoon|evening|night|noon|midday|midnight|lunchtime|dinnertime)"
    r"|tonight|any\s?time|all\s+day|asap|as\s+soon\s+as\s+possible|right\s+(?:now|away))\b",
    re.IGNORECASE,
)
"""Times without an hour, among which a model chooses as well."""


def offered_moments(
    fields: Iterable[FieldSpec], read: Sequence[Message], refusal: Refusal, locale: str | None
) -> Offers:
    """Return the days or times to choose among, for each field that asks for one in words.

    Args:
        fields: The fields.
        read: The messages that the model reads.
        refusal: How strictly values are taken.
        locale: The declared locale; a dialogue in another language than English offers nothing.
    """
    asked = [spec for spec in fields if _is_free_text(spec)]
    days = [spec for spec in asked if asks_for_a_day(spec.name)]
    times = [spec for spec in asked if spec not in days and _asks_for_a_time(spec.name)]
    dialogue = Dialogue(read)
    if not (days or times) or dialogue.is_foreign(locale):
        return {}
    found: dict[str, Sequence[str]] = {}
    if named := day_phrases(passage.text for passage in dialogue.passages):
        found |= dict.fromkeys((spec.name for spec in days), named)
    said = _times(dialogue.passages)
    for spec in times:
        if taken := [text for text in said if _would_be_taken(text, spec, dialogue, refusal)]:
            found[spec.name] = taken
    return found


def _asks_for_a_time(name: str) -> bool:
    words = [word.bare for word in words_of_name(name)]
    return words[-1:] == ["time"] and _LENGTHS.isdisjoint(words)


def _times(passages: Iterable[Passage]) -> Sequence[str]:
    """Return the times of day that are said, each once; nothing if there are very many, or none with an hour."""
    hours, vague = dict[str, str](), dict[str, str]()
    for passage in passages:
        for text in _hours(passage):
            hours.setdefault(text.casefold(), text)
        spans = [range(said.start, said.end) for said in passage.times]
        for phrase in _VAGUE.finditer(passage.text):
            if not any(phrase.start() in span for span in spans):
                vague.setdefault(phrase[0].casefold(), phrase[0])
    return [*hours.values(), *vague.values()] if hours and len(hours) + len(vague) <= MOST_PHRASES else ()


def _hours(passage: Passage) -> Iterator[str]:
    for said in passage.times:
        text = passage.text[said.start : said.end]
        if not said.is_bare:
            yield text if _WITH_STOPS.search(text) else text.rstrip(".")


def _would_be_taken(text: str, spec: FieldSpec, dialogue: Dialogue, refusal: Refusal) -> bool:
    part = Reader().read(text, spec.shape, spec.name)
    return part.is_taken and not any(refusal.refused((part,), look_up_parts((part,), dialogue)))


def _is_free_text(spec: FieldSpec) -> bool:
    shape = spec.shape
    is_text = shape.types <= {"string", "null"} and "string" in shape.types
    return is_text and shape.enum is None and not shape.formats and "pattern" not in spec.schema
