"""Errors of calls in plain words: facts are extracted, matched against rules, and become a `ProviderError`."""

from typing import TYPE_CHECKING

from byok_widgets.lazy_names import lazy_names

if TYPE_CHECKING:
    from byok_widgets.providers.error_mapping.call_context import CallContext
    from byok_widgets.providers.error_mapping.error_details import (
        ErrorDetails,
        looks_like_page,
        pass_on_head,
    )
    from byok_widgets.providers.error_mapping.error_shapes import text_of_reason
    from byok_widgets.providers.error_mapping.error_signs import gives_reason, holds_error
    from byok_widgets.providers.error_mapping.excerpts import request_id
    from byok_widgets.providers.error_mapping.translation import (
        details_of,
        empty,
        from_body,
        kind_of,
        page_instead,
        rate_limited,
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
    "gives_reason",
    "holds_error",
    "kind_of",
    "looks_like_page",
    "page_instead",
    "pass_on_head",
    "rate_limited",
    "request_id",
    "schema_refused",
    "text_of_reason",
    "timed_out",
    "translate",
    "unreadable",
]

__getattr__ = lazy_names(
    __name__,
    {
        "byok_widgets.providers.error_mapping.call_context": ["CallContext"],
        "byok_widgets.providers.error_mapping.error_details": ["ErrorDetails", "looks_like_page", "pass_on_head"],
        "byok_widgets.providers.error_mapping.excerpts": ["request_id"],
        "byok_widgets.providers.error_mapping.error_shapes": ["text_of_reason"],
        "byok_widgets.providers.error_mapping.error_signs": ["gives_reason", "holds_error"],
        "byok_widgets.providers.error_mapping.translation": [
            "details_of",
            "empty",
            "from_body",
            "kind_of",
            "page_instead",
            "rate_limited",
            "schema_refused",
            "timed_out",
            "translate",
            "unreadable",
        ],
    },
)
