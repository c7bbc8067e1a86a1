"""`ENGINE`: the engine of this process."""

from __future__ import annotations

from byok_widgets.engine.loop import Engine
from byok_widgets.engine.tab import TabEngine
from byok_widgets.engine.threads import HAS_THREADS

ENGINE = Engine() if HAS_THREADS else TabEngine()
