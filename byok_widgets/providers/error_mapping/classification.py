"""What an error from a provider means: its kind, and a message that tells people what to do.

An error goes through `_RULES` in order; the first one that matches decides. A rule matches on status, type and
code, and on prose only if nothing else distinguishes errors.
"""

from __future__ import annotations

from collections.abc import Callable

from byok_widgets.providers.error_mapping import account, request
from byok_widgets.providers.error_mapping.call_context import CallContext
from byok_widgets.providers.error_mapping.error_case import ErrorCase, ErrorReport
from byok_widgets.providers.error_mapping.error_details import ErrorDetails

_SIGN_IN = 511
"""The status with which a network asks for a login."""
_MAY_PASS = (408, 409, 424, 425, 498)
"""Statuses below 500 of faults that may pass: 424 is that of a model which failed, 498 that of a full tier."""

Rule = Callable[[ErrorCase], ErrorReport | None]


def classify(fault: ErrorDetails, context: CallContext) -> ErrorReport:
    """Return what an error means."""
    case = ErrorCase(fault, context)
    found = (rule(case) for rule in _RULES)
    return next(verdict for verdict in found if verdict is not None)


def page(context: CallContext, status: int | None = None) -> ErrorReport:
    """Report that a web page came instead of an answer."""
    if status is not None and status >= 500 and status != _SIGN_IN:
        return ErrorReport(
            "gateway",
            f"A gateway answered instead of {context.who} ({status}).",
            f"A server in front of {context.host} could not pass the call on. This is not your fault.",
            "Try again in a moment.",
            context.links.status,
            retryable=True,
        )
    return ErrorReport(
        "page",
        f"A web page came back instead of an answer from {context.who}{f' ({status})' if status else ''}.",
        f"Your network may want you to log in, or a proxy or gateway is in front of {context.host}.",
        f"Open a browser to see whether the network asks for a login; then check {context.way}.",
        context.links.status,
    )


def _redirect(case: ErrorCase) -> ErrorReport | None:
    if case.details.status is None or not 300 <= case.details.status < 400:
        return None
    return ErrorReport(
        "redirect",
        f"{case.context.host} redirects {case.context.who} to another address; redirects are not followed.",
        "A redirect would send your dialogue to a host that you did not choose.",
        case.context.either(
            "Check the base URL in Settings; enter the address that it redirects to, if you trust it.",
            "Check the network: something else may be answering in its place.",
        ),
        case.context.links.errors,
    )


def _page(case: ErrorCase) -> ErrorReport | None:
    if not case.details.is_page or case.details.status in (401, 402, 413, 429):
        return None
    return page(case.context, case.details.status)


def _overloaded(case: ErrorCase) -> ErrorReport | None:
    status = case.details.status
    if status is None or status == 501 or not (status in _MAY_PASS or status >= 500):
        return None
    return ErrorReport(
        "overloaded",
        f"{case.context.who} is overloaded or not working right now ({status}). This is not your fault.",
        case.because("It receives too many calls, or something in it failed."),
        "Try again in a moment.",
        case.context.links.status,
        retryable=True,
    )


def _anything(case: ErrorCase) -> ErrorReport:
    return ErrorReport(
        "provider",
        f"{case.context.who} answered with an error.",
        case.because("It gave no reason."),
        "Try again; if the error persists, look at the provider's status page.",
        case.context.links.status,
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
    request.memory,
    request.setting,
    request.schema,
    request.dialogue,
    _overloaded,
    request.address,
    request.request,
    _anything,
)
