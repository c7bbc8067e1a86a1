"""`Asked`: a turn to be answered, and all that its answer is made from."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property

from byok_widgets.engine import clock
from byok_widgets.messages import Message
from byok_widgets.secrets.json_redaction import redact_keys
from byok_widgets.serve.stores.dialogue import Dialogue
from byok_widgets.serve.stores.state import State, turn_key
from byok_widgets.serve.stores.store import StoredTurn
from byok_widgets.serve.turns.matching import is_end_of, tail_of, words_of
from byok_widgets.serve.turns.served_flow import ServedFlow


@dataclass(frozen=True)
class Asked:
    """A turn to be answered.

    Attributes:
        key: Its key.
        parent: Where the conversation was before.
        dialogue: The words.
        at: The index of the caller's text in them; -1 lets the flow speak first.
        flow: The flow, in the version of the session.
        caller: Digest of the access token.
        session_id: The client's id of the conversation.
        heard: What the caller heard, where a turn is replayed; nothing is said then.
        trace: What the client sent of the trace that it is part of.
        owner: The owner for whom it is claimed already; empty if it is not.
        asked_at: When it was asked for, on the clock that measures latencies.
    """

    key: str
    parent: State
    dialogue: Dialogue
    at: int
    flow: ServedFlow
    caller: str
    session_id: str = ""
    heard: str | None = None
    trace: str = ""
    owner: str = ""
    asked_at: float = field(default_factory=clock)

    @property
    def text(self) -> str | None:
        """What the caller said."""
        return None if self.at < 0 else self.dialogue.texts[self.at]

    @property
    def before(self) -> tuple[Message, ...]:
        """What was said before that."""
        return self.dialogue.messages if self.at < 0 else self.dialogue.until(self.at)[:-1]

    @property
    def said(self) -> tuple[str, ...]:
        """Digests of all that the caller has said."""
        return self.parent.said if self.at < 0 else (*self.parent.said, self.dialogue.keys[self.at])

    @property
    def first_words(self) -> str:
        """The digest that tells the dialogues of callers without an id apart; empty where there is one."""
        return "" if self.session_id else words_of(self.said[:1])

    def is_asked_by(self, session: str, dialogue: Dialogue, again: str) -> bool:
        """Whether a request asks for this turn, as far as that can be told without the store.

        Args:
            session: Key of its session.
            dialogue: Its words.
            again: What makes it another answer to the same words.
        """
        said, parent = dialogue.keys, self.parent
        is_said = bool(said) and self.at >= 0 and is_end_of(said, self.said)
        return is_said and parent.session == session and self.key == turn_key(parent.key, said[-1], again)

    @cached_property
    def redacted(self) -> tuple[str, str]:
        """What the caller said, and the client's id of the conversation, without what looks like a key."""
        text, name = redact_keys([self.text or "", self.session_id])
        return text, name

    @cached_property
    def row(self) -> StoredTurn:
        """The turn as it is stored before it is answered."""
        said, parent = self.said, self.parent
        words, tail = words_of(said), tail_of(said)
        return StoredTurn(self.key, parent.session, parent.key, words, tail, self.redacted[0], time.time())
