"""By what an error inside an answer is known; looked at in each answer, and so loaded with the first one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REASONS = ("message", "detail", "errors", "error_message", "msg", "error_msg")
"""The fields in which servers give the reason of an error."""


def holds_error(value: Mapping[str, Any]) -> bool:
    """Whether an event or a body says that it is an error; some servers send an error with nothing in it."""
    error = value.get("error")
    if error and isinstance(error, Mapping) and not any(error.values()):
        error = None
    return bool(error) or value.get("object") == "error" or value.get("type") == "error"


def gives_reason(value: Mapping[str, Any]) -> bool:
    """Whether something that is not an answer looks like the reason why there is none."""
    for name in REASONS:
        reason = value.get(name)
        if not reason:
            continue
        if isinstance(reason, Mapping) and "content" in reason:
            continue
        if isinstance(reason, (str, list, Mapping)):
            return True
    return False
