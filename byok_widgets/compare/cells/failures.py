"""What an error means for a cell: a bad answer scores 0; where the provider failed, the score is missing."""

from __future__ import annotations

from typing import Any

from byok_widgets.compare.cells.result_cell import CellStatus
from byok_widgets.errors import ByokError, ExtractionError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.reply import Reply
from byok_widgets.secrets import redact_quotes

_DECLINED = frozenset({"refusal", "content_filter"})
_BROKEN = frozenset({"incomplete", "interrupted"})


def of_error(error: BaseException) -> dict[str, Any]:
    """Return the status of a cell that raised an error, with its kind and its words."""
    if isinstance(error, ExtractionError):
        status: CellStatus = "invalid"
        return {
            "status": status,
            "error": error.kind,
            "message": _words(error),
            "retries": max(0, error.attempts - 1),
            "output": {"text": error.raw_text or error.partial_text},
        }
    if isinstance(error, ByokError):
        return {
            "status": "failed",
            "error": error.kind,
            "message": _words(error),
            "retries": max(0, error.attempts - 1),
        }
    return {"status": "failed", "error": "error", "message": redact_quotes(describe_exception(error))}


def of_upstream(error: BaseException) -> dict[str, Any]:
    """Return the status of cells before which something failed: that says nothing of the variants."""
    found = of_error(error)
    return {name: found[name] for name in ("error", "message")} | {"status": "failed"}


def of_reply(reply: Reply | None) -> dict[str, Any]:
    """Return the status of a cell by how its answer ended."""
    if reply is not None and reply.finish_reason in _DECLINED:
        return {"status": "refused", "error": reply.finish_reason, "message": reply.why_incomplete}
    if reply is not None and reply.finish_reason in _BROKEN:
        return {"status": "failed", "error": reply.finish_reason, "message": reply.why_incomplete}
    return {"status": "done"}


def _words(error: ByokError) -> str:
    return " ".join(part for part in (error.problem, error.cause, error.fix) if part)
