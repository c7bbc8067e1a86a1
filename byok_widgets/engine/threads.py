"""Whether there are threads here: in a browser's tab, where Python is WebAssembly, there are none."""

from __future__ import annotations

import sys

HAS_THREADS = sys.platform != "emscripten"
