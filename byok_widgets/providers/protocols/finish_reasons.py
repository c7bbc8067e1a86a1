"""Why an answer ended, in the spelling of any server that speaks one of the protocols."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from byok_widgets.messages import FinishReason

_WORDS: Mapping[FinishReason, str] = {
    "stop": "stop stopped eos eos_token end end_turn end_of_turn end_of_text stop_sequence stop_token stop_word"
    " stop_str stop_string complete completed done finish finished normal success im_end eot_id eot eom endoftext",
    "length": "length max_length max_tokens max_token max_output_tokens max_new_tokens max_completion_tokens"
    " maximum_length maximum_tokens token_limit token_budget length_limit output_limit error_limit limit truncated"
    " model_length context_length context_window model_context_window",
    "content_filter": "content_filter content_filtered filter filtered safety image_safety sensitive recitation"
    " blocklist blocked prohibited_content spii language guardrail guardrails guardrail_intervened moderation"
    " content_policy_violation policy_violation error_toxic toxic",
    "refusal": "refusal refused",
    "tool_call": "tool_call tool_calls tool_use tool function_call function_calls",
}
_KNOWN: Mapping[str, FinishReason] = {word: reason for reason, words in _WORDS.items() for word in words.split()}
FULL_CONTEXT = frozenset({"model_length", "context_length", "context_window", "model_context_window"})
"""Reasons that say that the dialogue and the answer fill the model's context."""
CONTEXT_IS_FULL = "cut off: the dialogue and the answer fill the model's context"
_NONE = frozenset({"", "null", "none", "unspecified", "in_progress"})
_ERRORS = frozenset({"error", "errored", "failed", "failure"})
_BETWEEN_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|[\s\-]+")
_AROUND = "<|> "
_SUFFIX = re.compile(r"_(?:reached|matched|found|hit|exceeded)$")  # as in "max_tokens_reached"
_PREFIX = re.compile(r"^(?:finish|stop)_?reason[._]")  # as in "FinishReason.STOP", the name of an enum's member


def normalised(raw: Any) -> str:
    """Return a finish reason in the usual spelling: `MAX_TOKENS`, `maxTokens` and `max-tokens` are one.

    Details may follow a colon. A reason that is an object has its word in `type`, and of a list the first one
    counts. What says that the answer is still being written becomes the empty string.
    """
    if isinstance(raw, str) and raw in _KNOWN:  # as nearly always
        return raw
    if isinstance(raw, list) and raw:
        raw = raw[0]
    if isinstance(raw, Mapping):
        raw = raw.get("type") or raw.get("reason")
    if raw is None or raw is False:
        return ""
    word = _BETWEEN_WORDS.sub("_", str(raw).partition(":")[0].strip(_AROUND)).lower()
    word = _SUFFIX.sub("", _PREFIX.sub("", word))
    return "" if word in _NONE else word


def known_reason(word: str) -> FinishReason | None:
    """Return the house's word for a reason in the usual spelling; `None` for one that is not known."""
    return _KNOWN.get(word)


def is_error(word: str) -> bool:
    """Whether a reason in the usual spelling says that the answer failed."""
    return word in _ERRORS
