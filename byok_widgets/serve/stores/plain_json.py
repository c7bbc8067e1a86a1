"""Data as JSON for the store, in which what looks like a key is redacted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json, to_jsonable_python

from byok_widgets.secrets.json_redaction import are_clear, redact_keys

_AS_TEXT: dict[str, Any] = {"fallback": str, "bytes_mode": "base64", "inf_nan_mode": "strings"}


def plain_json(data: Mapping[str, Any]) -> str:
    """Return data as JSON; what is none becomes text."""
    return plain_jsons(data)[0]


def plain_jsons(*data: Mapping[str, Any]) -> list[str]:
    """Return each as JSON: a search for keys in all of them costs little more than one in the first."""
    try:
        texts = [to_json(each, **_AS_TEXT).decode() for each in data]
    except ValueError:  # halves of characters, which have no bytes
        texts = []
    if texts and are_clear(texts):
        return texts
    plain = to_jsonable_python(list(data), **_AS_TEXT)
    return [json.dumps(each, ensure_ascii=False) for each in redact_keys(plain)]
