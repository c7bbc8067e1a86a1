"""Where the value of a variable was said: the turns, and the words with what stands around them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from byok_widgets.display.sanitize import sanitize
from byok_widgets.session.steps import Visit

if TYPE_CHECKING:
    from byok_widgets.reply import Reading
    from byok_widgets.session import Session
    from byok_widgets.session.variables import VariableEntry
    from byok_widgets.widgets.page_messages.chat import PlaceFacts

_MOST_PLACES = 12
_AROUND_CHARS = 40
_SAID_CHARS = 200


def where_said(session: Session, name: str) -> list[PlaceFacts]:
    """Return the places in the conversation that hold the value of a variable, or a part of it, in their order."""
    latest = [entry for entry in session.variables.history(name) if entry.counts][-1:]
    found = next((read for entry in latest if (read := _read(session, entry))), None)
    if found is None:
        return []
    places = {
        (place.message, place.start, place.end)
        for path, evidence in found.evidence.items()
        if _is_within(path, name)
        for place in evidence.places
    }
    turns = _turns(session)
    shown = (_place(found, turns, *place) for place in sorted(places) if place[0] < len(found.transcript))
    return list(islice(shown, _MOST_PLACES))


def _read(session: Session, entry: VariableEntry) -> Reading | None:
    """Return the reading that a value comes from; `None` for one that code or a person has set."""
    for turn in session.turns:
        for step in reversed(turn.steps) if turn.number == entry.turn else ():
            if isinstance(step, Visit) and step.node == entry.source and step.result.reading:
                return step.result.reading
    return None


def _is_within(path: str, name: str) -> bool:
    return path == name or path.startswith((f"{name}.", f"{name}["))


def _turns(session: Session) -> list[int]:
    """Return the number of the turn of each message of the conversation."""
    return [turn.number for turn in session.turns for _ in turn.messages]


def _place(found: Reading, turns: list[int], at: int, start: int, end: int) -> PlaceFacts:
    message = found.transcript[at]
    text = message.content
    before, said, after = text[:start], text[start:end], text[end:]
    return {
        "turn": turns[at] if at < len(turns) else 0,
        "by": "person" if message.role == "user" else "flow",
        "before": sanitize(f"…{before[-_AROUND_CHARS:]}" if len(before) > _AROUND_CHARS else before),
        "said": sanitize(f"{said[:_SAID_CHARS]}…" if len(said) > _SAID_CHARS else said),
        "after": sanitize(f"{after[:_AROUND_CHARS]}…" if len(after) > _AROUND_CHARS else after),
    }
