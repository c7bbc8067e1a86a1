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


class Saved(TypedDict):
    """The output that the notebook file keeps of a view has changed; it has the class `mark` now."""

    kind: Literal["saved"]
    mark: str


class SavedOutput(TypedDict):
    """What that output holds, by MIME type."""

    kind: Literal["saved_output"]
    output: dict[str, str]


class AskSavedOutput(TypedDict):
    """Ask for what that output holds: this page's notebook lacks it."""

    kind: Literal["saved_output"]


class Wait(TypedDict):
    """A request failed, as `text` says, and is sent again after so many seconds."""

    kind: Literal["wait"]
    text: str
    seconds: float
