"""How a session treats the time until it speaks."""

from __future__ import annotations

from typing import Any, Literal

from byok_widgets.errors import ConfigError
from byok_widgets.secrets.quoting import as_given

Latency = Literal["usual", "speculative"]


def checked_latency(latency: Any) -> Latency:
    """Return how a session treats the time until it speaks.

    Raises:
        ConfigError: It is neither `"usual"` nor `"speculative"`.
    """
    if latency in ("usual", "speculative"):
        return latency  # type: ignore[no-any-return]
    raise ConfigError(
        f"latency must be 'usual' or 'speculative', not {as_given(latency)}.",
        kind="config",
        fix='"speculative" begins the likeliest reply while the judge decides, and costs more.',
    )
