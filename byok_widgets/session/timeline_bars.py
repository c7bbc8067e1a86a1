"""The bar of a turn in a timeline: a part for each node, in the node's colour and as wide as it took.

It consists of elements and styles that an untrusted notebook keeps, and its words have the page's colour: so it is
read in light and in dark, saved or live, and without any style the words remain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from byok_widgets.display import markup
from byok_widgets.display.markup import Markup
from byok_widgets.display.reading_order import in_order
from byok_widgets.graph.colours import GREY

_WIDTH_EM, _LEAST_EM = 20.0, 0.2
_LOOK = "display:inline-block;height:0.75em;margin-right:1px;border-radius:2px"
_NO_BREAK = "white-space:nowrap"


class Part(NamedTuple):
    """A part of a bar.

    Attributes:
        name: What it is called.
        seconds: Its length.
        colour: Its colour, as in the graph.
        is_judge: Whether a model judged edges: it is dashed then.
    """

    name: str
    seconds: float
    colour: str
    is_judge: bool

    @property
    def words(self) -> str:
        """What it is called, and how long it took."""
        return f"{self.name} {self.seconds:.2f}\u00a0s"


def bar(parts: Sequence[Part], longest_s: float) -> Markup:
    """Return the bar of a turn, and below it what each part is called.

    Args:
        parts: The parts, one after the other.
        longest_s: Seconds of the longest turn: its bar fills the width.
    """
    drawn = "".join(_drawn(part, part.seconds / longest_s if longest_s else 0) for part in parts)
    words = in_order(_words(part) for part in parts)
    return Markup(f'<div style="{_NO_BREAK}">{drawn}</div><div>{words}</div>' if parts else "–")


def _drawn(part: Part, share: float) -> str:
    width = f"width:{max(_LEAST_EM, share * _WIDTH_EM):.2f}em"
    ground = f"border:1px dashed {GREY}" if part.is_judge else f"background-color:{part.colour}"
    return f'<span title="{markup.attribute(part.words)}" style="{_LOOK};{width};{ground}"></span>'


def _words(part: Part) -> str:
    line = f"dashed {GREY}" if part.is_judge else f"solid {part.colour}"
    return f'<span style="{_NO_BREAK};border-bottom:2px {line}">{markup.text(part.words)}</span>'
