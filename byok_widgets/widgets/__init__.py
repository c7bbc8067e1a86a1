"""What users see in a notebook: streamed cells, the settings panel, short error cards.

The core reaches it only through
`byok_widgets.frontend`. UI libraries are named only here, and loaded when a notebook first needs them.
"""

from __future__ import annotations

import html
import sys
from typing import TYPE_CHECKING, Any

from byok_widgets.display.sanitize import sanitize
from byok_widgets.widgets import error_offer, interrupt_display, key_leak_warning
from byok_widgets.widgets.marimo import in_marimo

if TYPE_CHECKING:
    from byok_widgets.frontend import OutputSink

__all__ = ["NotebookFrontend"]


class NotebookFrontend:
    """The frontend of a notebook; in a plain program it displays nothing and returns text."""

    def watch(self) -> None:
        """Start the warning about keys in IPython cells; does nothing outside IPython."""
        _shell()

    def output_sink(self) -> OutputSink | None:
        """Return the output of the running cell; `None` outside IPython."""
        shell = _shell()
        if shell is None:
            return None
        from byok_widgets.widgets.audience import is_watched
        from byok_widgets.widgets.buffered_output import BufferedOutput
        from byok_widgets.widgets.cell_output import CellOutput
        from byok_widgets.widgets.reply_display import ReplyDisplay

        shown = ReplyDisplay.of(shell).remember
        return CellOutput(sys.stdout, shown) if is_watched() else BufferedOutput(shell.display_pub.publish, shown)

    def tell(self, sentence: str) -> bool:
        """Show a sentence in the running cell; outside IPython nobody reads it."""
        shell = _shell()
        if shell is None:
            return False
        text = sanitize(sentence)
        note = f'<div role="note">{html.escape(text)}</div>'
        shell.display_pub.publish({"text/plain": text, "text/html": note})
        return True

    def settings(self, flow: Any, mode: str | None = None) -> Any:
        """Return the settings panel in a notebook kernel, or the same information as text anywhere else."""
        from byok_widgets.widgets.audience import mode_of

        chosen = mode_of(mode)
        shell = _shell()
        if getattr(shell, "kernel", None) is None:
            from byok_widgets.widgets.panel.text_summary import SettingsText

            return SettingsText(flow)
        from byok_widgets.widgets.panel.settings import SettingsPanel
        from byok_widgets.widgets.reply_display import ReplyDisplay

        ReplyDisplay.of(shell)
        return SettingsPanel.in_cell(flow, shell, mode=chosen)

    def chat(self, session: Any) -> Any:
        """Return the chat with a session in a notebook, or the session itself anywhere else."""
        shell = _shell()
        if getattr(shell, "kernel", None) is None and not in_marimo():
            return session
        from byok_widgets.widgets.audience import mode_of
        from byok_widgets.widgets.chat.chat import Chat

        return Chat(session, mode=mode_of())

    def is_live(self) -> bool:
        """Whether somebody sees what changes in a cell after it has ended."""
        from byok_widgets.widgets.audience import shows_widgets

        return getattr(_shell(), "kernel", None) is not None and shows_widgets()

    def show_comparison(self, comparison: Any) -> None:
        """Show a comparison in the running cell: on a live board, or, where nothing is live, its result."""
        shell = _shell()
        if self.is_live():
            from byok_widgets.widgets.audience import mode_of
            from byok_widgets.widgets.board.board import Board

            Board(comparison, mode=mode_of())._ipython_display_()
        elif shell is not None:
            if getattr(shell, "kernel", None) is not None:
                comparison.wait()
            shell.display_pub.publish(
                {"text/plain": sanitize(repr(comparison)), "text/html": sanitize(comparison._repr_html_())}
            )

    def show_server(self, server: Any, flow: Any) -> None:
        """Show a served flow in the running cell, with its calls, where something is live."""
        from byok_widgets.widgets.audience import mode_of

        if self.is_live() and mode_of() == "owner":  # visitors are not told the access token
            from IPython.display import display

            from byok_widgets.widgets.calls.server_view import ServerView

            display(ServerView(server, flow))  # type: ignore[no-untyped-call]


def _shell() -> Any:
    """Return the running IPython shell, with its cells watched for keys; does not load IPython."""
    ipython = sys.modules.get("IPython")
    get = getattr(ipython, "get_ipython", None)
    shell = get() if get else None
    key_leak_warning.watch(shell)
    interrupt_display.watch(shell)
    error_offer.watch(shell)
    return shell
