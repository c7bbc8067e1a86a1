"""Turns whatever an SDK or the network raises into one `ProviderError` in plain words.

Both SDKs name and structure their exceptions alike, so one translator serves both: `error_details` extracts what
is known, `classification` and `network` say what it means. The exception itself is never kept.

The kinds:
    of the account: `auth`, `quota`, `rate_limit`, `permission`, `key_limit`, `org_unverified`, `region`;
    of the request: `model`, `model_gone`, `context_length`, `setting`, `moderation`, `data_policy`, `bad_request`;
    of the provider: `overloaded`, `out_of_memory`, `gateway`, `provider`, `unreadable`, `too_large`;
    of the connection: `dns`, `offline`, `refused`, `tls`, `certificate`, `proxy`, `timeout`, `connection`, `page`,
    `redirect`, `address`;
    of this side: `unsendable`, `unexpected`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from byok_widgets.errors import ByokError, ProviderError
from byok_widgets.providers.base import Provider, sentence
from byok_widgets.providers.error_mapping import account, classification, error_details, network, request
from byok_widgets.providers.error_mapping.call_context import CallContext
from byok_widgets.providers.error_mapping.error_case import ErrorCase, ErrorReport
from byok_widgets.providers.error_mapping.error_details import ErrorDetails
from byok_widgets.providers.error_mapping.excerpts import excerpt
from byok_widgets.usage import NOT_CHARGED, Cost

_DETAILS: WeakKeyDictionary[ProviderError, ErrorDetails] = WeakKeyDictionary()
"""The facts behind errors that are still being handled; an error itself keeps only words."""

_GAVE_UP_WAITING = frozenset({408, 502, 504, 520, 524, 598, 599})
"""Statuses with which a gateway says that the answer did not come in time, or that the connection broke."""


def details_of(error: BaseException, context: CallContext) -> ErrorDetails | None:
    """Return what the provider reported, from an SDK's exception or from an error that was read from an answer."""
    if isinstance(error, ProviderError):
        return _DETAILS.get(error)
    return None if isinstance(error, ByokError) else error_details.from_exception(error, context.provider)


def kind_of(details: ErrorDetails, context: CallContext) -> str:
    """Return the kind of error that the facts mean."""
    return classification.classify(details, context).kind


def schema_refused(context: CallContext, status: int | None) -> ProviderError:
    """Return the error for an endpoint that fails without a reason only where the shape is asked for."""
    return _error(
        request.schema_refused(context, "It gave no reason, but it fails whenever a schema is sent.", status)
    )


def translate(error: BaseException, context: CallContext) -> ProviderError:
    """Return `error` in plain words. Raise the result outside the `except` block."""
    fault = error_details.from_exception(error, context.provider)
    if fault is None:
        return _error(network.classify(error, context), is_charged=network.may_have_been_sent(error))
    return _error(classification.classify(fault, context), fault, ErrorCase(fault, context).quoted)


def from_body(body: Any, context: CallContext) -> ProviderError:
    """Return the error that stood inside a 200 answer or a stream in plain words."""
    fault = error_details.from_body(error_details.usual_form(body, context.provider))
    quote = ErrorCase(fault, context).quoted
    return _error(classification.classify(fault, context), fault, quote, is_charged=not fault.is_refusal)


def page_instead(context: CallContext) -> ProviderError:
    """Return the error for a web page that came instead of an answer."""
    return _error(classification.page(context))


def unreadable(what: str, context: CallContext, *, said: str = "") -> ProviderError:
    """Return the error for an answer that is not in the provider's format; a sentence in its place is quoted."""
    report = network.unreadable(what, context)
    if quote := ErrorCase(ErrorDetails(message=excerpt(said)), context).quoted:
        report = replace(report, cause=quote)
    return _error(report, quote=quote, is_charged=True)


def empty(
    context: CallContext, *, was_thinking: bool = False, has_begun: bool = False, said: str = ""
) -> ProviderError:
    """Return the error for an answer that ended without any text.

    Args:
        context: The call.
        was_thinking: Whether the model's thinking had begun to arrive.
        has_begun: Whether anything had arrived.
        said: What the server last said about the wait for the answer.
    """
    what = "there is no text in it" if has_begun else "it ended before it began"
    return unreadable("it ended while the model was still thinking" if was_thinking else what, context, said=said)


def timed_out(provider: Provider, seconds: float, what: str, attempts: int = 0) -> ProviderError:
    """Return the error for a call that took too long."""
    return ProviderError(
        sentence(f"{provider.in_text} {what} within {seconds:g} s."),
        kind="timeout",
        cause="The model may still be thinking, or it is slow or busy, or the answer is long.",
        fix="Give the call a longer deadline_s, choose a faster model, or try again.",
        link=provider.links.status,
        retryable=True,
        attempts=attempts,
    )


def rate_limited(provider: Provider, wait_s: float) -> ProviderError:
    """Return the error for a call that is not sent, since the rate limit is known to be reached.

    Args:
        provider: Whose rate limit it is.
        wait_s: The seconds that the provider asks to wait; 0 if that is not known.
    """
    return ProviderError(
        f"The rate limit of {provider.in_text} was reached, and this call's turn did not come within "
        "its deadline.",
        kind="rate_limit",
        cause="Other calls with the same key have used up what this account is allowed to send.",
        fix=f"{account.advised_pause(wait_s)} and try again, or give the call a longer deadline_s; "
        "check the provider's usage dashboard for quota limits.",
        link=provider.links.usage,
        retryable=True,
        retry_after_s=wait_s or None,
    )


def _error(
    verdict: ErrorReport, fault: ErrorDetails | None = None, quote: str = "", *, is_charged: bool = False
) -> ProviderError:
    details = fault or ErrorDetails()
    should_retry = details.should_retry
    error = ProviderError(
        sentence(verdict.problem),
        kind=verdict.kind,
        cause=sentence(verdict.cause),
        quote=quote,
        fix=verdict.fix,
        link=verdict.link,
        retryable=verdict.retryable if should_retry is None else should_retry,
        request_id=details.request_id,
        retry_after_s=details.retry_after_s,
    )
    gave_up = details.status in _GAVE_UP_WAITING or (details.status == 500 and details.says("timed_out"))
    error.broke_off = gave_up and details.retry_after_s is None
    error.cost = Cost() if is_charged else NOT_CHARGED
    if fault:
        _DETAILS[error] = fault
    return error
