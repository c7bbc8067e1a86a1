"""Turns whatever an SDK or the network raises into one `ProviderError` in plain words.

Both SDKs name and structure their exceptions alike, so one translator serves both: `error_details` extracts what
is known, `classification` and `network` say what it means. The exception itself is never kept.

The kinds:
    of the account: `auth`, `quota`, `rate_limit`, `permission`, `key_limit`, `org_unverified`, `region`;
    of the request: `model`, `model_gone`, `context_length`, `setting`, `moderation`, `data_policy`, `bad_request`;
    of the provider: `overloaded`, `gateway`, `provider`, `unreadable`;
    of the connection: `dns`, `offline`, `refused`, `tls`, `certificate`, `proxy`, `timeout`, `connection`, `page`,
    `redirect`, `address`;
    of this side: `unsendable`, `unexpected`.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from byok_widgets.errors import ByokError, ProviderError
from byok_widgets.providers.base import Provider
from byok_widgets.providers.error_mapping import classification, error_details, network, request
from byok_widgets.providers.error_mapping.call_context import CallContext, ErrorReport
from byok_widgets.providers.error_mapping.error_details import ErrorDetails

_DETAILS: WeakKeyDictionary[ProviderError, ErrorDetails] = WeakKeyDictionary()
"""The facts behind errors that are still being handled; an error itself keeps only words."""


def details_of(error: BaseException, site: CallContext) -> ErrorDetails | None:
    """Return what the provider reported, from an SDK's exception or from an error that was read from an answer."""
    if isinstance(error, ProviderError):
        return _DETAILS.get(error)
    return None if isinstance(error, ByokError) else error_details.from_exception(error, site.provider)


def kind_of(details: ErrorDetails, site: CallContext) -> str:
    """Return the kind of error that the facts mean."""
    return classification.classify(details, site).kind


def schema_refused(site: CallContext, status: int | None) -> ProviderError:
    """Return the error for an endpoint that fails without a reason only where the shape is asked for."""
    return _error(
        request.schema_refused(site, "It gave no reason, but it fails whenever a schema is sent.", status)
    )


def translate(error: BaseException, site: CallContext) -> ProviderError:
    """Return `error` in plain words. Raise the result outside the `except` block."""
    fault = error_details.from_exception(error, site.provider)
    if fault is None:
        return _error(network.classify(error, site))
    return _error(classification.classify(fault, site), fault)


def from_body(body: Any, site: CallContext) -> ProviderError:
    """Return the error that stood inside a 200 answer or a stream in plain words."""
    fault = error_details.from_body(error_details.usual_form(body, site.provider))
    return _error(classification.classify(fault, site), fault)


def page_instead(site: CallContext) -> ProviderError:
    """Return the error for a web page that came instead of an answer."""
    return _error(classification.page(site))


def unreadable(what: str, site: CallContext) -> ProviderError:
    """Return the error for an answer that is not in the provider's format."""
    return _error(network.unreadable(what, site))


def empty(site: CallContext) -> ProviderError:
    """Return the error for an answer that ended before any of it had arrived."""
    return unreadable("it ended before it began", site)


def timed_out(provider: Provider, seconds: float, what: str) -> ProviderError:
    """Return the error for a call that took too long."""
    return ProviderError(
        f"{provider.label} {what} within {seconds:g} s.",
        kind="timeout",
        cause="The model is slow or busy, or the answer is long.",
        fix="Run the cell again, choose a faster model, or give the call a longer deadline_s.",
        link=provider.links.status,
        retryable=True,
    )


def _error(verdict: ErrorReport, fault: ErrorDetails | None = None) -> ProviderError:
    details = fault or ErrorDetails()
    should_retry = details.should_retry
    error = ProviderError(
        verdict.problem,
        kind=verdict.kind,
        cause=verdict.cause,
        fix=verdict.fix,
        link=verdict.link,
        retryable=verdict.retryable if should_retry is None else should_retry,
        request_id=details.request_id,
        retry_after_s=details.retry_after_s,
    )
    if fault:
        _DETAILS[error] = fault
    return error
