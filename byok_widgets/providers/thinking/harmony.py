"""`HarmonyFilter`: answers in the harmony format, whose channels a server has passed on as text.

`<|channel|>analysis<|message|>thinking<|end|><|start|>assistant<|channel|>final<|message|>answer<|return|>`
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"<\|(start|channel|message|end|return|call|constrain)\|>")
BEGINNINGS = ("<|channel|>", "<|start|>", "<|message|>", "analysis<|", "commentary<|", "final<|")
"""What an answer begins with, also where the server's prompt has begun its header."""
_PART_OF_TOKEN = re.compile(r"<(?:\|(?:[a-z]{1,9}\|?)?)?\Z")


def begins_harmony(text: str) -> bool:
    """Whether an answer that begins like this is in the harmony format."""
    return text.startswith(BEGINNINGS)


def may_begin_harmony(text: str) -> bool:
    """Whether an answer that begins like this may turn out to be in the harmony format."""
    return any(beginning.startswith(text) for beginning in BEGINNINGS)


class HarmonyFilter:
    """Sorts the messages of an answer by their channel: only the final one is said."""

    def __init__(self) -> None:
        self._held = ""
        self._header: list[str] | None = []
        """The channel's name while a message's header is read; `None` inside the message."""
        self._is_final = False

    def feed(self, text: str) -> tuple[str, str]:
        """Return what a piece of the answer says, and what it thinks."""
        self._held += text
        return self._sort(is_end=False)

    def flush(self) -> tuple[str, str]:
        """Return what was held back, as `feed` does."""
        return self._sort(is_end=True)

    def _sort(self, *, is_end: bool) -> tuple[str, str]:
        said: list[str] = []
        thought: list[str] = []
        while token := _TOKEN.search(self._held):
            self._take(self._held[: token.start()], said, thought)
            self._held = self._held[token.end() :]
            self._turn(token[1])
        part = None if is_end else _PART_OF_TOKEN.search(self._held)
        complete = self._held[: part.start()] if part else self._held
        self._take(complete, said, thought)
        self._held = self._held[len(complete) :]
        return "".join(said), "".join(thought)

    def _take(self, text: str, said: list[str], thought: list[str]) -> None:
        if self._header is not None:
            self._header.append(text)
        else:
            (said if self._is_final else thought).append(text)

    def _turn(self, marker: str) -> None:
        if marker == "message":
            channel = "".join(self._header or ()).split()
            self._is_final, self._header = not channel or channel[0] in ("final", "assistant"), None
        elif marker != "constrain":
            self._header = []
