"""`SavedForm`: what the notebook file keeps of a live widget, in a separate output below it.

The widget itself shows nothing once its kernel is gone, and updating its own output would redraw it while somebody
types. So a second output holds the text; the page hides it while the widget is alive.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Callable
from typing import Any

from byok_widgets.display.sanitize import sanitize
from byok_widgets.engine import HOME_THREAD
from byok_widgets.widgets.audience import shows_widgets

Bundle = dict[str, str]


class SavedForm:
    """What is saved of one widget.

    Args:
        name: What marks its output: the page finds and hides it by this class.
        bundle: Returns what is to be saved now, as text and as HTML.
        told: Told the mark that the output has now. A page that was loaded again does not follow the output any
            more: it looks for the mark, and asks for the `output` where it does not find it.
        nothing: What `bundle` returns while there is nothing to save: the output below the widget is empty then.
    """

    def __init__(
        self,
        name: str,
        bundle: Callable[[], Bundle],
        told: Callable[[str], None],
        nothing: Bundle | None = None,
    ) -> None:
        self._name, self._bundle, self._told, self._nothing = name, bundle, told, nothing
        self._published: Bundle | None = None
        self._next: Bundle | None = None
        self._version = 0
        self._is_due = False

    def show(self, view: Callable[[], tuple[dict[str, Any], dict[str, Any]]], sentence: str) -> None:
        """Show the widget in the running cell; where no page comes, only its saved form when the cell has ended.

        Args:
            view: Returns the widget's view by MIME type, with its metadata.
            sentence: What is shown where there is no widget.
        """
        shell = sys.modules["IPython"].get_ipython()
        if not shows_widgets():
            if not self._is_due:
                self._is_due = True
                shell.events.register("post_execute", self._at_the_end_of_the_cell)
            return
        HOME_THREAD.adopt()
        data, metadata = view()
        words = sanitize(sentence)
        said = {"text/plain": words, "text/html": f"<small>{html.escape(words)}</small>"}
        shell.display_pub.publish({**data, **said}, metadata)
        self._publish(shell, self._bundle())

    def follow(self, bundle: Bundle | None = None) -> None:
        """Bring what is saved up to date, if it is shown anywhere: at most one message.

        Args:
            bundle: What is to be saved, where the caller has it; else it is made in the main thread.
        """
        self._next = bundle  # the latest counts: calls that wait for the main thread are merged
        if self._published is not None:
            HOME_THREAD.call(self._update)

    def output(self) -> Bundle:
        """Return what the output holds now, marked; nothing where it was never shown."""
        said = self._published
        if said is None:
            return {}
        words = "" if said == self._nothing else said["text/html"]  # the widget above says so itself
        return {**said, "text/html": f'<div class="{self._name} {self._mark}">{words}</div>'}

    @property
    def _mark(self) -> str:
        return f"{self._name}-{self._version}"

    def _publish(self, shell: Any, bundle: Bundle, *, update: bool = False) -> None:
        self._published = bundle
        self._version += 1
        shell.display_pub.publish(self.output(), {}, transient={"display_id": self._name}, update=update)

    def _update(self) -> None:
        bundle = self._bundle() if self._next is None else self._next
        if bundle != self._published:
            self._publish(sys.modules["IPython"].get_ipython(), bundle, update=True)
        self._told(self._mark)

    def _at_the_end_of_the_cell(self) -> None:
        shell = sys.modules["IPython"].get_ipython()
        shell.events.unregister("post_execute", self._at_the_end_of_the_cell)
        self._is_due = False
        shell.display_pub.publish(self._bundle(), {})
