"""Secrets: a holder that reveals nothing, and functions that find and redact keys in text.

The lowest package: it imports none of the others, so that errors can redact their messages.
"""

from byok_widgets.secrets.detection import looks_like_key
from byok_widgets.secrets.identity import identity
from byok_widgets.secrets.redaction import (
    are_clear_of_held_keys,
    contains_held_key,
    redact,
    redact_held,
    redact_held_in,
    redact_in,
    redact_quotes,
)
from byok_widgets.secrets.secret import Secret

__all__ = [
    "Secret",
    "are_clear_of_held_keys",
    "contains_held_key",
    "identity",
    "looks_like_key",
    "redact",
    "redact_held",
    "redact_held_in",
    "redact_in",
    "redact_quotes",
]
