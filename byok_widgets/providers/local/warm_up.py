"""What a kernel of the demo does while the page is still loading: it gets ready for the first answer."""

from __future__ import annotations

from byok_widgets.engine import ENGINE
from byok_widgets.providers.local.default_model import default_model
from byok_widgets.providers.local.provider import LocalProvider


def begin() -> None:
    """Begin, in the background; where it fails, the first call does the same and tells why."""
    ENGINE.submit(LocalProvider().warm_up(default_model()))
