"""Which of the stored turns a dialogue continues.

Words are compared in normal form. Among turns after which the caller had said the same, it is the one whose
replies were heard: each is the stored one, or was cut from it where the caller interrupted it. The one of which
most was heard wins, then the newest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from byok_widgets.serve.stores.dialogue import digest, normal

TAIL = 2
"""How many of the caller's texts find a turn where a client sends the last messages alone."""


@dataclass(frozen=True)
class Past:
    """What was said before the words that are to be answered.

    Attributes:
        said: Digests of the caller's texts.
        heard: The replies that were heard, as they were sent; empty where none was.
    """

    said: tuple[str, ...]
    heard: tuple[str, ...]

    @property
    def words(self) -> str:
        """The digest of all texts."""
        return words_of(self.said)

    @property
    def tail(self) -> str:
        """The digest of the last texts; empty where there are too few to tell one dialogue from another."""
        return tail_of(self.said)


@dataclass(frozen=True)
class Candidate:
    """A stored dialogue that may be the one.

    Attributes:
        said: Digests of the caller's texts.
        replies: What was said in reply to them; `None` where that is not known yet.
    """

    said: tuple[str, ...]
    replies: tuple[str | None, ...]


def words_of(said: Sequence[str]) -> str:
    """Return the digest of all texts of a caller."""
    return digest(*said)


def tail_of(said: Sequence[str]) -> str:
    """Return the digest of the last texts of a caller; empty where there are too few."""
    return digest(*said[-TAIL:]) if len(said) >= TAIL else ""


def is_end_of(said: Sequence[str], candidate: Sequence[str]) -> bool:
    """Whether a client may have sent the last part of a stored dialogue alone."""
    return len(said) <= len(candidate) and tuple(candidate[-len(said) :]) == tuple(said)


def heard_of(past: Past, candidate: Candidate) -> int | None:
    """Return how much of a stored dialogue was heard, in characters; `None` if something else was heard."""
    heard = 0
    for words, reply in zip(map(normal, reversed(past.heard)), reversed(candidate.replies), strict=False):
        if not words or reply is None:
            continue
        if not normal(reply).startswith(words):
            return None
        heard += len(words)
    return heard


def best(past: Past, candidates: Sequence[Candidate], *, strict: bool) -> int | None:
    """Return the index of the dialogue that is continued; `None` if there is none.

    Args:
        past: What was said before.
        candidates: Stored dialogues in which the caller said the same, the newest first.
        strict: Whether one does not count of which something else was heard: without an id of the session, it may
            be another caller's.
    """
    scores = [heard_of(past, candidate) for candidate in candidates]
    known = [(score, -at) for at, score in enumerate(scores) if score is not None]
    if known:
        return -max(known)[1]
    return 0 if candidates and not strict else None
