"""What a model that invents values is offered for a date in words: the days that the dialogue names.

Left to itself, the 0.5B model writes a date that nobody said, such as 2023-04-15, for most of them. Where it
chooses among the days of the dialogue, most of these become right, and its precision stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from byok_widgets.grounding.day_phrases import day_phrases
from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.misplaced import asks_for_a_day
from byok_widgets.messages import Message
from byok_widgets.schema import FieldSpec
from byok_widgets.schema.request.offers import Offers


def offered_days(fields: Iterable[FieldSpec], read: Sequence[Message], locale: str | None) -> Offers:
    """Return the days to choose among, for each field that asks for a date in words.

    Args:
        fields: The fields.
        read: The messages that the model reads.
        locale: The declared locale; a dialogue in another language than English offers nothing.
    """
    asked = [spec.name for spec in fields if asks_for_a_day(spec.name) and _is_free_text(spec)]
    if not asked or Dialogue(read).is_foreign(locale):
        return {}
    days = day_phrases(message.content for message in read)
    return dict.fromkeys(asked, days) if days else {}


def _is_free_text(spec: FieldSpec) -> bool:
    shape = spec.shape
    is_text = shape.types <= {"string", "null"} and "string" in shape.types
    return is_text and shape.enum is None and not shape.formats and "pattern" not in spec.schema
