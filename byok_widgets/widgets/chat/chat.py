"""`Chat`: a session of a flow to talk to, with its active node, its variables and why it moved.

Nothing that is said is in a trait, so it is in no widget state and no saved notebook. A view that appears, also
after the page was loaded again, asks for all that was said; after that it hears each turn once.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import secrets
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from byok_widgets.cases.writing import save_case
from byok_widgets.display.sanitize import sanitize
from byok_widgets.engine import ENGINE
from byok_widgets.errors import ByokError, FlowError
from byok_widgets.nodes.calls.lane import lane
from byok_widgets.secrets import redact
from byok_widgets.session.corrections import typed_value
from byok_widgets.widgets import assets
from byok_widgets.widgets.audience import Mode, shows_widgets
from byok_widgets.widgets.chat import chat_messages, copies, lessons
from byok_widgets.widgets.chat.branches import Branches
from byok_widgets.widgets.chat.conversations import NOTHING, conversations
from byok_widgets.widgets.chat.speech import Speech
from byok_widgets.widgets.panel import visitor
from byok_widgets.widgets.saved_form import SavedForm

if TYPE_CHECKING:
    from collections.abc import Callable

    from byok_widgets.session import Session, Turn
    from byok_widgets.widgets.page_messages.chat import ChatAll, ChatMessage, ChatTurn, FailureFacts, GraphFacts

Message = Mapping[str, Any]
_OWN_WORK = frozenset({"say", "edit", "regenerate", "correct", "reset", "fork"})
"""What a person does in a chat that its session does not have elsewhere."""


class Chat(assets.PageWidget):
    """A chat with one flow. A fork is a separate session next to the others.

    Attributes:
        title: Name of the flow; all else goes by messages.
        saved_form: The class that marks the output with what was said: the page hides it while the chat is alive.
    """

    view = traitlets.Unicode("chat").tag(sync=True)

    title = traitlets.Unicode("").tag(sync=True)
    saved_form = traitlets.Unicode("").tag(sync=True)

    def __init__(self, session: Session, *, mode: Mode = "visitor") -> None:
        """Show `session` to the flow's owner, or to visitors: they keep nothing that outlasts it."""
        self._mode = mode
        self._branches, self._is_own = Branches(session), False
        self._speech = Speech(self._tell)
        self._running: concurrent.futures.Future[Any] | None = None
        self._drawn: GraphFacts | None = None
        self._lock = threading.RLock()
        self._actions: Mapping[object, Callable[[Message], None]] = {
            "hello": lambda _: self._tell_all(),
            "say": lambda message: self._say(self.session, _text(message)),
            "edit": self._edit,
            "regenerate": self._regenerate,
            "correct": self._correct,
            "sentence": self._keep_sentence,
            "copy": self._copy,
            "save_case": self._save_case,
            "requests": self._tell_requests,
            "lesson": self._tell_lesson,
            "teach": self._teach,
            "forget": self._forget,
            "saved_output": lambda _: self._tell({"kind": "saved_output", "output": self._saved_form.output()}),
            "stop": lambda _: self._stop(),
            "reset": lambda _: self._start_over(),
            "fork": lambda message: self._fork(_number(message, "turn")),
            "show": lambda message: self._show(_number(message, "session")),
        }
        name = f"byok-saved-{secrets.token_hex(8)}"
        self._saved_form = SavedForm(name, self._said, self._tell_mark, NOTHING)
        super().__init__(title=sanitize(session.flow_name), saved_form=name)
        self.on_msg(self._receive)

    @property
    def session(self) -> Session:
        """The session that is shown."""
        return self._branches.session

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The first session and its forks, in the order they were made."""
        return tuple(self._branches.sessions)

    def follow(self, session: Session) -> bool:
        """Show what a session has become that goes on elsewhere; false if somebody has gone on with it here."""
        with self._lock:
            if self._is_own:
                return False
            self._branches = Branches(session)
            self._tell_all()
            return True

    @property
    def _is_visited(self) -> bool:
        return self._mode != "owner" or self.session.context.for_visitors

    def __repr__(self) -> str:
        return f"Chat({self.session!r})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = self._view_bundle(**kwargs) if shows_widgets() else ({}, {})
        return {**data, **self._said()}, metadata

    def _ipython_display_(self) -> None:
        sentence = f"Chat with the flow {self.session.flow_name}. Run this cell in a notebook to chat."
        self._saved_form.show(self._view_bundle, sentence)

    def _said(self) -> dict[str, str]:
        return conversations(self._branches.labelled())

    def _view_bundle(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle: Any = super()._repr_mimebundle_(**kwargs) or {}
        return bundle if isinstance(bundle, tuple) else (bundle, {})

    def _receive(self, _widget: object, content: Any, _buffers: object) -> None:
        message = content if isinstance(content, Mapping) else {}
        kind = message.get("kind")
        act = self._actions.get(kind) if isinstance(kind, str) else None
        try:
            if act:
                with self._lock:
                    self._admit_visitor()
                    act(message)
                    self._is_own |= kind in _OWN_WORK  # what was refused changes nothing
        except _MalformedError:
            return
        except ByokError as fault:
            text = redact(sanitize(_text(message))) if kind == "say" else ""  # it goes back to its field
            self._tell({"kind": "failed", "text": text, "failure": chat_messages.of_fault(fault)})

    def _admit_visitor(self) -> None:
        """Where somebody other than the owner uses the chat, nothing that the owner saved holds any more."""
        if self._is_visited:
            self.session.context.open_to_visitors()

    def _say(self, session: Session, text: str) -> None:
        self._require_idle()
        chat_messages.require(text)
        self._speech.begin(text)
        self._running = ENGINE.submit(self._turn(session, text, lambda turn: self._tell_turn(session, turn)))

    def _edit(self, message: Message) -> None:
        """Say something else in a turn: a new session continues from the moment before it."""
        self._require_idle()
        turn, text = self._branches.turn(_number(message, "turn")), _text(message)
        chat_messages.require(text)
        session = self.session.fork(turn.number - 1)
        self._branches.show(self._branches.add(session, f"turn {turn.number} edited"))
        self._tell_all()
        self._say(session, text)

    def _regenerate(self, message: Message) -> None:
        """Answer a turn again, in a session of its own, and show the answer beside the first one."""
        self._require_idle()
        turn, model = self._branches.turn(_number(message, "turn")), _text(message, "model").strip()
        visitor.check_pick(self.session.context, self.session.graph.nodes, model)
        session = self.session.fork(turn.number - 1, model=model or None)
        said, number = str(turn.text), turn.number
        self._speech.begin(said, instead_of=number)
        tell = lambda again: self._tell_alternative(session, number, again)  # noqa: E731 - it binds two names
        repeat = 1 + sum(made.turn == number for made in self._branches.alternatives())
        self._running = ENGINE.submit(self._turn(session, said, tell, repeat=repeat))

    def _correct(self, message: Message) -> None:
        """Set a variable to what a person typed: a flow's actions may rest on it, so no visitor does."""
        self._require_owner()
        self._require_idle()
        name, session = _text(message, "name"), self.session
        session.variables[name] = typed_value(session.graph, name, _text(message, "value"))
        self._tell({"kind": "session", "changed": [sanitize(name)], **chat_messages.session_facts(session)})

    def _keep_sentence(self, message: Message) -> None:
        self._require_owner()
        config = self.session.config
        config.keep_test_sentence(_text(message), keep=message.get("keep") is not False)
        self._tell({"kind": "sentences", "sentences": list(map(sanitize, config.test_sentences))})

    def _copy(self, message: Message) -> None:
        if message.get("form") == "case":
            self._tell({"kind": "copy", "form": "case", "text": copies.as_case(self.session)})
        else:
            self._tell({"kind": "copy", "form": "transcript", "text": copies.as_transcript(self.session)})

    def _save_case(self, message: Message) -> None:
        """Add the session, or its beginning up to a turn, to the flow's file of cases."""
        self._require_owner()
        self._require_idle()
        turn = None if message.get("turn") is None else self._branches.turn(_number(message, "turn")).number
        self._tell({"kind": "case_saved", "text": sanitize(str(save_case(self.session, turn=turn)))})

    def _tell_requests(self, message: Message) -> None:
        """Tell what the models were asked: prompts, and examples of what others have said."""
        self._require_owner()
        turn = self._branches.turn(_number(message, "turn"))
        requests = chat_messages.of_requests(turn)
        self._tell({"kind": "requests", "turn": turn.number, "requests": requests})

    def _tell_lesson(self, message: Message) -> None:
        self._require_owner()
        turn = self._branches.turn(_number(message, "turn"))
        self._tell(lessons.lesson(self.session, turn, _text(message, "node")))

    def _teach(self, message: Message) -> None:
        """Keep what a node should have read in a turn as an example."""
        self._require_owner()
        turn, node = self._branches.turn(_number(message, "turn")), _text(message, "node")
        self._tell(lessons.teach(self.session, turn, node, _texts(message, "values")))

    def _forget(self, message: Message) -> None:
        """Remove an example of a node."""
        self._require_owner()
        turn, node = self._branches.turn(_number(message, "turn")), _text(message, "node")
        self._tell(lessons.forget(self.session, turn, node, _text(message, "example")))

    def _tell_mark(self, mark: str) -> None:
        self._tell({"kind": "saved", "mark": mark})

    def _stop(self) -> None:
        if self._running is not None:
            self._running.cancel()

    def _start_over(self) -> None:
        """Go back to the beginning in a session of its own, so that nothing that was said is lost."""
        if self.session.turns and self.session.turns[-1].number:
            self._add(self.session.fork(0))
        else:
            self._tell_all()

    def _fork(self, turn: int) -> None:
        self._add(self.session.fork(turn), f"from turn {turn}")

    def _add(self, session: Session, origin: str = "") -> None:
        self._require_idle()
        self._show(self._branches.add(session, origin))

    def _show(self, number: int) -> None:
        self._require_idle()
        self._branches.show(number)
        self._tell_all()

    def _require_owner(self) -> None:
        if self._is_visited:
            raise visitor.refusal()

    def _require_idle(self) -> None:
        if self._speech.is_active:
            raise FlowError("The flow is still answering.", kind="busy", fix="Wait for it, or press Stop.")

    async def _turn(self, session: Session, text: str, tell: Callable[[Turn], None], *, repeat: int = 0) -> None:
        """Take a turn on the engine's loop. Whatever happens, the view hears how it ended.

        Another answer to the same turn is another repeat: a recording tells them apart by that.
        """
        kept: list[Turn] = []
        lost: list[Turn] = []
        try:
            work = session.prepare_turn(
                text,
                on_node=lambda name: self._speech.on_node(name, speaks=session.graph.node(name).speaks),
                on_turn=kept.append,
                on_unfinished=lost.append,
            )
            with lane(repeat=repeat):
                turn = await work(self._speech.on_text, self._speech.on_progress)
        except asyncio.CancelledError:
            if kept:  # the partial reply stays
                self._speech.end()
                tell(kept[-1])
            else:
                self._failed(text, chat_messages.STOPPED, lost)
            raise
        except ByokError as fault:
            self._failed(text, chat_messages.of_fault(fault), lost)
        except Exception as fault:  # noqa: BLE001 - the view must not wait for ever; the log gets its kind
            self._failed(text, chat_messages.unexpected(fault), lost)
        else:
            tell(turn)

    def _failed(self, text: str, failure: FailureFacts, lost: Sequence[Turn]) -> None:
        """Report a turn that failed: its text goes back to its field."""
        self._speech.end()
        again = self._speech.under_way()["instead_of"] is not None
        self._tell(
            {
                "kind": "failed",
                "text": "" if again else sanitize(text),
                "failure": failure,
                "session": chat_messages.session_facts(self.session),
                "reasoning": chat_messages.lost_reasoning(lost),
            }
        )

    def _tell_turn(self, session: Session, turn: Turn) -> None:
        self._speech.end()
        drawn = chat_messages.graph(session)
        is_new, self._drawn = drawn != self._drawn, drawn
        message: ChatTurn = {
            "kind": "turn",
            "turn": chat_messages.of_turn(turn),
            "changed": [sanitize(name) for name in turn.variables],
            "graph": drawn if is_new else None,
            **chat_messages.session_facts(session),
        }
        self._tell(message)

    def _tell_alternative(self, session: Session, instead_of: int, turn: Turn) -> None:
        self._speech.end()
        reply = turn.reply
        origin = f"turn {instead_of} with {reply.model}" if reply and reply.model else f"turn {instead_of} again"
        made = self._branches.add_alternative(instead_of, session, origin)
        facts = chat_messages.of_alternative(made, turn)
        self._tell({"kind": "alternative", "alternative": facts, "sessions": self._branches.labels})

    def _tell_all(self) -> None:
        session, branches = self.session, self._branches
        self._drawn = chat_messages.graph(session)
        others = [(made, branches.sessions[made.session].turns) for made in branches.alternatives()]
        message: ChatAll = {
            "kind": "all",
            "sessions": branches.labels,
            "shown": branches.shown,
            "visited": self._is_visited,
            "turns": [chat_messages.of_turn(turn) for turn in session.turns],
            "alternatives": [
                chat_messages.of_alternative(made, next(turn for turn in turns if turn.number == made.turn))
                for made, turns in others
            ],
            "under_way": self._speech.under_way() if self._speech.is_active else None,
            "sentences": list(map(sanitize, session.config.test_sentences)),
            "models": chat_messages.models(session),
            "graph": self._drawn,
            **chat_messages.session_facts(session),
        }
        self._tell(message)

    def _tell(self, message: ChatMessage) -> None:
        self.send(message)
        if message["kind"] in ("all", "turn", "alternative", "session"):
            self._saved_form.follow()


class _MalformedError(Exception):
    """A message that no page of ours sends: nothing is done about it."""


def _number(message: Message, name: str) -> int:
    value = message.get(name)
    if type(value) is not int:
        raise _MalformedError
    return value


def _text(message: Message, name: str = "text") -> str:
    value = message.get(name)
    if not isinstance(value, str):
        raise _MalformedError
    return value


def _texts(message: Message, name: str) -> dict[str, str]:
    value = message.get(name)
    if not isinstance(value, Mapping) or not all(isinstance(part, str) for pair in value.items() for part in pair):
        raise _MalformedError
    return dict(value)
