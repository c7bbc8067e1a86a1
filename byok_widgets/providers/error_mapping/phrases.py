"""What providers and networks say about an error in prose, if no status, code or type distinguishes it.

This is the only place that interprets other people's sentences. The phrases are in lower case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Cause = Literal[
    "no_credit",
    "bad_key",
    "region",
    "caller_not_allowed",
    "organization_not_verified",
    "key_limit",
    "moderation",
    "data_policy",
    "retired",
    "no_endpoints",
    "no_endpoints_for_request",
    "no_such_model",
    "invalid_model",
    "too_long",
    "nothing_answers",
]

PHRASES: Mapping[Cause, tuple[str, ...]] = {
    "no_credit": ("credit balance is too low", "prepayment credits are depleted"),
    "bad_key": ("api key not valid", "api key expired", "reported as leaked"),
    "region": ("location is not supported",),
    "caller_not_allowed": ("organization", "ip address", "allowlist", "not allowed from"),
    "organization_not_verified": ("must be verified",),
    "key_limit": ("key limit exceeded",),
    "moderation": ("safety system", "content management policy", "flagged for"),
    "data_policy": ("data policy", "privacy settings"),
    "retired": ("deprecated", "retired", "decommissioned", "shut down"),
    "no_endpoints": ("no endpoints found",),
    "no_endpoints_for_request": ("no endpoints found that",),
    "no_such_model": ("model", "no endpoints found for"),
    "invalid_model": ("not a valid model", "invalid model", "unknown model"),
    "too_long": (
        "prompt is too long",
        "maximum context length",
        "context size",
        "context window",
        "context limit",
        "exceeds the maximum number of tokens",
    ),
    "nothing_answers": ("connection attempts failed",),
}


def says(text: str, cause: Cause) -> bool:
    """Whether a text contains one of the phrases for `cause`, ignoring case."""
    lowered = text.lower()
    return any(phrase in lowered for phrase in PHRASES[cause])
