"""What can be changed in a refused payload. A change is a value, so that it can be kept and applied again."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from byok_widgets.providers.adaptation import dialogue
from byok_widgets.providers.model_settings import TOKEN_LIMITS

Payload = Mapping[str, Any]


class Change(ABC):
    """A way to make a payload acceptable."""

    @property
    def left_out(self) -> str:
        """Name of the parameter that it leaves out; empty if it leaves none out."""
        return ""

    @abstractmethod
    def apply(self, payload: Payload) -> dict[str, Any] | None:
        """Return the changed payload; `None` if there is nothing to change in this one."""


@dataclass(frozen=True)
class LeaveOut(Change):
    """Leave a parameter out.

    Attributes:
        path: Its place in the payload.
        value: Its value as JSON, if the endpoint refused only this value; `None` for any value.
    """

    path: tuple[str, ...]
    value: str | None = None

    @property
    def name(self) -> str:
        """The parameter's name."""
        return self.path[-1]

    @property
    def left_out(self) -> str:
        """The same name; see `Change`."""
        return self.name

    @property
    def is_token_limit(self) -> bool:
        """Whether it is the maximum number of tokens, under any of its names."""
        return self.name in TOKEN_LIMITS

    def concerns(self, value: object) -> bool:
        """Whether the parameter is left out if it has this value."""
        return self.value is None or self.value == as_json(value)

    def apply(self, payload: Payload) -> dict[str, Any] | None:
        """Remove it, and what contained nothing else."""
        found = value_at(payload, self.path)
        if found is None or not self.concerns(found):
            return None
        return _without(payload, self.path)


@dataclass(frozen=True)
class Rename(Change):
    """Send a parameter under another name."""

    old: str
    new: str

    def apply(self, payload: Payload) -> dict[str, Any] | None:
        """Rename it in place."""
        if self.old not in payload or self.new in payload:
            return None
        return {self.new if name == self.old else name: value for name, value in payload.items()}


@dataclass(frozen=True)
class OrderMessages(Change):
    """Put the messages into strict alternation."""

    def apply(self, payload: Payload) -> dict[str, Any] | None:
        """Order them."""
        changed = dialogue.ordered(payload)
        return changed if changed["messages"] != payload["messages"] else None


@dataclass(frozen=True)
class MergeSystem(Change):
    """Say the system text at the start of the user's first message."""

    def apply(self, payload: Payload) -> dict[str, Any] | None:
        """Move it."""
        return dialogue.without_system_role(payload) if dialogue.has_system_text(payload) else None


def as_json(value: object) -> str:
    """Return a parameter's value in a form that can be compared."""
    return json.dumps(value, sort_keys=True)


def value_at(payload: Payload, path: tuple[str, ...]) -> Any:
    """Return the value at a path; `None` if there is none."""
    found: Any = payload
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _without(payload: Payload, path: tuple[str, ...]) -> dict[str, Any]:
    name, *rest = path
    kept = dict(payload)
    inner = _without(payload[name], tuple(rest)) if rest else None
    if inner:
        kept[name] = inner
    else:
        del kept[name]
    return kept
