"""What running work reports to its observers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

OnText = Callable[[str], None]
"""Called with each piece of an answer as it arrives; a `Retraction` takes back all that came before it."""


class Retraction(str):
    """A piece of an answer that says: all text so far was the model's thinking and is not part of the answer.

    It is an empty text, so who only collects text need not know it; what is shown in the end is right in any case.
    """

    __slots__ = ()


class Thinker(Protocol):
    """A model's thinking while it lasts."""

    @property
    def has_thought(self) -> bool:
        """Whether any of its thinking has arrived."""

    @property
    def reasoning(self) -> str:
        """What has arrived of its thinking so far, without held keys."""


OnLife = Callable[[Thinker], None]
"""Called each time the server of a model that has not begun to write sends something all the same."""


class Fetching(NamedTuple):
    """A file is being downloaded.

    Attributes:
        what: Its name for people.
        done: Bytes so far.
        total: Bytes in all; 0 where that is not known.
    """

    what: str
    done: int
    total: int


class Waiting(NamedTuple):
    """A request failed and is sent again after a wait, which begins now.

    Attributes:
        kind: The kind of the failure, such as `"rate_limit"`.
        wait_s: Length of the wait, in seconds.
    """

    kind: str
    wait_s: float


class Thinking(NamedTuple):
    """A model has not begun to write; reported each time its server sends something all the same.

    Attributes:
        began_at: When the request was sent, on the engine's `clock`.
        thinker: The thinking so far; a server that does not show it only says that it is alive.
    """

    began_at: float
    thinker: Thinker


Progress = Fetching | Waiting | Thinking
OnProgress = Callable[[Progress], None]
"""Called with each step of what a reply has to wait for."""
