"""The picture of a timeline: a bar for each turn, its parts in the colours of their nodes, and what it took."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from byok_widgets.graph import text_fitting
from byok_widgets.graph.colours import GREY, INK, tint
from byok_widgets.graph.svg_elements import SMALL_PX, escaped, px

MAX_BARS = 60
"""Most bars in a picture: the last ones. A table has all."""
FIGURES = ("seconds", "tokens in", "tokens out", "cost")
_WIDTHS = (64.0, 76.0, 76.0, 0.0)
_ROW, _BAR, _HEAD, _PAD, _GAP = 30.0, 20.0, 46.0, 14.0, 10.0
_NUMBERS, _BARS, _LEAST_COST = 42.0, 430.0, 70.0
_LEAST_PART, _LEAST_WORDS, _BOLD = 4.0, 110.0, 1.1
_GROUND, _RULE, _SOFT = "#fcfcfd", "#d8dce2", "#4b5563"

Sign = Literal["", "✕", "…"]
NOT_FINISHED: Sign = "✕"
INCOMPLETE: Sign = "…"
_MEANINGS = {NOT_FINISHED: "not finished", INCOMPLETE: "incomplete reply"}

STYLE = """<style>
.byok-timeline {
  --ground: var(--byok-graph-ground, var(--vscode-editor-background, var(--jp-layout-color1, #fff)));
  --ink: var(--byok-graph-text, var(--vscode-editor-foreground, var(--jp-ui-font-color1, #1f2328)));
}
.byok-timeline text, .byok-timeline .byok-timeline-first { fill: var(--ink); }
.byok-timeline .byok-timeline-ground { fill: var(--ground); stroke: none; }
.byok-timeline .byok-timeline-part { fill: color-mix(in srgb, var(--byok-node) 22%, var(--ground)); }
</style>"""


@dataclass(frozen=True)
class Part:
    """A part of a bar.

    Attributes:
        name: What is written on it.
        seconds: Its length.
        colour: Its colour.
        is_judge: Whether a model judged edges: it is dashed then.
    """

    name: str
    seconds: float
    colour: str
    is_judge: bool


@dataclass(frozen=True)
class Bar:
    """A turn.

    Attributes:
        name: What stands before it.
        parts: Its parts, one after the other.
        seconds: Its whole length.
        first_words_s: Seconds to the first piece of the reply; `None` without one.
        figures: What it took, see `FIGURES`.
        sign: What stands after its name: `NOT_FINISHED`, or `INCOMPLETE` for its reply; empty if all is well.
        note: What is written beside it.
    """

    name: str
    parts: Sequence[Part]
    seconds: float
    first_words_s: float | None
    figures: tuple[str, str, str, str]
    sign: Sign = ""
    note: str = ""

    @property
    def length(self) -> float:
        """Seconds that it stands for: parts that are told to be longer than the whole are believed."""
        return max(self.seconds, sum(part.seconds for part in self.parts))


def draw(bars: Sequence[Bar], total: tuple[str, str, str, str], title: str, *, styled: bool = False) -> str:
    """Return the picture as SVG.

    Args:
        bars: The turns.
        total: What all of them took.
        title: What the picture is called for those who do not see it.
        styled: Whether it carries a style sheet by which it follows the theme of the page that embeds it.
    """
    shown = bars[-MAX_BARS:]
    left_out = len(bars) - len(shown)
    figures = [*(bar.figures for bar in shown), total]
    cost = max(_LEAST_COST, *(text_fitting.width(figure[-1], SMALL_PX) * _BOLD for figure in figures))
    ends = _ends(cost)
    scale = _BARS / max(_tick_s(shown) * 2, *(bar.length for bar in shown))
    width, height = ends[-1] + _PAD, _HEAD + _ROW * (len(shown) + 1) + 34
    parts = [
        (
            f'<rect class="byok-timeline-ground" x=".5" y=".5" width="{px(width - 1)}" height="{px(height - 1)}"'
            f' rx="8" fill="{_GROUND}" stroke="{_RULE}"/>'
        ),
        *_heads(ends),
        *_axis(shown, scale, _HEAD + _ROW * len(shown)),
        *(piece for place, bar in enumerate(shown) for piece in _bar(bar, _HEAD + place * _ROW, scale, ends)),
        *_sums(total, ends, _HEAD + _ROW * len(shown)),
        _text(_PAD, height - 12, _legend(shown, left_out), color=_SOFT),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="byok-timeline" role="img" aria-label="{escaped(title)}"'
        f' width="{px(width)}" height="{px(height)}" viewBox="0 0 {px(width)} {px(height)}"'
        f' font-size="{SMALL_PX:g}" font-family="{escaped(text_fitting.FONT)}">{STYLE if styled else ""}'
        f"{''.join(parts)}</svg>"
    )


def _ends(cost: float) -> list[float]:
    """Return the right end of each column of figures."""
    ends, at = [], _PAD + _NUMBERS + _BARS
    for width in (*_WIDTHS[:-1], cost + _GAP):
        at += width
        ends.append(at)
    return ends


def _heads(ends: Sequence[float]) -> Iterator[str]:
    yield _text(_PAD, 22, "turn", color=_SOFT)
    for name, end in zip(FIGURES, ends, strict=True):
        yield _text(end, 22, name, color=_SOFT, anchor="end")


def _tick_s(bars: Sequence[Bar]) -> float:
    """Return a round number of seconds, of which three to six fit into the longest bar."""
    least = max(0.001, *(bar.length for bar in bars)) / 6
    power = math.pow(10, math.floor(math.log10(least)))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least)


def _axis(bars: Sequence[Bar], scale: float, bottom: float) -> Iterator[str]:
    step = _tick_s(bars)
    for number in range(math.floor(_BARS / scale / step) + 1):
        x = _PAD + _NUMBERS + number * step * scale
        yield f'<path d="M{px(x)} 30V{px(bottom)}" stroke="{GREY}" stroke-opacity=".3"/>'
        yield _text(x, 22, f"{number * step:g} s", color=_SOFT, anchor="middle")


def _bar(bar: Bar, top: float, scale: float, ends: Sequence[float]) -> Iterator[str]:
    middle, x = top + _ROW / 2 - 4, _PAD + _NUMBERS
    yield _text(_PAD, middle + 4, f"{bar.name} {bar.sign}".rstrip(), weight=600)
    if bar.length:
        end = px(x + bar.length * scale)
        yield f'<path d="M{px(x)} {px(middle)}H{end}" stroke="{GREY}" stroke-opacity=".6"/>'
    for part in bar.parts:
        width = max(_LEAST_PART, part.seconds * scale)
        yield _part(part, x, middle - _BAR / 2, width)
        x += width
    if bar.first_words_s is not None:
        at = _PAD + _NUMBERS + bar.first_words_s * scale
        yield f'<path class="byok-timeline-first" d="M{px(at - 4)} {px(middle - 14)}h8l-4 6z" fill="{INK}"/>'
    if bar.note:
        at = max(x, _PAD + _NUMBERS + bar.length * scale) + 8
        room = _PAD + _NUMBERS + _BARS - at
        words = text_fitting.clip(bar.note, room, SMALL_PX) if room > _LEAST_WORDS else ""
        yield _text(at, middle + 4, words, color=_SOFT, style="italic")
    for figure, end_of_column in zip(bar.figures, ends, strict=True):
        yield _text(end_of_column, middle + 4, figure, anchor="end")


def _part(part: Part, x: float, y: float, width: float) -> str:
    look = ' stroke-dasharray="4 3"' if part.is_judge else ""
    name = text_fitting.clip(part.name, width - 8, SMALL_PX)
    fits = len(name) > 2 or name == part.name
    words = _text(x + width / 2, y + _BAR / 2 + 4, name, anchor="middle") if fits and width > 16 else ""
    inset = max(1.0, width - 1)
    return (
        f'<g style="--byok-node:{part.colour}"><title>{escaped(f"{part.name}: {part.seconds:.2f} s")}</title>'
        f'<rect class="byok-timeline-part" x="{px(x)}" y="{px(y)}" width="{px(inset)}" height="{_BAR:g}"'
        f' rx="{3 if width > 8 else 1}" fill="{tint(part.colour, 0.22)}" stroke="{part.colour}"{look}/>{words}</g>'
    )


def _sums(total: Sequence[str], ends: Sequence[float], top: float) -> Iterator[str]:
    yield f'<path d="M{_PAD} {px(top)}H{px(ends[-1])}" stroke="{GREY}" stroke-opacity=".6"/>'
    yield _text(_PAD, top + 18, "all", weight=600)
    for figure, end in zip(total, ends, strict=True):
        yield _text(end, top + 18, figure, anchor="end", weight=600)


def _legend(bars: Sequence[Bar], left_out: int) -> str:
    words = ["▾ first words of the reply"] if any(bar.first_words_s is not None for bar in bars) else []
    judged = any(part.is_judge for bar in bars for part in bar.parts)
    words += ["dashed: a model judges the edges"] if judged else []
    words += [f"{sign} {meaning}" for sign, meaning in _MEANINGS.items() if any(bar.sign == sign for bar in bars)]
    words += [f"the first {left_out} turns are in the table"] if left_out else []
    return "  ·  ".join(words)


def _text(
    x: float, y: float, words: str, *, color: str = INK, anchor: str = "start", weight: int = 400, style: str = ""
) -> str:
    if not words:
        return ""
    look = f' text-anchor="{anchor}"' if anchor != "start" else ""
    look += f' font-weight="{weight}"' if weight != 400 else ""
    look += f' font-style="{style}"' if style else ""
    return f'<text x="{px(x)}" y="{px(y)}" fill="{color}"{look}>{escaped(words)}</text>'
