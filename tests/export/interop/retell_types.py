"""The types of retell-sdk as a check: walked through, and with unknown keys forbidden.

Run with flows as JSON lines on standard input, it writes what is wrong with each of them, one line for each.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any


@cache
def _adapter() -> Any:
    from pydantic import ConfigDict, TypeAdapter
    from retell.types import conversation_flow_create_params as params

    for thing in vars(params).values():
        if isinstance(thing, type) and hasattr(thing, "__total__"):
            thing.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
    return TypeAdapter(params.ConversationFlowCreateParams)


def refused(flow: Any) -> str:
    """Return what the types refuse in a conversation flow; empty if they accept it."""
    from pydantic import ValidationError

    try:
        _walk(_adapter().validate_python(flow))
    except ValidationError as error:
        return " ".join(str(error).split())
    return ""


def _walk(value: Any) -> None:
    """Look at all of it: an `Iterable` is checked only when it is gone through."""
    if isinstance(value, dict):
        for part in value.values():
            _walk(part)
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for part in value:
            _walk(part)


if __name__ == "__main__":
    for line in sys.stdin:
        print(refused(json.loads(line)))
