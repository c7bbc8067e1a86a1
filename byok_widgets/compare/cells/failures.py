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
_MODERATED = "moderation"
"""Kind of the error with which a provider's safety system declines, where others end the answer."""

FLOW_FAULTS = frozenset(
    {"action_failed", "action_timeout", "action_unknown", "action_result", "action_argument"}
    | {"call_limit", "cost_limit", "silent_loop", "condition", "condition_timeout", "template"}
    | {"template_no_value", "template_unknown_part", "template_too_long", "template_failed", "template_timeout"}
)
"""Kinds of errors into which a flow runs by the way that its models took: the variant has failed, and scores 0.

Left out of the score, they would flatter the variant that gets stuck in the hard cases.
"""

SETUP_FAULTS = frozenset({"silent_start", "template_syntax", "template_unknown_variable"})
"""Kinds of errors that a flow has whatever its models say: they say nothing of a variant, and give no score."""


def of_error(error: BaseException) -> dict[str, Any]:
    """Return the status of a cell that raised an error, with its kind and its words."""
    if isinstance(error, ExtractionError):
        return _ended("invalid", error) | {"output": {"text": error.raw_text or error.partial_text}}
    if isinstance(error, ByokError):
        return _ended("refused" if error.kind == _MODERATED else "failed", error)
    return {"status": "failed", "error": "error", "message": redact_quotes(describe_exception(error))}


def of_turn(error: BaseException) -> dict[str, Any]:
    """Return the status of a conversation in which a turn of the flow raised an error."""
    if isinstance(error, ByokError) and error.kind in FLOW_FAULTS:
        return _ended("invalid", error)
    return of_error(error)


def _ended(status: CellStatus, error: ByokError) -> dict[str, Any]:
    retries = max(0, error.attempts - 1)
    return {"status": status, "error": error.kind, "message": _words(error), "retries": retries}


def of_others(error: BaseException) -> dict[str, Any]:
    """Return the status of cells in which something else failed, which says nothing of the variants.

    That is what stands before a node that is compared, and the models of a simulated caller.
    """
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
