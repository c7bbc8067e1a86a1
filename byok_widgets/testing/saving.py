"""Saves the results of a test as a baseline."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from byok_widgets.files.saved_file import save_file
from byok_widgets.secrets.json_redaction import redact_keys
from byok_widgets.testing.baseline import FORMAT, MAX_BYTES, VERSION, money, way_of
from byok_widgets.testing.outcomes import CaseOutcome
from byok_widgets.testing.view import RunView


def write(test: RunView, path: Path) -> None:
    """Save the results of a test.

    Raises:
        ConfigError: It could not be written.
    """
    content = json.dumps(redact_keys(_data(test)), ensure_ascii=False, indent=1)
    save_file(path, f"{content}\n".encode("utf-8", "replace"), kind="baseline", most_bytes=MAX_BYTES)


def _data(test: RunView) -> dict[str, Any]:
    (variant,) = test.variants
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": test.title,
        "saved_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "models": dict(variant.models),
        "parts": test.parts,
        "usd": money(test.cost),
        "cases": [_case(each) for each in test.outcomes],
    }


def _case(outcome: CaseOutcome) -> dict[str, Any]:
    return {
        "name": outcome.name,
        "input": outcome.case.input_id,
        "outcome": str(outcome.outcome),
        "runs": outcome.decided,
        "passes": outcome.passes,
        **way_of(outcome),
    }
