"""The facts of a failed call, read from an SDK's exception or from an error inside an answer.

Facts are strings and numbers, never the exception, since SDK exceptions hold the request, and the request
holds the key. Strings are redacted here, so that no later code has to remember to.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from byok_widgets.providers.base import Provider
from byok_widgets.providers.error_mapping import phrases
from byok_widgets.providers.error_mapping.error_shapes import any_sentence, inner_error, text_of_reason
from byok_widgets.providers.error_mapping.excerpts import READ_CHARS, excerpt, one_line, request_id
from byok_widgets.providers.error_mapping.phrases import Cause
from byok_widgets.providers.error_mapping.rejected_fields import RejectedField, rejected_fields
from byok_widgets.providers.exchange import Endpoint
from byok_widgets.providers.quota_headers import retry_after, server_time, until, wait_in_words
from byok_widgets.providers.stream import parse_json

_MAY_ASK_TO_WAIT = (429, 503, 529)
_DELAY = re.compile(r"(\d{1,9}(?:\.\d+)?)s")

_STATUS_OF_LABEL = {
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "payment_required": 402,
    "permission_error": 403,
    "model_not_found": 404,
    "not_found_error": 404,
    "request_too_large": 413,
    "insufficient_quota": 429,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "timeout": 504,
    "timeout_error": 504,
    "overloaded_error": 529,
    "provider_overloaded": 529,
}
"""The status that a code or type stands for. It takes precedence over the HTTP status, which may be 200."""

_STATUS_OF_VAGUE_LABEL = {"invalid_request_error": 400, "api_error": 500, "server_error": 500}
"""Labels shared by many errors: they count only if there is no status."""


@dataclass(frozen=True)
class ErrorDetails:
    """What is known about a failed call.

    Attributes:
        status: The HTTP status that describes it best; `None` if there is none.
        labels: The error's codes and types as the provider names them, in lower case.
        message: The provider's own message; empty if it sent none, or a web page.
        upstream: The message of the provider behind a router.
        text: All that the provider and the one behind it say, for rules to read; not shortened for the screen.
        parameter: Name of the parameter concerned, if the provider gives it.
        fields: Fields of the request that the server's validation rejected.
        reasons: Why a text was rejected, in the provider's categories.
        is_page: Whether a web page came instead of an answer.
        retry_after_s: How long the provider asks to wait, in seconds.
        should_retry: Whether the provider says that a retry makes sense; `None` if it does not say.
        request_id: The provider's id for the request.
    """

    status: int | None = None
    labels: tuple[str, ...] = ()
    message: str = ""
    upstream: str = ""
    text: str = ""
    parameter: str = ""
    fields: tuple[RejectedField, ...] = ()
    reasons: tuple[str, ...] = ()
    is_page: bool = False
    retry_after_s: float | None = None
    should_retry: bool | None = None
    request_id: str | None = None

    def says(self, cause: Cause) -> bool:
        """Whether the provider, or the one behind it, says in prose that `cause` is the reason."""
        return phrases.says(self.text, cause)

    @property
    def is_refusal(self) -> bool:
        """Whether the request was not taken on, so that nothing is charged, even if the answer came with 200."""
        status = self.status or 0
        return (400 <= status < 500 and status != 408) or status in _MAY_ASK_TO_WAIT

    @property
    def refuses_system(self) -> bool:
        """Whether it is about a dialogue that has a system message."""
        return self.says("no_such_role") or (self.says("system_role") and self.says("unsupported"))

    def has_label(self, *labels: str) -> bool:
        """Whether the provider gave one of `labels` as code or type."""
        return any(label in labels for label in self.labels)


def from_exception(error: BaseException, provider: Provider) -> ErrorDetails | None:
    """Extract the facts from an SDK's exception; `None` if there was no answer."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    status, body = getattr(error, "status_code", None), _body_of(error)
    if status is None and body is None:
        return None
    return from_body(usual_form(body, provider), status=None if status == 200 else status, headers=headers)


def _body_of(error: BaseException) -> Any:
    """Return the whole body behind an SDK's exception: the exception itself may hold only a part of it."""
    try:
        whole = parse_json(getattr(error, "response").content)  # noqa: B009 - it may have none
    except (AttributeError, ValueError, RuntimeError):  # the last one: its body was never read
        whole = None
    return getattr(error, "body", None) if whole is None else whole


def pass_on_head(error: BaseException, endpoint: Endpoint) -> None:
    """Tell the endpoint's listener of the head of an answer that an SDK raises as an error."""
    response = getattr(error, "response", None)
    if response is not None:
        endpoint.on_head(response.status_code, response.headers)


def from_body(body: Any, *, status: int | None = None, headers: Mapping[str, str] | None = None) -> ErrorDetails:
    """Extract the facts from the body of an error, in any of the shapes that providers use."""
    headers = headers or {}
    outer = _mapping(
        {"message": body} if isinstance(body, str) else body[0] if isinstance(body, list) and body else body
    )
    inner = inner_error(outer)
    metadata, details = _mapping(inner.get("metadata")), _mapping(inner.get("details"))
    behind = _behind(metadata)
    given = (details.get("error_code"), inner.get("code"), inner.get("type"), metadata.get("error_type"))
    labels = tuple(excerpt(str(label)).lower() for label in given if label is not None)
    described = _status(status, labels)
    is_page = looks_like_page(body) or (status is not None and "html" in headers.get("content-type", ""))
    said = "" if is_page else text_of_reason(inner) or text_of_reason(outer) or any_sentence(outer)
    fields = (*rejected_fields(inner), *rejected_fields(behind))
    return ErrorDetails(
        status=described,
        labels=labels,
        message=excerpt(said),
        upstream=_upstream(metadata, behind),
        text=one_line(f"{said}\n{text_of_reason(behind)}"),
        parameter=_parameter(inner) or _parameter(behind) or (excerpt(fields[0].name) if fields else ""),
        fields=fields,
        reasons=tuple(excerpt(str(reason)) for reason in _list(metadata.get("reasons"))),
        is_page=is_page,
        retry_after_s=retry_after(headers)
        or _seconds(metadata.get("retry_after_s"))
        or until(str(metadata.get("resets_at")), now=server_time(headers))
        or _seconds(inner.get("estimated_time"))  # until a model is loaded
        or _retry_delay_s(_list(inner.get("details")))
        or (wait_in_words(text_of_reason(inner)[:READ_CHARS]) if described in _MAY_ASK_TO_WAIT else None),
        should_retry={"true": True, "false": False}.get(headers.get("x-should-retry", "")),
        request_id=request_id(headers) or request_id(outer),
    )


def _retry_delay_s(details: Iterable[Any]) -> float | None:
    """Return the wait in one of an error's details, given as a string such as `17s`, in seconds."""
    texts = (str(detail.get("retryDelay", "")) for detail in details if isinstance(detail, Mapping))
    return next((float(match[1]) for text in texts if (match := _DELAY.fullmatch(text))), None) or None


def usual_form(body: Any, provider: Provider) -> Any:
    """Return the body of an error in the usual form; as it came, where the provider's module cannot read it."""
    try:
        return provider.error_body(body)
    except (TypeError, ValueError, AttributeError, LookupError):  # a body of a shape that nobody has seen
        return body


def looks_like_page(body: Any) -> bool:
    """Whether this is a web page, or anything else made of tags."""
    text = body.decode("utf-8-sig", "replace") if isinstance(body, bytes) else body
    return isinstance(text, str) and text.lstrip().startswith("<")


def _status(status: int | None, labels: Iterable[str]) -> int | None:
    for label in labels:
        if label in _STATUS_OF_LABEL:
            return _STATUS_OF_LABEL[label]
    if status is not None:
        return status
    inside = [int(label) for label in labels if label.isdecimal() and len(label) == 3]
    vague = [_STATUS_OF_VAGUE_LABEL[label] for label in labels if label in _STATUS_OF_VAGUE_LABEL]
    return next((number for number in (*inside, *vague) if 400 <= number < 600), None)


def _parameter(error: Mapping[str, Any]) -> str:
    return excerpt(error["param"]) if isinstance(error.get("param"), str) else ""


def _behind(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the error of the provider behind a router; the router itself often says nothing about it."""
    raw = metadata.get("raw")
    if isinstance(raw, str) and not looks_like_page(raw):
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            raw = {"message": raw}
    return inner_error(_mapping(raw))


def _upstream(metadata: Mapping[str, Any], behind: Mapping[str, Any]) -> str:
    name, said = metadata.get("provider_name"), text_of_reason(behind)
    return ": ".join(excerpt(part) for part in (name, said) if isinstance(part, str) and part)


def _seconds(value: Any) -> float | None:
    """Return a wait that a provider's module has extracted; `None` if it is not valid."""
    usable = isinstance(value, (int, float)) and math.isfinite(value) and value > 0
    return float(value) if usable else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
