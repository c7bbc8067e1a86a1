"""What an error that a provider sent means: its kind, and the words that tell people what to do.

A fault goes through `_RULES` in their order; the first that knows it decides. A rule matches on status, type and
code, and on prose only where nothing else tells faults apart.
"""

from __future__ import annotations

from collections.abc import Callable

from byok_widgets.providers.faults import account, request
from byok_widgets.providers.faults.facts import Fault
from byok_widgets.providers.faults.site import Case, Site, Verdict

Rule = Callable[[Case], Verdict | None]


def judge(fault: Fault, site: Site) -> Verdict:
    """Say what a fault means."""
    case = Case(fault, site)
    found = (rule(case) for rule in _RULES)
    return next(verdict for verdict in found if verdict is not None)


def page(site: Site, status: int | None = None) -> Verdict:
    """Say that a web page came in place of an answer."""
    if status is not None and status >= 500:
        return Verdict(
            "gateway",
            f"A gateway answered instead of {site.who} ({status}).",
            f"What stands before {site.host} could not pass the call on. This is not your fault.",
            "Run the cell again in a moment.",
            site.links.status,
            retryable=True,
        )
    return Verdict(
        "page",
        f"A web page came back instead of an answer from {site.who}{f' ({status})' if status else ''}.",
        f"Your network may want you to log in, or a proxy or gateway stands before {site.host}.",
        f"Open a browser to see whether the network asks for a login; then check {site.way}.",
        site.links.status,
    )


def _redirect(case: Case) -> Verdict | None:
    if case.fault.status is None or not 300 <= case.fault.status < 400:
        return None
    return Verdict(
        "redirect",
        f"{case.site.host} wants to send the call of {case.site.who} to another address; that is not followed.",
        "A redirect would hand your dialogue to a host that you did not choose.",
        case.site.either(
            "Check the base URL in Settings; write the address that it leads to, if you trust it.",
            "Check the network: something may answer in its place.",
        ),
        case.site.links.errors,
    )


def _page(case: Case) -> Verdict | None:
    if not case.fault.is_page or case.fault.status in (402, 413, 429):
        return None
    return page(case.site, case.fault.status)


def _overloaded(case: Case) -> Verdict | None:
    status = case.fault.status
    if status is None or not (status in (408, 409) or status >= 500):
        return None
    return Verdict(
        "overloaded",
        f"{case.site.who} is overloaded or out of order just now ({status}). This is not your fault.",
        case.because("Too many calls arrive there, or something in it failed."),
        "Run the cell again in a moment.",
        case.site.links.status,
        retryable=True,
    )


def _anything(case: Case) -> Verdict:
    return Verdict(
        "provider",
        f"{case.site.who} answered with an error.",
        case.because("It gave no reason."),
        "Run the cell again; if it stays, look at the provider's status page.",
        case.site.links.status,
        retryable=True,
    )


_RULES: tuple[Rule, ...] = (
    _redirect,
    _page,
    account.quota,
    account.auth,
    account.region,
    account.unverified,
    account.key_limit,
    request.moderation,
    request.data_policy,
    request.gone,
    request.model,
    account.permission,
    account.rate_limit,
    request.too_long,
    _overloaded,
    request.setting,
    request.address,
    request.request,
    _anything,
)
