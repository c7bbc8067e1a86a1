"""What cells, panel and chat say while a model is at work or a request waits."""

from __future__ import annotations


def waiting(kind: str) -> str:
    """Say what a request has met that is sent again after a wait."""
    return "The rate limit is reached." if kind == "rate_limit" else "The request failed."


def when(left_s: int) -> str:
    """Say when it is sent again."""
    return f"Retrying in {left_s} s…" if left_s else "Retrying…"


def at_work(*, is_thinking: bool) -> str:
    """Say what a model is doing that has not begun to write."""
    return "Thinking…" if is_thinking else "Waiting for the model…"


def silence(seconds: int) -> str:
    """Say that its server has sent nothing for some time."""
    return f" (no sign of life for {seconds} s)" if seconds else ""
