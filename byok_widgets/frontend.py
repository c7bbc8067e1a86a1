"""The door to whatever shows things to a person; behind it is a notebook, or nothing.

Floor 0: the core calls a `Frontend` and never learns what it is. The package registers the notebook's at import;
`widgets/` implements it and is loaded when it is first needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class OutputSink(Protocol):
    """Where one running node shows what it does. All calls come from the thread that runs the cell."""

    def show_text(self, piece: str) -> None:
        """Show the next piece of an answer."""

    def show_progress(self, what: str, done: int, total: int) -> None:
        """Show how far a download is, in bytes."""

    def close(self, result: object) -> None:
        """End the output; `result` is what the cell will get, or `None` after a fault."""


class Frontend(Protocol):
    """What a frontend offers to the core."""

    def watch(self) -> None:
        """Note keys that are typed into cells, from now on and in those that have run."""

    def output_sink(self) -> OutputSink | None:
        """Return where a cell that is running now shows its output; `None` outside a notebook."""

    def settings(self, flow: Any) -> Any:
        """Return the settings panel of a flow."""

    def chat(self, session: Any) -> Any:
        """Return a chat with a session."""


Find = Callable[[], "Frontend | None"]

_find: Find | None = None


def register(find: Find) -> None:
    """Say how to find the frontend; `find` gives `None` in a plain program, which may yet become a notebook."""
    global _find  # noqa: PLW0603 - one way a process
    _find = find


def frontend() -> Frontend:
    """Return the frontend that is there now."""
    return (_find() if _find else None) or NullFrontend()


class NullFrontend:
    """The frontend of a plain program: nothing is shown."""

    def watch(self) -> None:
        """There are no cells."""

    def output_sink(self) -> OutputSink | None:
        """There is no cell."""
        return None

    def settings(self, flow: Any) -> Any:
        """Return the facts that a panel would show, as text."""
        return repr(flow)

    def chat(self, session: Any) -> Any:
        """Return the session: it can be talked to."""
        return session
