"""What all pictures of a comparison consist of: a card, axes, words and signs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from byok_widgets.graph import text_fitting
from byok_widgets.graph.colours import GREY, INK, PALETTE
from byok_widgets.graph.svg_elements import SMALL_PX, escaped, px
from byok_widgets.secrets import redact

WIDTH = 640.0
PAD, HEAD, ROW = 16.0, 44.0, 30.0
NAMES = 170.0
"""Room for the names of variants at the left."""
SOFT = "#4b5563"
_GROUND, _RULE = "#fcfcfd", "#d8dce2"
_LOG_FROM = 20.0
"""An axis is logarithmic where its largest value is so many times its smallest."""

_STYLE = """<style>
.byok-chart {
  --ground: var(--byok-graph-ground, var(--vscode-editor-background, var(--jp-layout-color1, #fff)));
  --ink: var(--byok-graph-text, var(--vscode-editor-foreground, var(--jp-ui-font-color1, #1f2328)));
}
.byok-chart text:not(.byok-chart-on) { fill: var(--ink); }
.byok-chart .byok-chart-card { fill: var(--ground); stroke: none; }
.byok-chart .byok-chart-hollow { fill: var(--ground); }
.byok-chart .byok-chart-halo { stroke: var(--ground); }
</style>"""

SIGNS = {
    "better": "M0-6l6 11h-12z",
    "worse": "M0 6l6-11h-12z",
    "no worse": "M-5-5h10v10h-10z",
}
"""The shape of a verdict; without one it is a circle."""
VERDICT_COLOURS = {"better": "#2f8f5b", "worse": "#c4483b", "no worse": "#3a74c4"}
_CIRCLE = "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z"


@dataclass(frozen=True)
class Scale:
    """Places of values on an axis.

    Attributes:
        low: Value at its beginning.
        high: Value at its end.
        start: Where it begins, in pixels.
        end: Where it ends.
        is_log: Whether equal ratios, not differences, are equally far apart.
    """

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    @classmethod
    def over(cls, values: Iterable[float], start: float, end: float) -> Scale:
        """Return one from 0 to the largest value, or a logarithmic one where values are of many sizes."""
        known = sorted(values)
        low, high = known[0], known[-1] or 1.0
        if low > 0 and high / low >= _LOG_FROM:
            return cls(low / 1.3, high * 1.3, start, end, is_log=True)
        return cls(0.0, high * 1.08, start, end)

    def at(self, value: float) -> float:
        """Return the place of a value."""
        low, high, value = (
            map(math.log, (self.low, self.high, value)) if self.is_log else (self.low, self.high, value)
        )
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return round values, three to seven of them."""
        if self.is_log:
            first = math.floor(math.log10(self.low))
            powers = range(first, math.ceil(math.log10(self.high)) + 1)
            steps = (1, 2, 5) if self.high / self.low < 100 else (1,)
            found = [step * 10.0**power for power in powers for step in steps]
        else:
            step = _step((self.high - self.low) / 6)
            first = math.ceil(self.low / step - 1e-9)
            found = [step * number for number in range(first, math.floor(self.high / step + 1e-9) + 1)]
        return [value for value in found if self.low <= value <= self.high * (1 + 1e-9)]


def _step(least: float) -> float:
    power = math.pow(10, math.floor(math.log10(least)))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))


def card(title: str, height: float, parts: Iterable[str], *, styled: bool) -> str:
    """Return a picture with its title, on a ground of its own."""
    ground = (
        f'<rect class="byok-chart-card" x=".5" y=".5" width="{px(WIDTH - 1)}" height="{px(height - 1)}" rx="8"'
        f' fill="{_GROUND}" stroke="{_RULE}"/>'
    )
    space = "" if styled else ' xmlns="http://www.w3.org/2000/svg"'  # HTML needs none
    return (
        f'<svg{space} class="byok-chart" role="img" aria-label="{escaped(title)}"'
        f' width="{px(WIDTH)}" height="{px(height)}" viewBox="0 0 {px(WIDTH)} {px(height)}"'
        f' font-size="{SMALL_PX:g}" font-family="{escaped(text_fitting.FONT)}">{_STYLE if styled else ""}{ground}'
        f"{words(PAD, 22, title, weight=600)}{''.join(parts)}</svg>"
    )


def words(
    x: float,
    y: float,
    said: str,
    *,
    anchor: str = "start",
    weight: int = 400,
    color: str = INK,
    halo: bool = False,
) -> str:
    """Return a line of text; with a halo it can be read where lines cross it."""
    look = f' text-anchor="{anchor}"' if anchor != "start" else ""
    look += f' font-weight="{weight}"' if weight != 400 else ""
    if halo:
        look += f' class="byok-chart-halo" stroke="{_GROUND}" stroke-width="3" paint-order="stroke"'
    return f'<text x="{px(x)}" y="{px(y)}" fill="{color}"{look}>{escaped(said)}</text>' if said else ""


def name(said: str, room: float = NAMES - 10) -> str:
    """Return as much of a variant's name as fits, without a key: its end says most."""
    safe = redact(said, words=False)
    if text_fitting.width(safe, SMALL_PX) <= room:
        return safe
    return text_fitting.clip(safe[::-1], room, SMALL_PX)[::-1]


def line(x: float, y: float, other_x: float, other_y: float, *, color: str = GREY, look: str = "") -> str:
    """Return a line."""
    return f'<path d="M{px(x)} {px(y)}L{px(other_x)} {px(other_y)}" stroke="{color}" fill="none"{look}/>'


def sign(x: float, y: float, verdict: str, *, color: str = "", hollow: bool = False) -> str:
    """Return the sign of a verdict; hollow ones have the colour of the ground inside."""
    ink = color or VERDICT_COLOURS.get(verdict, GREY)
    inside = f' class="byok-chart-hollow" fill="{_GROUND}"' if hollow else f' fill="{ink}"'
    shape = SIGNS.get(verdict, _CIRCLE)
    return f'<path transform="translate({px(x)} {px(y)})" d="{shape}"{inside} stroke="{ink}" stroke-width="2"/>'


def across(scale: Scale, top: float, bottom: float, label: Callable[[float], str]) -> Iterator[str]:
    """Yield the lines of a horizontal axis with their values above them."""
    for value in scale.ticks():
        x = scale.at(value)
        yield line(x, top, x, bottom, look=' stroke-opacity=".3"')
        yield words(x, top - 6, label(value), anchor="middle", color=SOFT)


def colours(count: int) -> list[str]:
    """Return a colour for each variant."""
    return [PALETTE[number % len(PALETTE)] for number in range(count)]


def spread(places: Sequence[float], least: float) -> list[float]:
    """Return places moved apart, so that neighbours are at least so far from each other."""
    order = sorted(range(len(places)), key=lambda at: places[at])
    moved = list(places)
    for before, after in itertools.pairwise(order):
        moved[after] = max(moved[after], moved[before] + least)
    return moved
