"""Values that belong to another field: what is said once, and what an agreed summary leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from byok_widgets.grounding.asked import Asked
from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.reading.moments import moment_of
from byok_widgets.grounding.rules.misplaced import asks_for_a_moment, best_named
from byok_widgets.grounding.rules.recaps import is_left_out
from byok_widgets.nodes.extraction.evidence_lookup import lookup_of
from byok_widgets.nodes.extraction.field_meanings import FieldMeanings
from byok_widgets.schema.parts import Part


def left_out(
    taken: Iterable[Part], every: Sequence[Part], dialogue: Dialogue, meanings: FieldMeanings
) -> Iterator[Part]:
    """Yield the days and times in whose place an agreed summary has others, each of the only field for its sort.

    Args:
        taken: The values that would be taken.
        every: All values.
        dialogue: The dialogue.
        meanings: What the fields ask for.
    """
    for part in taken:
        asked = Asked(part.path, *lookup_of(part))
        if part.inner or asked.moment is None:
            continue
        is_day = bool(asked.moment.dates)
        is_only_one = meanings.asking_for(is_day=is_day) == [part.path]
        is_held = any(other is not part and _holds_a_moment(other, is_day=is_day) for other in every)
        if is_only_one and not is_held and is_left_out(dialogue, asked):
            yield part


def repeated(parts: Iterable[Part], dialogue: Dialogue) -> Iterator[Part]:
    """Yield the dates and times that people say once, and that another field has already."""
    same: dict[str, list[Part]] = {}
    for part in parts:
        if isinstance(part.value, str) and asks_for_a_moment(part.path):
            same.setdefault(" ".join(part.value.casefold().split()), []).append(part)
    for text, having in same.items():
        if len(having) > 1 and dialogue.times_said(text) < 2:
            kept = best_named([part.path for part in having], text, dialogue.passages)
            yield from (part for part in having if part.path != kept)


def _holds_a_moment(part: Part, *, is_day: bool) -> bool:
    """Whether a field without a telling name may hold a day, or a time of day."""
    moment = moment_of(part.value) if part.has_value and not asks_for_a_moment(part.path) else None
    return bool(part.inner) or (moment is not None and bool(moment.dates if is_day else moment.time))
