"""Time limits that a person sets, checked."""

from __future__ import annotations

import sys
from typing import Any

from byok_widgets.engine import Deadline
from byok_widgets.errors import ConfigError
from byok_widgets.secrets.quoting import as_given

FUNCTION_DEADLINE_S = 10.0
"""Default time limit for the function of an action node, in seconds."""


def checked_seconds(seconds: Any, *, node: str) -> float:
    """Return a time limit in seconds.

    Raises:
        ConfigError: It is not a finite number above 0.
    """
    is_number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if is_number and 0 < seconds <= sys.float_info.max:
        return float(seconds)
    raise ConfigError(
        f"Node {node!r}: deadline_s is a number of seconds above 0, not {as_given(seconds)}.",
        kind="bad_setting",
    )


def deadline_of(seconds: Any, *, node: str) -> Deadline:
    """Return the deadline of a call; `None` stands for the usual one.

    Raises:
        ConfigError: It is not a finite number above 0.
    """
    return Deadline(None if seconds is None else checked_seconds(seconds, node=node))
