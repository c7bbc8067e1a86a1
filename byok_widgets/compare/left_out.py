"""Settings that a person made and an endpoint refuses: what is compared then differs in more than the model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from byok_widgets.compare.results import Results
    from byok_widgets.sent_request import SentRequest

LEFT_OUT = "left_out"
"""The field of a cell's output: pairs of a node and a setting that was left out of its requests."""


def left_out_of(requests: Iterable[SentRequest]) -> dict[str, Any]:
    """Return what was left out of the requests of a cell, as a field of its output; empty where nothing was."""
    found = {(request.node, name) for request in requests for name in request.left_out}
    return {LEFT_OUT: [list(pair) for pair in sorted(found)]} if found else {}


def settings_left_out(results: Results) -> list[str]:
    """Return which variants ran without settings that a person made, each in a sentence."""
    found: dict[str, dict[str, None]] = {}
    for variant, _, cell, _ in results.items():
        for node, name in (cell.output.get(LEFT_OUT) or ()) if cell else ():
            found.setdefault(variant.name, {})[f"{name} of {node}"] = None
    return [
        f"{variant} ran without what its endpoint does not accept: {', '.join(settings)}."
        for variant, settings in found.items()
    ]
