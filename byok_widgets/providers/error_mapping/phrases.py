"""What providers and networks say about an error in prose, if no status, code or type distinguishes it.

This is the only place that interprets other people's sentences. The phrases are in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Cause = Literal[
    "no_credit",
    "plan_and_billing",
    "bad_key",
    "region",
    "caller_not_allowed",
    "caller_blocked",
    "throttled",
    "no_such_path",
    "organization_not_verified",
    "key_limit",
    "moderation",
    "data_policy",
    "retired",
    "no_endpoints",
    "no_endpoints_for_request",
    "no_such_model",
    "no_access_to_model",
    "invalid_model",
    "too_long",
    "nothing_answers",
    "timed_out",
    "fewer_tokens",
    "too_much_at_once",
    "unsupported",
    "out_of_range",
    "only_some_values",
    "not_both",
    "system_role",
    "message_order",
    "no_such_role",
    "schema",
    "chat_template",
    "out_of_memory",
]

PHRASES: Mapping[Cause, tuple[str, ...]] = {
    "no_credit": (
        *("credit balance is too low", "prepayment credits are depleted", "insufficient balance"),
        *("insufficient credit", "insufficient fund", "balance is not enough", "account is in arrears"),
        *("balance is insufficient", "budget has been exceeded", "spending limit", "any credits", "good standing"),
        *("out of credits", "no credits", "monthly included credits", "credits expired", "额度不足", "余额不足"),
        *("api usage limits", "overdue balance", "on a paid basis", "daily free allocation", "calls / month"),
        *("call volume quota", "inactive subscription", "exceededbudget", "over budget"),
    ),
    "plan_and_billing": ("plan and billing", "billing details"),
    "bad_key": (
        *("api key not valid", "api key expired", "reported as leaked", "incorrect api key", "invalid api key"),
        *("invalid api-key", "invalid_api_key", "invalid x-api-key", "api key is invalid", "login fail"),
        "security token included in the request is",
    ),
    "region": ("location is not supported",),
    "caller_not_allowed": ("organization", "ip address", "allowlist", "not allowed from"),
    "caller_blocked": (
        *("organization has been disabled", "organization has been restricted", "account has been disabled"),
        *("account has been deactivated", "account is suspended"),
    ),
    "throttled": (
        *("throttlingexception", "too many requests", "too many tokens, please wait", "rate limit exceeded"),
        *("rate limit reached", "request limit reached"),
    ),
    "no_such_path": ("unexpected endpoint or method",),
    "organization_not_verified": ("must be verified",),
    "key_limit": ("key limit exceeded",),
    "moderation": (
        *("safety system", "content management policy", "flagged for", "contentfilter", "violated guardrail"),
        *("guardrail check", "guardrail_intervened", "by guardrail"),
        *("content filtering policy", "inappropriate content", "content exists risk", "敏感内容"),
    ),
    "data_policy": ("data policy", "privacy settings"),
    "retired": ("deprecated", "retired", "decommissioned", "shut down", "was removed on"),
    "no_endpoints": ("no endpoints found",),
    "no_endpoints_for_request": ("no endpoints found that",),
    "no_such_model": ("model", "no endpoints found for", "api deployment", "not found for account"),
    "no_access_to_model": (
        *("access to the model", "access to model", "allowed to access model", "can only access models"),
        *("model is blocked", "is blocked at the"),
    ),
    "invalid_model": (
        *("not a valid model", "invalid model", "unknown model", "model identifier is invalid", "non-serverless"),
        *("model not exist", "model does not exist", "no such model", "not supported by any provider"),
    ),
    "too_long": (
        "prompt is too long",
        "maximum context length",
        "context size",
        "context window",
        "context limit",
        *("exceeds the maximum number of tokens", "context length of only", "context overflow"),
        *("`max_new_tokens` must be <=", "`inputs` must have less than", "input is too long", "too many tokens"),
        *("maximum model length", "model token limit", "max_seq_len", "range of input length"),
    ),
    "nothing_answers": ("connection attempts failed",),
    "timed_out": ("timed out", "timeout", "time-out", "deadline exceeded"),
    "fewer_tokens": ("fewer max_tokens", "fewer max_completion_tokens", "only afford"),
    "too_much_at_once": ("request too large for",),
    "unsupported": (
        *("not supported", "unsupported", "not support", "isn't supported", "not available", "not enabled"),
        *("not permitted", "not allowed", "not accept", "not recogni", "unrecogni", "unknown", "unexpected"),
        *("not a valid parameter", "invalid parameter", "invalid field", "cannot find field", "no such field"),
        *("deprecated", "extra inputs", "extra fields", "extraneous", "additional properties", "may only be set"),
        *("not implemented", "has no attribute", "removed", "no longer", "not a supported", "cannot use"),
        *("cannot be modified", "cannot be changed", "cannot be used", "illegal parameter", "illegal argument"),
        *("replaced by", "instead of max_", "instead of 'max_", "instead of `max_", "fixed at"),
        "is allowed for this model",
    ),
    "out_of_range": (
        *("too large", "too high", "too small", "too low", "at most", "at least", "out of range", "maximum"),
        *("minimum", "must be", "should be", "less than", "greater than", "expected a value", "between"),
        *("max allowed", "exceed"),
    ),
    "only_some_values": ("supported values are", "allowed values are", "is allowed for this model", "fixed at"),
    "not_both": (
        *("both", "only one of", "use one of", "mutually exclusive", "in combination", "together", "same time"),
        "simultaneously",
    ),
    "system_role": (
        *("system role", "system message", "system prompt", "system instruction", "developer instruction"),
        *("role 'system'", 'role "system"', "'system' role", '"system" role', "`system`", "support 'system'"),
        *("system` role", "developer role", "developer message"),
    ),
    "message_order": (
        *("must alternate", "should alternate", "should be alternating", "alternate between", "alternating"),
        *("roles in a row", "consecutive", "first message must", "first message should", "must start with a user"),
        *("must begin with a user", "last message must", "last message should", "expected last role"),
        *("unexpected role", "system message must be at the beginning", "system message must be the first"),
        *("no user query", "at least one message", "at least one user", "contents is not specified"),
        *("last message is from the assistant", "with the user role", "message order", "message sequence"),
    ),
    "schema": (
        *("grammar", "json_schema", "json schema", "response_format", "initialize samplers", "invalid schema"),
        *("guided decoding", "guided_json", "structured output", "structured_output", "output_config.format"),
        *("output_format", "json mode", "xgrammar", "outlines", "llguidance", "unrecognized schema"),
        *("from schema", "schema conversion", "schema too", "schema is too"),
    ),
    "chat_template": ("jinja", "chat template", "chat_template", "templateerror", "template error"),
    "out_of_memory": (
        *("out of memory", "cudamalloc", "insufficient memory", "more system memory", "not enough memory"),
        "failed to allocate",
    ),
}

_PATTERNS: Mapping[Cause, re.Pattern[str]] = {
    "message_order": re.compile(
        # the message that has to come first or last, and whose it has to be
        r"\b(first|last|begins?|starts?)\b[^.]{0,40}\b(user|assistant|model)\b"
        r"|\b(user|assistant|model) (message|turn|role)s? (cannot|can't|must|should) (come|be) (first|last)\b"
    ),
    "no_such_role": re.compile(
        r"\bonly user\b[^.]{0,20}\bassistant\b"
        r"|\broles?\b[^.]{0,40}\bsystem\b|\b(invalid|unknown|unexpected|unsupported|got) (role:? )?['\"`]?system\b"
        r"|\b((must|should) be|one of)\b[^.]{0,20}\buser\b[^.]{0,8}\bassistant\b"
    ),
}
"""Causes that servers put into too many words for a list."""

_AFFORDABLE = re.compile(r"only afford ([\d,]+)")


def says(text: str, cause: Cause) -> bool:
    """Whether a text says that `cause` is the reason, ignoring case."""
    lowered, pattern = text.lower(), _PATTERNS.get(cause)
    is_listed = any(phrase in lowered for phrase in PHRASES.get(cause, ()))
    return is_listed or (pattern is not None and pattern.search(lowered) is not None)


def affordable_tokens(text: str) -> int | None:
    """Return the number of tokens that an account can still pay for, if the text says it."""
    found = _AFFORDABLE.search(text.lower())
    digits = found[1].replace(",", "") if found else ""
    return int(digits) if digits and len(digits) < 10 else None
