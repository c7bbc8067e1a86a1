"""`ServerView`: a served flow in a cell: address, access token, snippets, and the calls as they come."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import ipywidgets

from byok_widgets.display import markup
from byok_widgets.display.sanitize import sanitize
from byok_widgets.errors import ByokError, FlowError
from byok_widgets.serve.calls import ServedCall, ServedCalls
from byok_widgets.widgets.audience import mode_of
from byok_widgets.widgets.background import PANEL_WORK
from byok_widgets.widgets.calls.connection import Connection
from byok_widgets.widgets.chat.chat import Chat

if TYPE_CHECKING:
    from byok_widgets.flow import Flow
    from byok_widgets.serve.flow_server import FlowServer

REFRESH_S = 0.5
"""The list changes at most this often, in seconds."""
_LISTED = 50
_SHOWN_CHARS = 60
_NOBODY = [(ServedCalls.nothing, "")]
_FOLLOWED = "This follows the call until you say something here. What you say here does not reach the caller."
_GONE_ON = "The call has gone on. Open it again to see how; what you have said here is not part of it."


class ServerView(ipywidgets.VBox):  # type: ignore[misc]
    """Shows a served flow while it is served, and afterwards what was said.

    Attributes:
        calls: The list of calls.
        connection: How clients reach it, with the access token.
        opened: What is open of the chosen call.
        said: The result of the last click.
    """

    def __init__(self, server: FlowServer, flow: Flow) -> None:
        self._server, self._flow, self._mode = server, flow, mode_of()
        self._lock, self._is_due = threading.Lock(), False
        self._choosing, self._following = threading.Lock(), threading.Lock()
        self._listed = ServedCalls()
        self._open_key = ""
        self._followed: tuple[Chat, ServedCall] | None = None
        self._head = ipywidgets.HTML()
        self.connection = Connection(server)
        self.calls = ipywidgets.Select(options=_NOBODY, rows=8, description="Calls", layout={"width": "100%"})
        self.opened, self.said = ipywidgets.VBox(), ipywidgets.HTML()
        self.stop = self._button("Stop serving", self._stop)
        buttons = [
            self._button("Open in the chat", self._open),
            self._button("Save as case", self._save),
            self._button("Delete", self._delete),
        ]
        self.open_call, self.save_case, self.delete_call = buttons
        super().__init__(
            [
                self._head,
                self.connection,
                _row(self.stop),
                self.calls,
                _row(*buttons),
                self.said,
                self.opened,
            ]
        )
        self.add_class("byok-panel")
        self._show_head()
        self._refresh()
        server.observe_moves(self._come)
        server.observe(lambda _report: self._come())

    def _button(self, label: str, work: Any) -> ipywidgets.Button:
        button = ipywidgets.Button(description=label)
        button.on_click(lambda _: self._do(work))
        return button

    def _do(self, work: Any) -> None:
        """Do what a click asks for in a worker: the store may take its time."""

        def guarded() -> None:
            try:
                self.said.value = markup.facts(sanitize(work() or ""))
            except ByokError as error:
                self.said.value = error._repr_html_()

        PANEL_WORK.submit(guarded)

    def _come(self) -> None:
        """Note that a call has moved. This is called on the loop, so the list is read elsewhere, later."""
        with self._lock:
            if self._is_due:
                return
            self._is_due = True
        PANEL_WORK.submit(self._refresh_later)

    def _refresh_later(self) -> None:
        time.sleep(REFRESH_S)
        with self._lock:
            self._is_due = False
        self._refresh()

    def _refresh(self) -> None:
        if not self._server.running:
            return
        self._listed = self._server.sessions(_LISTED)
        options = [(_label(call), call.key) for call in self._listed]
        with self._choosing, self.calls.hold_sync():  # new options choose the first: a click must not meet that
            chosen = self.calls.value
            self.calls.options = options or _NOBODY
            if chosen in [key for _, key in options]:
                self.calls.value = chosen
        self._follow()

    def _follow(self) -> None:
        """Show what has been said since in the call that is open."""
        with self._following:
            if self._followed is None:
                return
            chat, known = self._followed
            now = next((call for call in self._listed if call.key == known.key), known)
            if now == known:
                return
            if chat.follow(self._server.session(now.key)):
                self._followed = chat, now
            else:
                self._followed, self.said.value = None, markup.facts(_GONE_ON)

    def _show_head(self) -> None:
        self._head.value = self._server._repr_html_()

    def _stop(self) -> str:
        self._server.stop()
        self.stop.disabled, self.connection.running = True, False
        self._show_head()
        return ""

    def _open(self) -> str:
        key = self._chosen()
        with self._following:
            call = next(
                (call for call in self._listed if call.key == key), None
            )  # first: what comes now is followed
            if call is None:
                raise FlowError(
                    "That call is not in the list any more.", kind="serve_session", fix="Choose another."
                )
            chat = Chat(self._server.session(key), mode=self._mode)
            self.opened.children, self._open_key, self._followed = [chat], key, (chat, call)
        self._follow()
        return _FOLLOWED

    def _save(self) -> str:
        return str(self._flow.save_case(self._server.session(self._chosen())))

    def _chosen(self) -> str:
        with self._choosing:
            chosen = self.calls.value
        if not chosen:
            raise FlowError("No call is chosen.", kind="serve_session", fix="Click one in the list.")
        return str(chosen)

    def _delete(self) -> str:
        key = self._chosen()
        self._server.delete(key)
        with self._following:
            if key == self._open_key:
                self.opened.children, self._open_key, self._followed = [], "", None
        self._refresh()
        return "It is deleted."


def _row(*buttons: ipywidgets.Button) -> ipywidgets.HBox:
    row = ipywidgets.HBox(buttons)
    row.add_class("byok-row")
    return row


def _label(call: ServedCall) -> str:
    at = time.strftime("%H:%M:%S", time.localtime(call.last_at))
    failed = f" · {call.fallback}" if call.fallback else ""
    said = f"{call.text} → {call.reply}" if call.reply else call.text
    shown = said if len(said) <= _SHOWN_CHARS else f"{said[:_SHOWN_CHARS]}…"
    return sanitize(f"{at} · {call.name or 'all calls without an id'} · at {call.node}{failed} · {shown}")
