"""Which local model is used if none is named."""

from __future__ import annotations

import os

MODEL_VARIABLE = "BYOK_WIDGETS_LOCAL_MODEL"


def default_model() -> str:
    """Return the local model to use if none is named: a model id, or the path of a GGUF file.

    `BYOK_WIDGETS_LOCAL_MODEL` decides if it is set.
    """
    chosen = os.environ.get(MODEL_VARIABLE, "").strip().removeprefix("local:")
    return chosen or "qwen2.5-coder-0.5b"
