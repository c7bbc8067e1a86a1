"""Errors of calls in plain words: facts are extracted, matched against rules, and become a `ProviderError`."""

from byok_widgets.providers.error_mapping.call_context import CallContext
from byok_widgets.providers.error_mapping.error_details import ErrorDetails, looks_like_page, request_id
from byok_widgets.providers.error_mapping.translation import (
    details_of,
    empty,
    from_body,
    kind_of,
    page_instead,
    schema_refused,
    timed_out,
    translate,
    unreadable,
)

__all__ = [
    "CallContext",
    "ErrorDetails",
    "details_of",
    "empty",
    "from_body",
    "kind_of",
    "looks_like_page",
    "page_instead",
    "request_id",
    "schema_refused",
    "timed_out",
    "translate",
    "unreadable",
]
