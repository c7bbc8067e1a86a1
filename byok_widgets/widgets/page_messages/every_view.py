"""What every view and the kernel tell each other."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict


class Ping(TypedDict):
    """Where a page sees no kernel, a view asks whether it is there."""

    kind: Literal["ping"]


class Pong(TypedDict):
    """The kernel is there; told again and again, also while a cell runs."""

    kind: Literal["pong"]
