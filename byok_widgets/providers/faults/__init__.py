"""Faults of calls, in plain words: facts are read, judged by rules in order, and put into one `ProviderError`."""

from byok_widgets.providers.faults.facts import looks_like_page, request_id
from byok_widgets.providers.faults.site import Site
from byok_widgets.providers.faults.translation import (
    empty,
    of_answer,
    page_instead,
    timed_out,
    translate,
    unreadable,
)

__all__ = [
    "Site",
    "empty",
    "looks_like_page",
    "of_answer",
    "page_instead",
    "request_id",
    "timed_out",
    "translate",
    "unreadable",
]
