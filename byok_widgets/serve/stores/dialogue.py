"""`Dialogue`: the words of a request, as they go to the models, and in the form by which turns are found again."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from byok_widgets.messages import Message, Role
from byok_widgets.secrets import redact_held_in
from byok_widgets.text_forms import normalized

_SPOKEN: tuple[Role, ...] = ("user", "assistant")
_RESULTS = ("tool", "function")
_KNOWN = (*_SPOKEN, *_RESULTS)


@dataclass(frozen=True)
class Dialogue:
    """What was said, without instructions, tools, empty messages and what else clients change between two turns.

    Attributes:
        messages: The words; neighbours of one role are one message.
        after_tool: Whether the request ends in the result of a tool.
    """

    messages: tuple[Message, ...]
    after_tool: bool = False

    @classmethod
    def of(cls, sent: Iterable[Mapping[str, Any]]) -> Dialogue:
        """Return the words of a request."""
        last = ""
        said: list[tuple[Role, list[str]]] = []
        for message in sent:
            role, content = message["role"], message.get("content")
            text = content.strip() if isinstance(content, str) else _text_of_parts(content)
            if role in _KNOWN:
                last = role
            if role in _SPOKEN and text:
                if not said or said[-1][0] != role:
                    said.append((role, []))
                said[-1][1].append(text)
        texts = redact_held_in([" ".join(parts) for _, parts in said])
        messages = tuple([Message(role, text) for (role, _), text in zip(said, texts, strict=True)])
        return cls(messages, after_tool=last in _RESULTS)

    @property
    def is_answered(self) -> bool:
        """Whether there is nothing to say: the last words are the flow's own, or a tool has just run."""
        return self.after_tool or bool(self.messages and self.messages[-1].role == "assistant")

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """What the caller said, turn by turn, as it was sent."""
        return tuple([message.content for message in self.messages if message.role == "user"])

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The same as short digests of what does not change when a client sends it again."""
        return tuple([digest(normal(text)) for text in self.texts])

    @cached_property
    def opening(self) -> str:
        """What the flow said before the caller; empty if nothing."""
        first = self.messages[0] if self.messages else None
        return first.content if first is not None and first.role == "assistant" else ""

    @cached_property
    def heard(self) -> tuple[str, ...]:
        """What the caller heard after each of those texts, as it was sent; empty where nothing."""
        return tuple(self._heard())

    def until(self, turn: int) -> tuple[Message, ...]:
        """Return the words up to the caller's text of this index, which is the last of them."""
        ends = [at for at, message in enumerate(self.messages) if message.role == "user"]
        return self.messages[: ends[turn] + 1]

    def _heard(self) -> Iterator[str]:
        for at, message in enumerate(self.messages):
            if message.role == "user":
                after = self.messages[at + 1 : at + 2]
                yield after[0].content if after else ""


def _text_of_parts(content: Any) -> str:
    """Return the text of a message that comes in parts; empty if it has none."""
    parts = content if isinstance(content, list) else ()
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return " ".join(text.strip() for text in texts if isinstance(text, str) and text.strip())


def normal(text: str) -> str:
    """Return a text without the differences that clients make: case, spaces, punctuation, forms of characters."""
    folded = normalized("NFKC", text).casefold()
    return " ".join(folded.translate(_KEPT).split()) or text.strip()


def digest(*parts: str) -> str:
    """Return a digest of texts, in which each keeps its place."""
    text = ""
    for part in parts:  # nearly always one: a comprehension would be one more call
        text += f"{len(part)}:{part}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class _Kept(dict[int, str]):
    """What becomes of each character: punctuation becomes a space. Filled as characters come, and so bounded."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = " " if unicodedata.category(char).startswith("P") else char
        return self[code]


_KEPT = _Kept()
