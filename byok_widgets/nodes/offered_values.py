"""What a model that invents values may answer: what the dialogue holds, where anything else would not be taken.

Left to itself, the 0.5B model writes a date that nobody said, such as 2023-04-15, for most dates, and a yes or no
for what nobody mentioned. Held to the days that were named, to choices that were said, and to null, it reads more
values right, and no more of them wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from byok_widgets.grounding.day_phrases import day_phrases
from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.misplaced import asks_for_a_day
from byok_widgets.messages import Message
from byok_widgets.nodes.refusal import Refusal
from byok_widgets.schema import FieldSpec
from byok_widgets.schema.request.offers import Offers


def offered_values(
    fields: Iterable[FieldSpec], read: Sequence[Message], refusal: Refusal, locale: str | None
) -> Offers:
    """Return the values to choose among, for each field that has such values.

    Args:
        fields: The fields.
        read: The messages that the model reads.
        refusal: How strictly values are taken.
        locale: The declared locale; in a dialogue in another language than English everything may be answered.
    """
    dialogue = Dialogue(read)
    if dialogue.is_foreign(locale):
        return {}
    days = day_phrases(message.content for message in read)
    return dict(_offered(fields, dialogue, refusal, days))


def _offered(
    fields: Iterable[FieldSpec], dialogue: Dialogue, refusal: Refusal, days: Sequence[str]
) -> Iterator[tuple[str, Sequence[Any]]]:
    for spec in fields:
        allowed = [value for value in spec.enum or () if isinstance(value, str)]
        if spec.shape.types <= {"boolean", "null"}:
            name = spec.name
            yield (
                name,
                [each for each in (True, False) if refusal.supports(each, name, path=name, dialogue=dialogue)],
            )
        elif len(allowed) > 1:
            yield (
                spec.name,
                [each for each in allowed if dialogue.look_up(each, "choice", allowed).mark == "said"],
            )
        elif days and asks_for_a_day(spec.name) and _is_free_text(spec):
            yield spec.name, days


def _is_free_text(spec: FieldSpec) -> bool:
    shape = spec.shape
    is_text = shape.types <= {"string", "null"} and "string" in shape.types
    return is_text and shape.enum is None and not shape.formats and "pattern" not in spec.schema
