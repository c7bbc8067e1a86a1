"""The colour of each node: quiet, seen on light and on dark, and the same in graph, chat and timeline."""

from __future__ import annotations

from collections.abc import Iterable

PALETTE = (
    "#4f7fc9",
    "#b7801f",
    "#25938a",
    "#c9608a",
    "#8a72cf",
    "#5b944a",
    "#c76f3d",
    "#2d8fb3",
    "#868b3a",
    "#a66bb0",
    "#71839b",
    "#a9785c",
)
GREY = "#868686"
"""What belongs to no node; seen on white and on black."""
INK, PAPER = "#1f2328", "#f3f4f6"
"""Words on a tinted ground, and a ground for words that stand on no node."""


def node_colours(names: Iterable[str]) -> dict[str, str]:
    """Return the colour of each node as `#rrggbb`, by the order of the nodes; after twelve they come again."""
    return {name: PALETTE[number % len(PALETTE)] for number, name in enumerate(names)}


def tint(colour: str, share: float = 0.14) -> str:
    """Return a colour mixed into white."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - part) * share):02x}" for part in parts)
