"""Messages: who said what, and how an answer ended. Frozen, and free of secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from byok_widgets.display import markup
from byok_widgets.errors import ConfigError
from byok_widgets.secrets import redact
from byok_widgets.secrets.quoting import as_given
from byok_widgets.surrogates import without_surrogates

Role = Literal["system", "user", "assistant"]

FinishReason = Literal[
    "stop", "length", "content_filter", "refusal", "tool_call", "incomplete", "interrupted", "static"
]
"""Why an answer ended.

`stop`: the model was done. `length`: cut off at the token limit. `content_filter`: the provider's filter removed
text. `refusal`: the model declined. `tool_call`: it asked for a tool. `incomplete`: the stream ended before the
model said it was done. `interrupted`: the user stopped it. `static`: a fixed sentence, no model ran.
"""

CUT_OFF: frozenset[FinishReason] = frozenset({"length", "content_filter", "incomplete", "interrupted"})
"""The reasons after which a text is not all that the model would have said."""

CUT_OFF_SIGN = "[…]"
"""What ends an answer that was cut off, in transcripts and on screen: the usual sign of an omission, and no word
that the model did not say."""


@dataclass(frozen=True)
class Message:
    """One entry of a transcript.

    Attributes:
        role: Who said it.
        content: What was said. An answer that was cut off ends with ` […]`, so that people and models that read
            the transcript know that there was more to come. Half of a character, which could not be sent, is
            replaced by U+FFFD, so that it blocks no later turn.
    """

    role: Role
    content: str

    def __post_init__(self) -> None:
        """Replace characters that no request could carry."""
        if not self.content.isascii():
            object.__setattr__(self, "content", without_surrogates(self.content))

    def _repr_html_(self) -> str:
        return Transcript([self])._repr_html_()


class Transcript(tuple[Message, ...]):
    """A dialogue, oldest message first."""

    __slots__ = ()

    def __repr__(self) -> str:
        said = "\n".join(f"{message.role}: {message.content}" for message in self)
        return redact(said, words=False) if self else _NOTHING_SAID

    def _repr_html_(self) -> str:
        if not self:
            return markup.facts(_NOTHING_SAID)
        rows = [(message.role, redact(message.content, words=False)) for message in self]
        return markup.table(rows, columns=("who", "said"))


_NOTHING_SAID = "Nothing has been said yet."


def answer_message(text: str, finish_reason: FinishReason) -> Message:
    """Return an answer as an entry of a transcript."""
    return Message("assistant", with_sign(text, finish_reason))


def with_sign(text: str, finish_reason: FinishReason) -> str:
    """Return an answer with the sign that it was cut off, if it was; an empty one stays empty."""
    said = text.rstrip()
    return f"{said} {CUT_OFF_SIGN}" if said and finish_reason in CUT_OFF else text


@dataclass(frozen=True)
class TextDelta:
    """A piece of an answer that is still being written.

    The answer so far is the text of all pieces since the last one that retracts. Few answers have such a piece:
    some servers send a model's thinking as text, and only its end shows what it was. Whoever shows the pieces
    removes what is shown when one retracts. The result at the end has the right text in any case.

        async for event in node.astream("Hi"):
            if isinstance(event, TextDelta):
                said = event.text if event.retracts else said + event.text

    Attributes:
        text: The next characters.
        retracts: Whether all pieces before this one were the model's thinking, and not its answer.
    """

    text: str
    retracts: bool = False


def transcript_of(dialogue: Any) -> Transcript:
    """Read a dialogue given in any supported form.

    Args:
        dialogue: A string (a single user message), a reply or session (its transcript), one message, or a list of
            messages, each a `Message`, a mapping with `role` and `content`, or (in a list) a pair of the two.

    Raises:
        ConfigError: It is none of these.
    """
    if isinstance(dialogue, Transcript):
        return dialogue
    if dialogue is None:
        return Transcript()
    if isinstance(dialogue, str):
        return Transcript([Message("user", dialogue)])
    if isinstance(dialogue, (Message, Mapping)):
        return Transcript([_message(dialogue)])
    own = getattr(dialogue, "transcript", None)
    if own is not None:
        return transcript_of(own)
    if not isinstance(dialogue, Iterable) or isinstance(dialogue, bytes):
        raise _not_a_dialogue(dialogue)
    return Transcript(_message(entry) for entry in dialogue)


def _message(entry: Any) -> Message:
    if isinstance(entry, Message):
        return entry
    if isinstance(entry, Mapping):
        role, content = entry.get("role"), entry.get("content")
    elif isinstance(entry, (tuple, list)) and len(entry) == 2:
        role, content = entry
    else:
        raise _not_a_dialogue(entry)
    if role not in ("system", "user", "assistant") or not isinstance(content, str):
        raise _not_a_dialogue(entry)
    return Message(role, content)


def _not_a_dialogue(given: Any) -> ConfigError:
    return ConfigError(
        f"{as_given(given)} is not a dialogue.",
        kind="dialogue",
        fix='Give a string, a reply, or a list of messages like {"role": "user", "content": "Hello"}; '
        "roles are user, assistant and system.",
    )
