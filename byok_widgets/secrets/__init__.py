"""Secrets: a holder that reveals nothing, and finding and redacting keys in text.

The lowest package: it imports nothing of the others, so that errors can redact what they say.
"""

from byok_widgets.secrets.detection import looks_like_key
from byok_widgets.secrets.redaction import redact
from byok_widgets.secrets.secret import Secret

__all__ = ["Secret", "looks_like_key", "redact"]
