"""The interface to whatever shows output to the user: a notebook, or nothing.

The core calls a `Frontend` without knowing which one it is. The package registers the notebook's at import;
`widgets/` implements it and is loaded when it is first needed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Protocol


class OutputSink(Protocol):
    """The output of one running node. All calls come from the thread that runs the cell."""

    def show_text(self, piece: str) -> None:
        """Show the next piece of an answer."""

    def show_progress(self, what: str, done: int, total: int) -> None:
        """Show the progress of a download, in bytes."""

    def show_wait(self, kind: str, left_s: int) -> None:
        """Show that a request failed, by the kind of its error, and the seconds until it is sent again; then 0."""

    def show_thinking(self, seconds: int, silent_s: int, *, is_thinking: bool, is_over: bool = False) -> None:
        """Show how long a model has been working without output.

        Args:
            seconds: Seconds since the request was sent.
            silent_s: Seconds since its server sent anything; 0 while that is no news.
            is_thinking: Whether it is known to think.
            is_over: Whether something else begins now.
        """

    def show_standing(self, line: str) -> None:
        """Show the progress of something that takes long, until it is over."""

    def close(self, result: object) -> None:
        """End the output; `result` is what the cell returns, or `None` after an error."""


class Frontend(Protocol):
    """What a frontend provides to the core."""

    def watch(self) -> None:
        """Warn about API keys in cells: those that have run, and those still to come."""

    def output_sink(self) -> OutputSink | None:
        """Return the output of the running cell; `None` outside a notebook."""

    def tell(self, sentence: str) -> bool:
        """Say something to the person, in the running cell; return whether there is one."""

    def settings(self, flow: Any, mode: str | None = None) -> Any:
        """Return the settings panel of a flow, for its owner or for visitors; `None`: as the frontend is known."""

    def chat(self, session: Any) -> Any:
        """Return a chat with a session."""

    def is_live(self) -> bool:
        """Whether somebody sees what changes in a cell after it has ended."""

    def show_comparison(self, comparison: Any) -> None:
        """Show a comparison in the running cell: on a live board, or, where nothing is live, its result."""

    def show_server(self, server: Any, flow: Any) -> None:
        """Show a served flow in the running cell, with its calls, where something is live."""


Find = Callable[[], "Frontend | None"]

_find: Find | None = None
_describe: Callable[[Any], object] = repr


def register(find: Find, describe: Callable[[Any], object] = repr) -> None:
    """Set how the frontend is found.

    Args:
        find: Returns `None` in a plain program, which may yet become a notebook.
        describe: Returns what describes a flow's settings when it is printed; called in plain programs alone.
    """
    global _find, _describe
    _find, _describe = find, describe


class SettingsText:
    """A flow's settings in a plain program: written when they are printed, so that nothing is loaded before."""

    def __init__(self, flow: Any) -> None:
        self._flow = flow

    def __repr__(self) -> str:
        return str(_describe(self._flow))


def frontend() -> Frontend:
    """Return the current frontend."""
    return (_find() if _find else None) or NullFrontend()


def warn(sentence: str, *, level: int) -> None:
    """Warn the person in the running cell, without a line of Python; in a program as Python warns.

    Args:
        sentence: What to say.
        level: How many calls up the line stands that causes it, counted from the caller.
    """
    if not frontend().tell(sentence):
        warnings.warn(sentence, stacklevel=level + 1)


class NullFrontend:
    """The frontend of a plain program: nothing is shown."""

    def watch(self) -> None:
        """Do nothing: there are no cells."""

    def output_sink(self) -> OutputSink | None:
        """Return `None`: there is no cell."""
        return None

    def tell(self, sentence: str) -> bool:
        """There is no cell."""
        del sentence
        return False

    def settings(self, flow: Any, mode: str | None = None) -> Any:
        """Return what a panel would show, as text when it is printed."""
        del mode
        return SettingsText(flow)

    def chat(self, session: Any) -> Any:
        """Return the session itself."""
        return session

    def is_live(self) -> bool:
        """Return that nobody is watching."""
        return False

    def show_comparison(self, comparison: Any) -> None:
        """There is no cell."""
        del comparison

    def show_server(self, server: Any, flow: Any) -> None:
        """There is no cell."""
        del server, flow
