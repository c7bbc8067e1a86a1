"""`Evidence`: the place in a dialogue where a value was said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from byok_widgets.display.cards import Card, CardsByName

Mark = Literal["said", "not_literal", "ungrounded", "unchecked"]
"""What a look-up in the dialogue has found.

`said`: the value is there, in these words or in others with the same meaning ("half past 7" for 19:30).
`not_literal`: a choice, a number or a date that is not there literally; it may be a conclusion, so this is a hint.
`ungrounded`: a text or a date of which the dialogue says nothing, a yes or no of which it says the opposite, or a
    value that people plainly take back.
`unchecked`: nothing to look up, such as a yes or no of which the dialogue says nothing plain.
"""

MARK_WORDS: Mapping[Mark, str] = {
    "said": "said in the dialogue",
    "not_literal": "not literally said",
    "ungrounded": "not supported by the dialogue: check it",
    "unchecked": "cannot be looked up",
}


@dataclass(frozen=True, repr=False)
class Evidence(Card):
    """Where a value was said.

    Attributes:
        message: Index of the message in the dialogue, from 0.
        start: Index of the first character in its text.
        end: Index after the last character.
        text: These characters.
        further: Other places that belong to it, such as the last name that was said in a later message.
    """

    message: int
    start: int
    end: int
    text: str
    further: tuple[Evidence, ...] = ()

    @classmethod
    def of(cls, message: int, content: str, place: tuple[int, int]) -> Evidence:
        """Return a place in a message with its text.

        Args:
            message: Index of the message.
            content: What the message says.
            place: Where it begins and ends.
        """
        start, end = place
        return cls(message, start, end, content[start:end])

    @property
    def places(self) -> tuple[Evidence, ...]:
        """All places, this one first."""
        return (self, *self.further)

    def __str__(self) -> str:
        said = " … ".join(f'"{place.text}"' for place in self.places)
        return f"{said} (message {self.message + 1})"

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield what was said, in which message, and where there."""
        yield "said", " … ".join(place.text for place in self.places)
        yield "message", str(self.message + 1)
        yield "characters", f"{self.start} to {self.end}"


class EvidenceByPath(CardsByName[Evidence]):
    """Where values were said, each by the path of its field or part."""

    __slots__ = ()
    named = "field"
    nothing = "No value was found in the dialogue."
