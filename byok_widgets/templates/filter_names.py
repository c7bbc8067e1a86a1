"""The filters that a prompt may use: their result is no longer than what they are given, up to a limit."""

from __future__ import annotations

from byok_widgets.templates.expression import DEFAULT_FILTERS

OF_TEXTS = frozenset(
    {"capitalize", "lower", "string", "title", "trim", "truncate", "upper", "urlencode", "wordcount"}
)
"""Filters of texts: any other value is put into words before."""
_OF_LISTS = frozenset(
    {"dictsort", "first", "items", "join", "last", "list", "map", "max", "min", "reject", "rejectattr", "reverse"}
    | {"select", "selectattr", "sort", "sum", "unique"}
)
_OF_VALUES = frozenset(
    {
        "abs",
        "count",
        "e",
        "escape",
        "filesizeformat",
        "float",
        "indent",
        "int",
        "length",
        "raw",
        "replace",
        "round",
    }
    | {"safe", "tojson"}
)
FILTERS = OF_TEXTS | _OF_LISTS | _OF_VALUES | DEFAULT_FILTERS
"""All filters of prompts."""
SHORT_FILTERS = DEFAULT_FILTERS | frozenset(
    {"capitalize", "count", "first", "float", "int", "last", "length", "lower", "raw", "round", "string", "title"}
    | {"tojson", "trim", "truncate", "upper"}
)
"""Filters whose time depends only on the length of what they are given, and not on what it is."""
