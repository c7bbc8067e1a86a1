"""How a `Reply` or a `Turn` is displayed as the result of a cell: its text once, and a summary line.

A node or a session that ran in this cell has already streamed its text, so its result adds only the summary.
In any other cell the result is text and summary. The model's reasoning is folded away in both.
"""

from __future__ import annotations

import weakref
from typing import Any

from byok_widgets.display import markup
from byok_widgets.display.sanitize import sanitize
from byok_widgets.display.shortening import in_part
from byok_widgets.reply import NodeResult, Reply
from byok_widgets.session import Turn

_displays: weakref.WeakKeyDictionary[Any, ReplyDisplay] = weakref.WeakKeyDictionary()


class ReplyDisplay:
    """Knows which replies are already in the running cell. There is one object for each IPython shell."""

    @classmethod
    def of(cls, shell: Any) -> ReplyDisplay:
        """Return the shell's display, registered with its formatters."""
        known = _displays.get(shell)
        if known is None:
            known = _displays[shell] = cls(shell)
            formatters = shell.display_formatter.formatters
            for kind in (Reply, Turn):
                formatters["text/plain"].for_type(kind, known.plain)
                formatters["text/html"].for_type(kind, known.html)
        return known

    def __init__(self, shell: Any) -> None:
        self._shell = weakref.ref(shell)
        self._cell = -1
        self._streamed: list[weakref.ref[NodeResult | Turn]] = []

    def remember(self, reply: NodeResult | Turn) -> None:
        """Note that the cell that runs now shows the text of `reply`."""
        if self._count() != self._cell:
            self._cell, self._streamed = self._count(), []
        self._streamed.append(weakref.ref(reply))  # no id, which would be used again for another reply

    def plain(self, reply: Reply | Turn, printer: Any, cycle: bool) -> None:  # noqa: FBT001 - IPython's signature
        """Write the reply for a terminal; in a list or a dict it keeps its one-line form."""
        del cycle
        if len(getattr(printer, "stack", ())) > 1:
            printer.text(repr(reply))
            return
        facts = "\n".join(sanitize(line) for line in (reply.reasoning_note, reply.summary) if line)
        printer.text(facts if self._is_shown(reply) else f"{_text(reply)}\n\n{facts}")

    def html(self, reply: Reply | Turn) -> str:
        """Write the reply as HTML without any markup of the model's."""
        spoken = "" if self._is_shown(reply) else markup.spoken(_text(reply))
        return f"{sanitize(reply.reasoning_html)}{spoken}{sanitize(reply.facts_html)}"

    def _is_shown(self, reply: Reply | Turn) -> bool:
        return self._count() == self._cell and any(known() is reply for known in self._streamed)

    def _count(self) -> int:
        # without a shell no cell, and not the -1 of none yet
        return int(getattr(self._shell(), "execution_count", -2))


def _text(reply: Reply | Turn) -> str:
    return sanitize(in_part(reply.signed_text))
