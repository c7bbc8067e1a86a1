"""What becomes of rows of a store that are damaged, or that somebody else has written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from byok_widgets.errors import FlowError

_SIGNS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Read what the store keeps: whatever is wrong with that is one error.

    Args:
        what: What is read, in words.

    Raises:
        FlowError: It cannot be read.
    """
    sign = ""
    try:
        yield
    except _SIGNS as error:
        sign = type(error).__name__
    if sign:
        raise FlowError(
            f"What the store keeps of {what} is damaged.",
            kind="serve_damaged",
            cause=f"Reading it failed ({sign}).",
            fix="If nobody else writes to the store, restore it from a backup.",
        )
