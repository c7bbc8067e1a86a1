"""Rules for errors of the account behind a key: each returns what an error means, or `None` if not its own."""

from __future__ import annotations

import math

from byok_widgets.providers.error_mapping.error_case import ErrorCase, ErrorReport
from byok_widgets.providers.error_mapping.error_details import ErrorDetails
from byok_widgets.providers.error_mapping.phrases import affordable_tokens

_LONG_WAIT_S = 60.0
_REFUSALS = (None, 400, 401, 403, 412, 429)
"""Statuses with which gateways refuse a call for lack of credit, beside 402; some give none."""
_NO_CREDIT = (
    *("insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "budget_exceeded"),
    *("exceeded_current_quota_error", "insufficient_user_quota", "accountoverdueerror"),
)


def quota(case: ErrorCase) -> ErrorReport | None:
    """There is no credit, or a budget is used up."""
    fault, context = case.details, case.context
    labelled = fault.has_label(*_NO_CREDIT)
    said = (fault.status in _REFUSALS and fault.says("no_credit")) or _is_beyond_the_plan(fault)
    if not (labelled or said or fault.status == 402):
        return None
    if fault.says("fewer_tokens"):
        return _too_many_tokens(case)
    return ErrorReport(
        "quota",
        f"{context.who} refused the call: the account behind this key has no credit left, or its budget "
        "is used up.",
        " ".join(part for part in (context.provider.billing_note, case.quoted) if part)
        or "The credit is spent, or the budget of the key or its project is.",
        "Add credit or raise the budget on the billing page, then try again.",
        context.links.billing,
        retryable=fault.status == 402 and fault.retry_after_s is not None,
    )


def _is_beyond_the_plan(fault: ErrorDetails) -> bool:
    """Whether a gateway passes on in words that a budget is used up; with a time to wait, it is a rate limit."""
    is_limit = fault.retry_after_s is not None or fault.has_label("rate_limit_error", "rate_limit_exceeded")
    return fault.status == 429 and fault.says("plan_and_billing") and not is_limit


def _too_many_tokens(case: ErrorCase) -> ErrorReport:
    """The credit that is left pays for a shorter answer."""
    context, affordable = case.context, affordable_tokens(case.details.text)
    limit = (
        f"Set {context.limit_setting} to {affordable} or less" if affordable else f"Lower {context.limit_setting}"
    )
    return ErrorReport(
        "quota",
        f"{context.who} refused the call: the credit that is left does not pay for an answer as long as "
        "max_tokens allows, or, without a limit, as long as the model can write.",
        case.quoted,
        f"{limit}, or add credit on the billing page; then try again.",
        context.links.billing,
    )


def auth(case: ErrorCase) -> ErrorReport | None:
    """A key that is not taken."""
    status = case.details.status
    said = status in (None, 400, 403) and case.details.says("bad_key")
    if not said and (status != 401 or case.details.says("no_access_to_model")):
        return None
    special = case.details.says("caller_not_allowed")
    answered = f" ({'401 Unauthorized' if status == 401 else status})" if status else ""
    if case.context.endpoint.key is None:
        return ErrorReport(
            "auth",
            f"No API key is saved for {case.context.who} in this flow, and it asks for one{answered}.",
            case.quoted,
            "Open Settings (click the gear, or run flow.settings()), paste its key and press Save.",
            case.context.links.keys,
        )
    return ErrorReport(
        "auth",
        f"{case.context.who} rejected the API key{answered}.",
        case.quoted
        if special or status != 401
        else "It may be mistyped, expired or revoked, or belong to another provider.",
        _how_to_replace(case.context.endpoint.key_variable),
        case.context.links.keys,
    )


def _how_to_replace(variable: str) -> str:
    """Say how a key is replaced that was rejected."""
    if variable:
        return f"Check the key in the environment variable {variable}; after a change restart the kernel."
    return "Check that the key is valid and has not expired; then paste it again in Settings."


def region(case: ErrorCase) -> ErrorReport | None:
    """The provider does not serve this country."""
    said = case.details.status in (400, 403) and case.details.says("region")
    if not (said or case.details.has_label("unsupported_country_region_territory")):
        return None
    return ErrorReport(
        "region",
        f"{case.context.who} does not offer its service in the country of this machine.",
        case.because("The call came from a country, region or territory that it does not serve."),
        "If that is because of a VPN or proxy, turn it off; otherwise choose another provider in Settings.",
        case.context.links.errors,
    )


def unverified(case: ErrorCase) -> ErrorReport | None:
    """The model is for verified organizations only."""
    if not case.details.says("organization_not_verified"):
        return None
    return ErrorReport(
        "org_unverified",
        f"{case.context.who} offers the model {case.context.model} to verified organizations only.",
        "The organization behind this key is not verified yet.",
        "Verify it on the page below (it may take effect after 15 minutes), or pick another model in Settings.",
        case.context.links.organization or case.context.links.keys,
    )


def key_limit(case: ErrorCase) -> ErrorReport | None:
    """The key has reached its spending limit."""
    if not case.details.says("key_limit"):
        return None
    return ErrorReport(
        "key_limit",
        f"{case.context.who} refused the call: this API key has reached its own spending limit.",
        case.quoted,
        "Raise the limit of the key on the page below, or use another key.",
        case.context.links.keys,
    )


def permission(case: ErrorCase) -> ErrorReport | None:
    """The key lacks a permission, or its account does."""
    status = case.details.status
    if status != 403 and not (status == 400 and case.details.says("caller_blocked")):
        return None
    return ErrorReport(
        "permission",
        f"{case.context.who} does not allow this call for this key.",
        case.because("The key, its project or its workspace lacks the permission."),
        "Give the key this permission, use another key, or pick another model in Settings.",
        case.context.links.keys,
    )


def rate_limit(case: ErrorCase) -> ErrorReport | None:
    """There were too many calls in a short time."""
    status = case.details.status
    if status != 429 and not ((status is None or status >= 500) and case.details.says("throttled")):
        return None
    if case.details.says("too_much_at_once"):
        return _too_much_at_once(case)
    return ErrorReport(
        "rate_limit",
        f"The rate limit of {case.context.who} was reached.",
        case.because("This account sent more than it is allowed to in a minute or a day."),
        f"{advised_pause(case.details.retry_after_s)} and try again; "
        "check the provider's usage dashboard for quota limits.",
        case.context.links.usage,
        retryable=True,
    )


def _too_much_at_once(case: ErrorCase) -> ErrorReport:
    """One call needs more tokens than the account may use in a minute, so that no wait helps."""
    return ErrorReport(
        "rate_limit",
        f"The request is larger than the rate limit of {case.context.who} allows in a minute.",
        case.quoted,
        "Waiting does not help: shorten the dialogue, lower max_tokens, or raise the account's limit.",
        case.context.links.usage,
    )


def advised_pause(wait_s: float | None) -> str:
    """Return the words for how long to wait."""
    return f"Wait {_duration(wait_s)}" if wait_s and wait_s > _LONG_WAIT_S else "Wait a little"


def _duration(seconds: float) -> str:
    if seconds < 2 * 3600:
        return f"{math.ceil(seconds / 60)} minutes"
    return f"{math.ceil(seconds / 3600)} hours"
