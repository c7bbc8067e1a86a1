"""Data as JSON for the store, in which what looks like a key is redacted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from byok_widgets.secrets.json_redaction import redact_keys


def plain_json(data: Mapping[str, Any]) -> str:
    """Return data as JSON; what is none becomes text."""
    from pydantic_core import to_jsonable_python

    plain = to_jsonable_python(data, fallback=str, bytes_mode="base64", inf_nan_mode="strings")
    return json.dumps(redact_keys(plain), ensure_ascii=False)
