"""Where values were said, as people see it: the messages of the dialogue with these places marked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from byok_widgets.display import markup
from byok_widgets.display.shortening import in_part
from byok_widgets.grounding.evidence import Evidence
from byok_widgets.messages import Message

TITLE = "In the dialogue"


def said(dialogue: Sequence[Message], evidence: Iterable[Evidence]) -> markup.Markup:
    """Return the messages that hold a value as HTML that opens on a click; empty where there are none."""
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for found in evidence:
        for place in found.places:
            spans[place.message].append((place.start, place.end))
    rows = [_row(at, dialogue[at], spans[at]) for at in sorted(spans) if at < len(dialogue)]
    return markup.details(TITLE, markup.table(rows)) if rows else markup.Markup()


def _row(at: int, message: Message, spans: Iterable[tuple[int, int]]) -> tuple[str, markup.Markup]:
    words = in_part(message.content)
    whole = len(words) == len(message.content)
    kept = spans if whole else [(start, end) for start, end in spans if message.content[:end] == words[:end]]
    return f"{at + 1} {message.role}", markup.marked(words, kept)
