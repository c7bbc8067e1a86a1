"""`ENGINE`: the engine of this process."""

from __future__ import annotations

from byok_widgets.engine.loop import Engine
from byok_widgets.engine.threads import HAS_THREADS


def _engine() -> Engine:
    if HAS_THREADS:
        return Engine()
    from byok_widgets.engine.tab import TabEngine

    return TabEngine()


ENGINE = _engine()
