"""Settings that a person made and an endpoint refuses: what is compared then differs in more than the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from byok_widgets.sent_request import SentRequest

LEFT_OUT = "left_out"
"""The field of a cell's output: pairs of a node and a setting that was left out of its requests."""


def left_out_of(requests: Iterable[SentRequest]) -> dict[str, Any]:
    """Return what was left out of the requests of a cell, as a field of its output; empty where nothing was."""
    found = {(request.node, name) for request in requests for name in request.left_out}
    return {LEFT_OUT: [list(pair) for pair in sorted(found)]} if found else {}


def settings_left_out(outputs: Iterable[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Return which variants ran without settings that a person made, each in a sentence.

    Args:
        outputs: The name of a variant and the output of a cell, for each cell.
    """
    found: dict[str, dict[str, None]] = {}
    for variant, output in outputs:
        for node, name in output.get(LEFT_OUT) or ():
            found.setdefault(variant, {})[f"{name} of {node}"] = None
    return [
        f"{variant} ran without what its endpoint does not accept: {', '.join(settings)}."
        for variant, settings in found.items()
    ]
