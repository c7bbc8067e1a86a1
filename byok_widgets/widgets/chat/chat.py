"""`Chat`: a session of a flow to talk to, with its active node, its variables and why it moved.

No message is in a trait, so none is in the widget state or a saved notebook. A new view, also after a page reload,
asks for the whole conversation; after that it receives each turn once. While a reply is being written, its pieces
are sent together, at most 20 times per second.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import html
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from byok_widgets.engine import ENGINE
from byok_widgets.errors import ByokError, FlowError
from byok_widgets.widgets import assets
from byok_widgets.widgets.cell_output import MAX_CHARS
from byok_widgets.widgets.chat import chat_messages
from byok_widgets.widgets.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable

    from byok_widgets.session import Session, Turn
    from byok_widgets.widgets.page_messages import ChatAll, ChatMessage, FailureWords, UnderWay

Message = Mapping[str, Any]
UPDATE_S = 1 / 20
"""Minimum time between two updates of a reply that are sent to the page, in seconds."""


class Chat(assets.PageWidget):
    """A chat with one flow. A fork is a separate session next to the others.

    Attributes:
        title: Name of the flow; everything else is sent as messages.
    """

    view = traitlets.Unicode("chat").tag(sync=True)

    title = traitlets.Unicode("").tag(sync=True)

    def __init__(self, session: Session) -> None:
        """Show `session`."""
        self._sessions = [session]
        self._labels = ["First session"]
        self._shown = 0
        self._speech = _Speech(self._tell)
        self._running: concurrent.futures.Future[Any] | None = None
        self._lock = threading.RLock()
        super().__init__(title=sanitize(session.flow_name))
        self.on_msg(self._receive)

    @property
    def session(self) -> Session:
        """The session that is shown."""
        return self._sessions[self._shown]

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The first session and its forks, in the order they were made."""
        return tuple(self._sessions)

    def __repr__(self) -> str:
        return f"Chat({self.session!r})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        said = sanitize(str(self.session)) or "No messages yet."
        facts = {"text/plain": f"{sanitize(self.session.summary)}\n{said}", "text/html": self._static_html(said)}
        return {**data, **facts}, metadata

    def _static_html(self, said: str) -> str:
        return (
            f'<div style="white-space: pre-wrap">{html.escape(said)}</div>'
            f"<small>{html.escape(sanitize(self.session.summary))}. Run this cell in a notebook to chat.</small>"
        )

    def _receive(self, _widget: object, content: Any, _buffers: object) -> None:
        kind = content.get("kind") if isinstance(content, Mapping) else None
        try:
            with self._lock:
                self._act(kind, content)
        except ByokError as fault:
            text = str(content.get("text", "")) if kind == "say" else ""  # it goes back to the text field
            self._tell({"kind": "failed", "text": sanitize(text), "words": chat_messages.of_fault(fault)})

    def _act(self, kind: object, content: Message) -> None:
        if kind == "hello":
            self._tell_all()
        elif kind == "say":
            self._say(str(content.get("text", "")))
        elif kind == "stop":
            self._stop()
        elif kind == "reset":
            self._reset()
        elif kind == "fork":
            self._fork(_number(content, "turn"))
        elif kind == "show":
            self._show(_number(content, "session"))

    def _reset(self) -> None:
        """Start over in a new session, so that the conversation so far is not lost."""
        if self.session.turns and self.session.turns[-1].number:
            self._add(self.session.fork(0), f"Session {len(self._sessions) + 1}")
        else:
            self._tell_all()

    def _fork(self, turn: int) -> None:
        self._add(self.session.fork(turn), f"Session {len(self._sessions) + 1} (from turn {turn})")

    def _add(self, session: Session, label: str) -> None:
        self._refuse_while_busy()
        self._sessions.append(session)
        self._labels.append(label)
        self._show(len(self._sessions) - 1)

    def _show(self, number: int) -> None:
        self._refuse_while_busy()
        self._shown = min(max(number, 0), len(self._sessions) - 1)
        self._tell_all()

    def _say(self, text: str) -> None:
        self._refuse_while_busy()
        chat_messages.require(text)
        self._speech.begin(text)
        self._tell({"kind": "begin", "text": sanitize(text)})
        self._running = ENGINE.submit(self._turn(self.session, text))

    def _stop(self) -> None:
        if self._running is not None:
            self._running.cancel()

    def _refuse_while_busy(self) -> None:
        if self._running is not None and not self._running.done():
            raise FlowError("The flow is still answering.", kind="busy", fix="Wait for it, or press Stop.")

    async def _turn(self, session: Session, text: str) -> None:
        """Take a turn on the engine's loop. Whatever happens, the view is notified of the result."""
        kept: list[Turn] = []
        try:
            work = session.prepare_turn(text, on_node=self._speech.on_node, on_turn=kept.append)
            turn = await work(self._speech.on_text, self._speech.on_progress)
        except asyncio.CancelledError:
            self._ended(session, text, chat_messages.STOPPED, kept)
            raise
        except ByokError as fault:
            self._ended(session, text, chat_messages.of_fault(fault))
        except Exception as fault:  # noqa: BLE001 - the view must not wait forever
            self._ended(session, text, chat_messages.unexpected(fault))
        else:
            self._tell_turn(session, turn)

    def _ended(self, session: Session, text: str, words: FailureWords, kept: Sequence[Turn] = ()) -> None:
        """Report a failed turn: its partial result is kept, or the text goes back to the text field."""
        self._speech.end()
        if kept:
            self._tell_turn(session, kept[-1])
        else:
            standing = chat_messages.standing(session)
            self._tell({"kind": "failed", "text": sanitize(text), "words": words, "standing": standing})

    def _tell_turn(self, session: Session, turn: Turn) -> None:
        self._speech.end()
        self._tell({"kind": "turn", "turn": chat_messages.of_turn(turn), **chat_messages.standing(session)})

    def _tell_all(self) -> None:
        session = self.session
        message: ChatAll = {
            "kind": "all",
            "sessions": self._labels,
            "shown": self._shown,
            "turns": [chat_messages.of_turn(turn) for turn in session.turns],
            "under_way": self._speech.so_far() if session.busy else None,
            **chat_messages.standing(session),
        }
        self._tell(message)

    def _tell(self, message: ChatMessage) -> None:
        self.send(message)


def _number(content: Message, name: str) -> int:
    value = content.get(name)
    return value if isinstance(value, int) else 0


class _Speech:
    """A reply while it is being written: collects pieces, and sends them at most 20 times per second."""

    def __init__(self, tell: Callable[[ChatMessage], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._said, self._node = "", ""
        self._text: list[str] = []
        self._fresh: list[str] = []
        self._chars = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, said: str) -> None:
        with self._lock:
            self._said, self._node, self._text, self._fresh, self._chars = said, "", [], [], 0

    def on_node(self, name: str) -> None:
        self._node = name
        self._tell({"kind": "node", "node": sanitize(name)})

    def on_progress(self, what: str, done: int, total: int) -> None:
        mb = round(total / 1e6)
        text = f"Downloading {sanitize(what)}: {round(done / 1e6)} of {mb} MB"
        self._tell({"kind": "progress", "text": text})

    def on_text(self, text: str) -> None:
        """Add a piece; called on the engine's loop."""
        with self._lock:
            room = max(0, MAX_CHARS - self._chars)
            self._chars += len(text)
            self._text.append(text[:room])
            self._fresh.append(text[:room])
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(UPDATE_S, self._flush)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def so_far(self) -> UnderWay:
        """Return what a new view has missed."""
        with self._lock:
            self._fresh = []
            return {
                "text": sanitize(self._said),
                "node": sanitize(self._node),
                "reply": sanitize("".join(self._text)),
            }

    def _flush(self) -> None:
        self._timer = None
        with self._lock:
            fresh, self._fresh = "".join(self._fresh), []
        if fresh:
            self._tell({"kind": "text", "text": sanitize(fresh)})
