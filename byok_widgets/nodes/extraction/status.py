"""How reliable a value of an extraction is, and the words for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from byok_widgets.display.cards import Table
from byok_widgets.display.value_words import quoted
from byok_widgets.schema.paths import ByPath, paths_below

Status = Literal["found", "not_stated", "ungrounded", "incomplete", "invalid"]
"""How reliable a value is.

`found`: stated in the dialogue. `not_stated`: not said, the value is `None`. `ungrounded`: a text or a date of
which the dialogue says nothing; the value stands and the reader is warned, or it counts as not stated and is
`None`, as the node's `grounding` says. `incomplete`: stated in part. A list then stands without its bad items, and
an object that lacks a required part is `None`. `invalid`: the model's value does not fit the field.
"""

NOT_SUPPORTED = "not supported by the dialogue"
"""Stands beside a value that does not occur in the dialogue, where there is room for a mark alone."""

STATUS_WORDS: Mapping[Status, str] = {
    "found": "found",
    "not_stated": "not stated",
    "ungrounded": "not supported by the dialogue: check it",
    "incomplete": "stated in part",
    "invalid": "invalid",
}

_SHOWN_CHARS = 200


class Statuses(Table, ByPath[Status]):
    """The status of each field, and by its path of each part of one; people read it in words."""

    nothing = "There are no fields."

    def _columns(self) -> Sequence[str]:
        return ("field", "status")

    def _rows(self) -> Iterable[Sequence[str]]:
        paths = (path for name in self for path in (name, *paths_below(name, self.parts)))
        return [(path, STATUS_WORDS[self[path]]) for path in paths]


def not_supported(value: Any) -> str:
    """Return why a value was not taken."""
    written = quoted(quoted(value) if isinstance(value, bool) else value)
    shown = written if len(written) <= _SHOWN_CHARS else f"{written[:_SHOWN_CHARS]}…"
    return f"the model wrote {shown}, which the dialogue does not support"
