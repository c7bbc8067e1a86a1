"""`SavedForm`: the conversation as the notebook file keeps it, in an output of its own below the chat.

The widget itself is nothing once its kernel is gone, and an update of the output that shows it would redraw it,
under the fingers of whoever types. So a second output holds the words; the page hides it while the chat is alive.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from byok_widgets.engine import HOME_THREAD
from byok_widgets.widgets.audience import shows_widgets
from byok_widgets.widgets.sanitize import sanitize

if TYPE_CHECKING:
    from byok_widgets.session import Session

Bundle = dict[str, str]
LabelledSession = tuple[str, "Session"]


_NOTHING = {
    "text/plain": "No messages yet.",
    "text/html": "<small>No messages yet. Run this cell in a notebook to chat.</small>",
}


class SavedForm:
    """What is saved of one chat.

    Args:
        name: What marks its output: the page finds and hides it by this class.
        sessions: Returns the sessions of the chat with their labels; the first is the oldest.
        told: Told the mark that the output has now. A page that was loaded again does not follow the output any
            more: it looks for the mark, and asks for the `output` where it does not find it.
    """

    def __init__(
        self, name: str, sessions: Callable[[], Sequence[LabelledSession]], told: Callable[[str], None]
    ) -> None:
        self._name, self._sessions, self._told = name, sessions, told
        self._published: Bundle | None = None
        self._version = 0
        self._is_due = False

    def show(self, view: Callable[[], tuple[dict[str, Any], dict[str, Any]]], title: str) -> None:
        """Show the chat in the running cell; where no page comes, only what was said when the cell has ended."""
        shell = sys.modules["IPython"].get_ipython()
        if not shows_widgets():
            if not self._is_due:
                self._is_due = True
                shell.events.register("post_execute", self._at_the_end_of_the_cell)
            return
        HOME_THREAD.adopt()
        data, metadata = view()
        sentence = f"Chat with the flow {sanitize(title)}. Run this cell in a notebook to chat."
        said = {"text/plain": sentence, "text/html": f"<small>{html.escape(sentence)}</small>"}
        shell.display_pub.publish({**data, **said}, metadata)
        self._publish(shell)

    def follow(self) -> None:
        """Bring what is saved up to date, if it is shown anywhere: at most one message."""
        if self._published is not None:
            HOME_THREAD.call(self._update)

    def bundle(self) -> Bundle:
        """Return what was said, as text and as HTML."""
        spoken = [(label, session) for label, session in self._sessions() if session.turns]
        if not spoken:
            return _NOTHING
        parts = [sanitize(session._repr_html_()) for _, session in spoken]
        texts = [sanitize(f"{session.summary}\n{session}") for _, session in spoken]
        if len(spoken) > 1:
            labels = [sanitize(label) for label, _ in spoken]
            parts = [f"<h4>{html.escape(label)}</h4>{part}" for label, part in zip(labels, parts, strict=True)]
            texts = [f"{label}: {text}" for label, text in zip(labels, texts, strict=True)]
        return {"text/plain": "\n\n".join(texts), "text/html": "".join(parts)}

    def output(self) -> Bundle:
        """Return what the output holds now, marked; nothing where it was never shown."""
        said = self._published
        if said is None:
            return {}
        words = "" if said == _NOTHING else said["text/html"]  # the chat above says so itself
        return {**said, "text/html": f'<div class="{self._name} {self._mark}">{words}</div>'}

    @property
    def _mark(self) -> str:
        return f"{self._name}-{self._version}"

    def _publish(self, shell: Any, *, update: bool = False) -> None:
        self._published = self.bundle()
        self._version += 1
        shell.display_pub.publish(self.output(), {}, transient={"display_id": self._name}, update=update)

    def _update(self) -> None:
        if self.bundle() != self._published:
            self._publish(sys.modules["IPython"].get_ipython(), update=True)
        self._told(self._mark)

    def _at_the_end_of_the_cell(self) -> None:
        shell = sys.modules["IPython"].get_ipython()
        shell.events.unregister("post_execute", self._at_the_end_of_the_cell)
        self._is_due = False
        shell.display_pub.publish(self.bundle(), {})
