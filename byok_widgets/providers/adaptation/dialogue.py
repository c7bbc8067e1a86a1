"""The messages of a payload in the order that strict chat templates require."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Turn = dict[str, Any]

BEGINS = "(The conversation begins.)"
GOES_ON = "(The conversation goes on.)"


def alternating(turns: Iterable[Mapping[str, Any]]) -> list[Turn]:
    """Return user and assistant messages in strict alternation, from the user to the user.

    Adjacent messages of one role are joined, and a neutral line of the user's stands where one is missing.
    """
    joined: list[Turn] = []
    for turn in turns:
        if joined and joined[-1]["role"] == turn["role"]:
            joined[-1]["content"] = f"{joined[-1]['content']}\n\n{turn['content']}"
        else:
            joined.append({"role": turn["role"], "content": turn["content"]})
    if not joined or joined[0]["role"] == "assistant":
        joined.insert(0, {"role": "user", "content": BEGINS})
    if joined[-1]["role"] == "assistant":
        joined.append({"role": "user", "content": GOES_ON})
    return joined


def ordered(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload with one system message, at the beginning, and the rest alternating."""
    system, others = _divided(payload["messages"])
    first = [{"role": "system", "content": system}] if system else []
    return {**payload, "messages": [*first, *alternating(others)]}


def without_system_role(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload with the system text at the start of the user's first message."""
    inside, others = _divided(payload["messages"])
    system = "\n\n".join(text for text in (payload.get("system"), inside) if text)
    rest = {name: value for name, value in payload.items() if name != "system"}
    if not system:
        return {**rest, "messages": others}
    if others and others[0]["role"] == "user":
        first, others = others[0], others[1:]
        system = f"{system}\n\n{first['content']}"
    return {**rest, "messages": [{"role": "user", "content": system}, *others]}


def has_system_text(payload: Mapping[str, Any]) -> bool:
    """Whether a payload has a system text, in its own field or as a message."""
    return bool(payload.get("system")) or any(turn["role"] == "system" for turn in payload["messages"])


def _divided(turns: Iterable[Mapping[str, Any]]) -> tuple[str, list[Turn]]:
    """Return the system text, and the other messages."""
    kept = [dict(turn) for turn in turns]
    system = "\n\n".join(turn["content"] for turn in kept if turn["role"] == "system")
    return system, [turn for turn in kept if turn["role"] != "system"]
