"""The day on which tests say that models end or have ended, here and in the kernels of a browser's notebooks."""

from __future__ import annotations

import datetime

KNOWN_DAY = datetime.date(2026, 11, 24)

IN_A_CELL = f"""import datetime
from byok_widgets.providers import catalog
catalog._today = lambda: {KNOWN_DAY!r}"""
"""What sets the day in a kernel."""
