"""From whatever an SDK or the network raises to one `ProviderError` in plain words.

Both SDKs name and shape their exceptions alike, so one translator serves both. It matches on status, type and
code, and on prose only where nothing else tells faults apart. It keeps texts and never the exception itself: SDK
exceptions hold the request, and the request holds the key.
"""

from __future__ import annotations

import email.utils
import math
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from byok_widgets.errors import ProviderError
from byok_widgets.keys import redact
from byok_widgets.providers.base import Endpoint, Provider

_SHOWN_CHARS = 200


@dataclass(frozen=True)
class Fault:
    """The facts of a failed call, without anything secret.

    Attributes:
        status: HTTP status; for an error inside a 200 answer the inner one; `None` where there is none.
        labels: The error's type and code as the provider names them, lower-case.
        message: The provider's own words, redacted; empty where it sent a page instead.
        is_page: Whether a web page came in place of an answer.
    """

    status: int | None = None
    labels: frozenset[str] = frozenset()
    message: str = ""
    is_page: bool = False
    retry_after_s: float | None = None
    request_id: str | None = None

    def says(self, *words: str) -> bool:
        """Whether the message holds one of `words`, whatever the case."""
        text = self.message.lower()
        return any(word in text for word in words)


@dataclass(frozen=True)
class _Verdict:
    kind: str
    problem: str
    cause: str = ""
    fix: str = ""
    link: str = ""
    retryable: bool = False


def translate(error: BaseException, provider: Provider, endpoint: Endpoint, model: str) -> ProviderError:
    """Return the fault behind `error` in plain words. Raise the result outside the `except` block."""
    fault = read(error)
    if fault.status is None and not fault.labels and not fault.message:
        verdict = _of_network(error, provider, endpoint)
    else:
        verdict = judge(fault, provider, endpoint, model)
    return _error(verdict, fault)


def translate_body(body: Any, provider: Provider, endpoint: Endpoint, model: str) -> ProviderError:
    """Return the error that stood inside a 200 answer or a stream in plain words."""
    fault = _from_body(body, status=None)
    return _error(judge(fault, provider, endpoint, model), fault)


def page_instead(provider: Provider, endpoint: Endpoint) -> ProviderError:
    """Return the error for a web page that came in place of an answer."""
    return _error(_page(provider, endpoint), Fault(is_page=True))


def unreadable(provider: Provider, endpoint: Endpoint, what: str) -> ProviderError:
    """Return the error for an answer that is not in the provider's format."""
    return ProviderError(
        f"{provider.label} sent an answer that cannot be read: {what}.",
        kind="unreadable",
        cause=f"Something between this machine and {endpoint.base_url.host} may have changed or cut it.",
        fix="Run the cell again; if it stays, check the base URL in Settings.",
        retryable=True,
    )


def timed_out(provider: Provider, seconds: float, what: str) -> ProviderError:
    """Return the error for a call that took too long."""
    return ProviderError(
        f"{provider.label} {what} within {seconds:g} s.",
        kind="timeout",
        fix="Run the cell again, choose a faster model, or give the call a longer deadline_s.",
        link=provider.links.status,
        retryable=True,
    )


def read(error: BaseException) -> Fault:
    """Take the facts out of an SDK's exception."""
    status = getattr(error, "status_code", None)
    response = getattr(error, "response", None)
    headers = getattr(response, "headers", {})
    body = getattr(error, "body", None)
    fault = _from_body(body, status=status if status != 200 else None)
    is_page = "html" in str(headers.get("content-type", "")) or _looks_like_page(body)
    return Fault(
        status=fault.status,
        labels=fault.labels | _labels(error),
        message="" if is_page else fault.message or (_shown(str(error)) if status else ""),
        is_page=is_page,
        retry_after_s=retry_after(headers),
        request_id=getattr(error, "request_id", None) or fault.request_id,
    )


def retry_after(headers: Mapping[str, str], *, now: float | None = None) -> float | None:
    """Return the seconds a provider asks to wait; `None` where it asks for nothing that can be read."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        raw = headers.get(name)
        if raw is None:
            continue
        try:
            seconds = float(raw) / unit
        except ValueError:
            seconds = _seconds_until(raw, time.time() if now is None else now)
        if math.isfinite(seconds):
            return max(0.0, seconds)
    return None


def judge(fault: Fault, provider: Provider, endpoint: Endpoint, model: str) -> _Verdict:
    """Say what a fault means, by its inner type before its status."""
    who, links = provider.label, provider.links
    if fault.is_page:
        return _page(provider, endpoint)
    quoted = f'{who} says: "{fault.message}"' if fault.message else ""
    if _is_quota(fault):
        return _Verdict(
            "quota",
            f"{who} refused the call: the account behind this key has no credit left, or its budget is used up.",
            quoted,
            "Add credit or raise the budget on the billing page, then run the cell again.",
            links.billing,
        )
    if fault.status == 401 or "authentication_error" in fault.labels or "invalid_api_key" in fault.labels:
        return _Verdict(
            "auth",
            f"{who} rejected the API key (401 Unauthorized).",
            "The key may be mistyped, expired or revoked, or belong to another provider.",
            "Check that the key is valid and has not expired; then paste it again in Settings.",
            links.keys,
        )
    if _is_missing_model(fault):
        return _Verdict(
            "model",
            f"The model {model!r} is not available to this key at {who}.",
            quoted,
            "Make sure your API plan includes access to the selected model, or pick another one in Settings.",
            links.models,
        )
    if fault.status == 403 or "permission_error" in fault.labels:
        return _Verdict("permission", f"{who} does not allow this call for this key.", quoted, link=links.keys)
    if fault.status == 429 or fault.labels & {"rate_limit_exceeded", "rate_limit_error"}:
        return _Verdict(
            "rate_limit",
            f"{who}'s rate limit was reached.",
            quoted,
            "Wait a little and run the cell again; check the provider's usage dashboard for quota limits.",
            links.usage,
            retryable=True,
        )
    if _is_too_long(fault):
        return _Verdict(
            "context_length",
            f"The dialogue is too long for the model {model!r}.",
            quoted,
            "Shorten the dialogue, or choose a model with a larger context.",
            links.models,
        )
    if fault.status in (408, 409, 500, 502, 503, 504, 529) or "overloaded_error" in fault.labels:
        return _Verdict(
            "overloaded",
            f"{who} is overloaded or out of order just now. This is not your fault.",
            quoted,
            "Run the cell again in a moment.",
            links.status,
            retryable=True,
        )
    if fault.status is not None and 300 <= fault.status < 400:
        return _Verdict(
            "redirect",
            f"{endpoint.base_url.host} wants to send the call to another address; that is not followed.",
            "A redirect would hand your dialogue to a host you did not choose.",
            "Check the base URL in Settings.",
        )
    return _of_request(fault, who, model, quoted)


def _of_request(fault: Fault, who: str, model: str, quoted: str) -> _Verdict:
    if fault.status in (400, 404, 410, 413, 422):
        return _Verdict(
            "bad_request",
            f"{who} did not accept the request for the model {model!r} ({fault.status}).",
            quoted,
            "Change what it names, or pick another model in Settings.",
        )
    return _Verdict(
        "provider",
        f"{who} answered with an error{f' ({fault.status})' if fault.status else ''}.",
        quoted,
        "Run the cell again; if it stays, look at the provider's status page.",
        retryable=fault.status is None or fault.status >= 500,
    )


def _of_network(error: BaseException, provider: Provider, endpoint: Endpoint) -> _Verdict:
    host, causes = endpoint.base_url.host, list(_chain(error))
    texts = " ".join(f"{type(cause).__name__} {cause}" for cause in causes).lower()
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes) or "certificate verify" in texts:
        return _Verdict(
            "tls",
            f"The certificate that {host} showed is not trusted, so nothing was sent.",
            "A company proxy that reads traffic does this.",
            "Ask your administrator for its certificate file and set SSL_CERT_FILE to it.",
        )
    if any(isinstance(cause, ssl.SSLError) for cause in causes) or "wrong_version_number" in texts:
        return _Verdict(
            "tls",
            f"{host} does not speak https.",
            fix="If it runs on this machine, write the base URL with http:// in Settings.",
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return _Verdict(
            "dns",
            f"The address {host} was not found.",
            "This machine may be offline, or the address is mistyped.",
            "Check the network and the base URL in Settings.",
            retryable=True,
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes) or "connection attempts failed" in texts:
        return _Verdict(
            "refused",
            f"Nothing answers at {host}.",
            "The server may not be running, or it listens on another port.",
            "Start it, or correct the base URL in Settings.",
            retryable=True,
        )
    if "timeout" in texts:
        return _Verdict(
            "timeout",
            f"{provider.label} did not answer in time.",
            fix="Run the cell again, or choose a faster model.",
            link=provider.links.status,
            retryable=True,
        )
    return _Verdict(
        "connection",
        f"The connection to {host} broke.",
        "The network or a proxy ended it.",
        "Run the cell again.",
        retryable=True,
    )


def _page(provider: Provider, endpoint: Endpoint) -> _Verdict:
    return _Verdict(
        "page",
        f"A web page came back instead of an answer from {provider.label}.",
        f"Your network may want you to log in, or a proxy stands before {endpoint.base_url.host}.",
        "Open a browser to see whether the network asks for a login; then check the base URL in Settings.",
    )


def _is_quota(fault: Fault) -> bool:
    return (
        bool(fault.labels & {"insufficient_quota", "billing_error", "payment_required"})
        or fault.status == 402
        or (fault.status == 400 and fault.says("credit balance is too low"))
    )


def _is_missing_model(fault: Fault) -> bool:
    return (
        bool(fault.labels & {"model_not_found", "model_deprecated"})
        or ("not_found_error" in fault.labels and fault.says("model"))
        or (fault.status in (404, 410) and fault.says("model"))
        or (fault.status == 400 and fault.says("not a valid model"))
    )


def _is_too_long(fault: Fault) -> bool:
    return (
        bool(fault.labels & {"context_length_exceeded", "exceed_context_size_error", "request_too_large"})
        or fault.status == 413
        or (fault.status == 400 and fault.says("prompt is too long", "maximum context length"))
    )


def _error(verdict: _Verdict, fault: Fault) -> ProviderError:
    return ProviderError(
        verdict.problem,
        kind=verdict.kind,
        cause=verdict.cause,
        fix=verdict.fix,
        link=verdict.link,
        retryable=verdict.retryable,
        request_id=fault.request_id,
        retry_after_s=fault.retry_after_s,
    )


def _from_body(body: Any, *, status: int | None) -> Fault:
    if isinstance(body, str):
        return Fault(status=status, message="" if _looks_like_page(body) else _shown(body))
    inner = body.get("error", body) if isinstance(body, Mapping) else {}
    if not isinstance(inner, Mapping):
        inner = {"message": str(inner)}
    metadata = _mapping(inner.get("metadata"))
    labels = {str(inner.get(name)).lower() for name in ("type", "code") if inner.get(name) is not None}
    labels |= {str(metadata.get("error_type")).lower()} if metadata.get("error_type") else set()
    code = inner.get("code")
    if status is None and code is not None and str(code).isdecimal():
        status = int(code)
    said = " ".join(str(part) for part in (inner.get("message"), metadata.get("provider_name")) if part)
    request_id = body.get("request_id") if isinstance(body, Mapping) else None
    return Fault(status=status, labels=frozenset(labels), message=_shown(said), request_id=request_id)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _labels(error: BaseException) -> frozenset[str]:
    values = (getattr(error, name, None) for name in ("type", "code", "error_code"))
    return frozenset(str(value).lower() for value in values if value is not None)


def _shown(text: str) -> str:
    text = " ".join(redact(text).split())
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"


def _looks_like_page(body: Any) -> bool:
    return isinstance(body, str) and body.lstrip()[:15].lower().startswith(("<!doctype", "<html"))


def _seconds_until(date: str, now: float) -> float:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp() - now
    except (TypeError, ValueError):
        return math.nan


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
