"""How much a response may hold. The values are read at each response, so they can be set at any time.

A body is counted as it comes over the wire and as it is decoded; neither may exceed its bound.
"""

from __future__ import annotations

MAX_ANSWER_BYTES = 64 * 2**20
"""Largest answer."""
MAX_LIST_BYTES = 32 * 2**20
"""Largest model list, and largest answer to any other request without a body."""
MAX_ERROR_BYTES = 2**20
"""Largest body of a response whose status says that the call failed."""
MAX_COMPRESSION_RATIO = 200
"""Most bytes that one compressed byte may become, on average; counted once a body exceeds `RATIO_FLOOR_BYTES`."""
RATIO_FLOOR_BYTES = 2**20
"""Up to this size a body may be compressed by any ratio."""
MAX_HEAD_BYTES = 64 * 2**10
"""Most bytes of a response that belong to no body: a head, or what stands between two pieces of a body."""


def largest_body(method: str, status: int) -> tuple[str, int]:
    """Return which bound holds for the body of a response, and how many bytes it allows."""
    if status >= 400:
        return "error", MAX_ERROR_BYTES
    if method == "GET":
        return "list", MAX_LIST_BYTES
    return "answer", MAX_ANSWER_BYTES
