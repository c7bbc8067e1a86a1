"""How much of a provider's answer is read, and how long an error is listened to.

Each bound is looked up when a call begins, so it can be set at any time:
`byok_widgets.bounds.MAX_ANSWER_BYTES = 256 * 2**20`.
"""

from __future__ import annotations

import math
import sys
from types import ModuleType
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.secrets.quoting import as_given

MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""Longest answer, in bytes after decompression, comments and keep-alives included."""
MAX_EVENT_BYTES = 16 * 1024 * 1024
"""Longest single event of a stream, in bytes."""
MAX_EVENTS = 1_000_000
"""Maximum number of events in one answer."""
MAX_IDLE_LINES = 200_000
"""Maximum number of lines, or of events, in a row that say nothing: comments, keep-alives, blank lines."""
MAX_RESULTS_BYTES = 1 << 30
"""Longest results of a batch, in bytes after decompression."""
MAX_LIST_BYTES = 32 * 1024 * 1024
"""Longest model list, in bytes after decompression."""
MAX_LIST_ROWS = 20_000
"""Maximum number of models in a list; each is looked at, and other calls wait meanwhile."""
MAX_ERROR_BYTES = 1024 * 1024
"""How much is read of an answer whose status says that the call failed, in bytes after decompression."""
MAX_ERROR_S = 10.0
"""How long the body of such an answer is waited for, in seconds: its status says enough."""
MAX_HEAD_BYTES = 64 * 1024
"""Most bytes of an answer that belong to no body: its head, or what stands between two pieces of its body."""
MAX_COMPRESSION_RATIO = 200
"""Most bytes that one compressed byte may stand for on average, in a body of more than `FREE_OF_RATIO_BYTES`."""
FREE_OF_RATIO_BYTES = 1024 * 1024
"""Up to this size a body may be compressed by any ratio, in bytes after decompression."""


class _Bounds(ModuleType):
    """This module; it refuses to be set to what is no bound, rather than let the next call fail."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name.isupper():
            _check(name, value, known=name in vars(self))
        super().__setattr__(name, value)


def _check(name: str, value: Any, *, known: bool) -> None:
    if not known:
        raise ConfigError(f"There is no bound of that name: {as_given(name)}.", kind="bad_setting")
    is_seconds = name.endswith("_S")
    is_number = isinstance(value, (int, float) if is_seconds else int) and not isinstance(value, bool)
    if not is_number or not 0 < value < math.inf:
        what = "a number of seconds" if is_seconds else "a whole number"
        raise ConfigError(f"{name} is {what} above 0, not {as_given(value)}.", kind="bad_setting")


class TooLargeError(Exception):
    """A body went past one of the bounds.

    Attributes:
        excess: What was exceeded, as the end of a sentence: "it is longer than 64 MiB".
        bound: Name of the bound in this module.
    """

    def __init__(self, excess: str, bound: str) -> None:
        super().__init__(excess)
        self.excess, self.bound = excess, bound


def too_many_bytes(limit: int, bound: str, what: str = "it") -> TooLargeError:
    """Return the error for something longer than `limit` bytes."""
    size = f"{limit // 2**20} MiB" if limit >= 2**20 else f"{limit:,} bytes"
    return TooLargeError(f"{what} is longer than {size}", bound)


def compressed_too_much(ratio: int) -> TooLargeError:
    """Return the error for a body that a few bytes are blown up to."""
    return TooLargeError(f"it is compressed more than {ratio:,} times", "MAX_COMPRESSION_RATIO")


def too_many_events(limit: int) -> TooLargeError:
    """Return the error for a stream of more than `limit` events."""
    return TooLargeError(f"it has more than {limit:,} events", "MAX_EVENTS")


def too_many_idle_lines(limit: int) -> TooLargeError:
    """Return the error for a stream of comments and keep-alives with nothing between them."""
    return TooLargeError(f"it has more than {limit:,} comments and keep-alives in a row", "MAX_IDLE_LINES")


def too_many_rows(limit: int) -> TooLargeError:
    """Return the error for a list of more than `limit` models."""
    return TooLargeError(f"it has more than {limit:,} models", "MAX_LIST_ROWS")


# Only the class of a module can look at what is assigned to it.
sys.modules["byok_widgets.providers.stream.bounds"].__class__ = _Bounds
