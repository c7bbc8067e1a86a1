"""`SentRequest`: a request as it went to a model, for people to look at. It never holds a key or a header."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, NoReturn

from byok_widgets.display import markup
from byok_widgets.messages import Message
from byok_widgets.secrets import redact, redact_in
from byok_widgets.secrets.json_redaction import redact_keys

Messages = tuple[Message, ...]
Compose = Callable[[], Messages]
"""Makes the messages again: a dialogue written out as one text is not kept once more for each call."""


class SentRequest:
    """What a model was asked, word for word. What looks like an API key in it is shown as a mark.

    It cannot be changed. A session file does not hold it: what `load_session` gives back has none.
    """

    __slots__ = (
        "_left_out",
        "_max_tokens",
        "_messages",
        "_mode",
        "_model",
        "_node",
        "_schema",
        "_settings",
        "_system",
    )
    _node: str
    _model: str
    _system: str
    _messages: Messages | Compose
    _schema: Mapping[str, Any] | None
    _mode: str
    _max_tokens: int | None
    _settings: Mapping[str, Any]
    _left_out: tuple[str, ...]

    def __init__(
        self,
        *,
        node: str,
        model: str,
        system: str,
        messages: Messages | Compose,
        schema: Mapping[str, Any] | None = None,
        mode: str = "",
        max_tokens: int | None = None,
        settings: Mapping[str, Any] | None = None,
        left_out: Collection[str] = (),
    ) -> None:
        put = object.__setattr__
        put(self, "_node", node)
        put(self, "_model", model)
        put(self, "_system", system)
        put(self, "_messages", messages)
        put(self, "_schema", schema)
        put(self, "_mode", mode)
        put(self, "_max_tokens", max_tokens)
        put(self, "_settings", dict(settings or {}))
        put(self, "_left_out", tuple(sorted(left_out)))

    @property
    def node(self) -> str:
        """Name of the node that asked."""
        return self._node

    @property
    def model(self) -> str:
        """Model ref that was asked."""
        return redact(self._model)

    @property
    def system(self) -> str:
        """Instructions before the dialogue: the prompt with its variables filled in."""
        return redact(self._system)

    @property
    def messages(self) -> Messages:
        """The messages, oldest first."""
        sent = self._sent()
        return tuple(map(_with, sent, redact_in([message.content for message in sent])))

    @property
    def words(self) -> tuple[str, Messages]:
        """System and messages, with one search for keys through both."""
        sent = self._sent()
        system, *contents = redact_in([self._system, *(message.content for message in sent)])
        return system, tuple(map(_with, sent, contents))

    def _sent(self) -> Messages:
        return self._messages() if callable(self._messages) else self._messages

    def asks_like(self, other: SentRequest) -> bool:
        """Whether the other one asks the same, word for word, of whatever model; keys in it are compared, too."""
        return (
            self._system == other._system
            and (self._mode, self._max_tokens, self._settings) == (other._mode, other._max_tokens, other._settings)
            and self._schema == other._schema
            and self._sent() == other._sent()
        )

    @property
    def schema(self) -> dict[str, Any] | None:
        """JSON Schema of the answer; `None` where it was free text, or the shape stood in the words alone."""
        return redact_keys(copy.deepcopy(dict(self._schema))) if self._schema else None

    @property
    def mode(self) -> str:
        """How the shape was asked for: `json_schema`, `tool`, `json_object`, or empty where it was not."""
        return self._mode

    @property
    def settings(self) -> Mapping[str, Any]:
        """The model settings that were sent, `max_tokens` among them; the rest was left to the provider."""
        limit = {} if self._max_tokens is None else {"max_tokens": self._max_tokens}
        sent = {**self._settings, **limit}
        return MappingProxyType(redact_keys(copy.deepcopy(sent)) if sent else sent)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Names of the settings that a person made and that were not sent, since the endpoint refuses them."""
        return self._left_out

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"A request that was sent cannot be changed: {name!r}.")

    def __eq__(self, other: object) -> bool:
        return self._parts() == other._parts() if isinstance(other, SentRequest) else NotImplemented

    def __hash__(self) -> int:
        return hash((self._node, self._model, self._system))

    def __getstate__(self) -> dict[str, Any]:
        return self._parts()

    def __setstate__(self, parts: dict[str, Any]) -> None:
        SentRequest.__init__(self, **{**parts, "max_tokens": None})

    def _parts(self) -> dict[str, Any]:
        return {
            "node": self.node,
            "model": self.model,
            "system": self.system,
            "messages": self.messages,
            "schema": self.schema,
            "mode": self.mode,
            "settings": dict(self.settings),
            "left_out": self.left_out,
        }

    def __repr__(self) -> str:
        lines = [f"Request of node {self.node!r} to {self.model}"]
        lines += [f"{name}: {text}" for name, text in self.rows()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return markup.table(self.rows(), caption=f"Request of node {self.node!r} to {self.model}")

    def rows(self) -> list[tuple[str, str]]:
        """Return what was sent, and what was left out, as names and texts; each message by its role."""
        settings = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        rows: list[tuple[str, str]] = [("system", self.system)]
        rows += [(message.role, message.content) for message in self.messages]
        schema = json.dumps(self.schema, ensure_ascii=False, indent=2) if self.schema else ""
        rows += [(f"schema ({self.mode})", schema), ("settings", settings)]
        rows += [("not accepted by the endpoint, so left out", ", ".join(self.left_out))]
        return [(name, text) for name, text in rows if text]


class SentRequests(tuple[SentRequest, ...]):
    """Several requests, in the order in which they were sent."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self)) or _NOTHING_ASKED

    def _repr_html_(self) -> str:
        return "".join(request._repr_html_() for request in self) or markup.facts(_NOTHING_ASKED)


_NOTHING_ASKED = "No model was asked."


def _with(message: Message, content: str) -> Message:
    return message if content == message.content else Message(message.role, content)
