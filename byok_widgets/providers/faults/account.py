"""Faults of the account behind a key: each rule says what a fault means, or `None` where it is another's."""

from __future__ import annotations

import math

from byok_widgets.providers.faults.site import Case, Verdict

_LONG_WAIT_S = 60.0


def quota(case: Case) -> Verdict | None:
    """No credit, or a budget that is used up."""
    fault, site = case.fault, case.site
    labelled = fault.is_labelled("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
    said = fault.status == 400 and fault.says("no_credit")
    if not (labelled or said or fault.status == 402):
        return None
    return Verdict(
        "quota",
        f"{site.who} refused the call: the account behind this key has no credit left, or its budget is used up.",
        " ".join(part for part in (site.provider.billing_note, case.quoted) if part)
        or "The credit is spent, or the budget of the key or its project is.",
        "Add credit or raise the budget on the billing page, then run the cell again.",
        site.links.billing,
        retryable=fault.status == 402 and fault.retry_after_s is not None,
    )


def auth(case: Case) -> Verdict | None:
    """A key that is not taken."""
    if case.fault.status != 401:
        return None
    special = case.fault.says("caller_not_allowed")
    return Verdict(
        "auth",
        f"{case.site.who} rejected the API key (401 Unauthorized).",
        case.quoted if special else "It may be mistyped, expired or revoked, or belong to another provider.",
        "Check that the key is valid and has not expired; then paste it again in Settings.",
        case.site.links.keys,
    )


def region(case: Case) -> Verdict | None:
    """A country that the provider does not serve."""
    if not case.fault.is_labelled("unsupported_country_region_territory"):
        return None
    return Verdict(
        "region",
        f"{case.site.who} does not offer its service in the country of this machine.",
        case.because("The call came from a country, region or territory that it does not serve."),
        "If a VPN or proxy makes it look so, turn it off; else choose another provider in Settings.",
        case.site.links.errors,
    )


def unverified(case: Case) -> Verdict | None:
    """A model for verified organizations only."""
    if not case.fault.says("organization_not_verified"):
        return None
    return Verdict(
        "org_unverified",
        f"{case.site.who} gives the model {case.site.model} to verified organizations only.",
        "The organization behind this key is not verified yet.",
        "Verify it on the page below (it may take 15 minutes to count), or pick another model in Settings.",
        case.site.links.organization or case.site.links.keys,
    )


def key_limit(case: Case) -> Verdict | None:
    """A key that has spent what it may."""
    if not case.fault.says("key_limit"):
        return None
    return Verdict(
        "key_limit",
        f"{case.site.who} refused the call: this API key has reached its own spending limit.",
        case.quoted,
        "Raise the limit of the key on the page below, or use another key.",
        case.site.links.keys,
    )


def permission(case: Case) -> Verdict | None:
    """A key that may not do this."""
    if case.fault.status != 403:
        return None
    return Verdict(
        "permission",
        f"{case.site.who} does not allow this call for this key.",
        case.because("The key, its project or its workspace lacks the permission."),
        "Give the key this permission, use another key, or pick another model in Settings.",
        case.site.links.keys,
    )


def rate_limit(case: Case) -> Verdict | None:
    """Too many calls in a while."""
    if case.fault.status != 429:
        return None
    wait_s = case.fault.retry_after_s
    pause = f"Wait {_duration(wait_s)}" if wait_s and wait_s > _LONG_WAIT_S else "Wait a little"
    return Verdict(
        "rate_limit",
        f"The rate limit of {case.site.who} was reached.",
        case.because("This account sent more than it may in a minute or a day."),
        f"{pause} and run the cell again; check the provider's usage dashboard for quota limits.",
        case.site.links.usage,
        retryable=True,
    )


def _duration(seconds: float) -> str:
    if seconds < 2 * 3600:
        return f"{math.ceil(seconds / 60)} minutes"
    return f"{math.ceil(seconds / 3600)} hours"
