"""Whether this kernel serves a page to visitors, who are not the person whose keys are stored here."""

from __future__ import annotations

import os


def is_served_page() -> bool:
    """Whether a visitor sits in front of this kernel: Voila says so, and an operator can with a variable."""
    voila = os.environ.get("SERVER_SOFTWARE", "").lower().startswith("voila/")
    return voila or os.environ.get("BYOK_WIDGETS_SERVED", "").strip().lower() in ("1", "true", "yes", "on")
