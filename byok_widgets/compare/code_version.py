"""The version of a function: another one when its code changes."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from typing import Any


def code_version(function: Callable[..., Any] | None) -> str:
    """Return a hash of a function's source, or of its code where there is no source; empty for none."""
    if function is None:
        return ""
    code = getattr(function, "__code__", None)
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        text = repr((code.co_code, code.co_consts)) if code else repr(type(function))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
