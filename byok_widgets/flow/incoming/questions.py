"""`Question`: something for the user to decide in a panel, and what each answer does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Choice(NamedTuple):
    """One answer.

    Attributes:
        label: Text of its button.
        act: What it does.
    """

    label: str
    act: Callable[[], None]


class Question(NamedTuple):
    """A sentence, with the answers to it.

    Attributes:
        kind: What it is about, for programs; a panel shows one question of a kind.
        text: The sentence.
        choices: The answers.
    """

    kind: str
    text: str
    choices: tuple[Choice, ...]
