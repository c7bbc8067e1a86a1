"""The forest plot: the difference of each variant from the baseline with its interval, and the margin."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from byok_widgets.compare.pictures import canvas
from byok_widgets.compare.pictures.canvas import HEAD, NAMES, PAD, ROW, WIDTH, Scale
from byok_widgets.compare.pictures.picture import Picture
from byok_widgets.compare.results.figures import interval, short_names_of
from byok_widgets.compare.results.variant_result import WITHHELD
from byok_widgets.graph.colours import GREY

if TYPE_CHECKING:
    from byok_widgets.compare.results.comparison_view import ComparisonView
    from byok_widgets.compare.results.variant_result import VariantResult
    from byok_widgets.compare.statistics import Difference

_FIGURES = 210.0
"""Room for difference and verdict at the right."""
_LEAST = 0.05
_MARGIN = "#d9a441"
Row = tuple[str, "Difference", str]
"""The name of a variant, its difference, and the verdict that is given: where it is withheld, that."""


def forest(comparison: ComparisonView, found: Mapping[str, VariantResult]) -> Picture | None:
    """Return the plot of all differences; `None` where there are none yet."""
    names = short_names_of(comparison.variants)
    rows: list[Row] = [
        (names[result.variant.id], result.difference, result.verdict)
        for result in found.values()
        if result.difference is not None and not math.isnan(result.difference.estimate)
    ]
    if not rows:
        return None
    title = f"Difference from {canvas.name(names[comparison.baseline.id], 300)} in points"
    said = "; ".join(f"{canvas.name(name, 400)}: {interval(apart)}, {verdict}" for name, apart, verdict in rows)
    margin = comparison.margin
    return Picture(
        "Differences",
        title,
        f"{title}. {said}.",
        lambda styled: _draw(title, rows, margin, styled=styled),
        [_figures(row) for row in rows],
        _layers(margin),
    )


def _figures(row: Row) -> dict[str, Any]:
    name, apart, verdict = row
    low, estimate, high = (round(100 * end, 4) for end in (apart.low, apart.estimate, apart.high))
    return {"variant": name, "difference": estimate, "low": low, "high": high, "verdict": verdict}


def _layers(margin: float | None) -> list[dict[str, Any]]:
    band = {
        "data": {"values": [{"low": -100 * (margin or 0), "high": 0}]},
        "mark": {"type": "rect", "color": _MARGIN, "opacity": 0.22},
        "encoding": _BETWEEN,
    }
    return [*([band] if margin else []), *_LAYERS]


_POINTS = {"type": "quantitative", "title": "points"}
_BETWEEN = {"x": {"field": "low", **_POINTS}, "x2": {"field": "high"}}
_BY_VARIANT = {"y": {"field": "variant", "type": "nominal", "sort": None, "title": None}}
_WITHOUT = ["no difference shown", "too few", WITHHELD]
_VERDICTS = [*canvas.VERDICT_COLOURS, *_WITHOUT]
_SHAPES = ["triangle-up", "triangle-down", "square", *["circle"] * len(_WITHOUT)]
_BY_COLOUR = {
    "field": "verdict",
    "scale": {"domain": _VERDICTS, "range": [*canvas.VERDICT_COLOURS.values(), *[GREY] * len(_WITHOUT)]},
}
_BY_SHAPE = {"field": "verdict", "scale": {"domain": _VERDICTS, "range": _SHAPES}}
_LAYERS: list[dict[str, Any]] = [
    {
        "data": {"values": [{"zero": 0}]},
        "mark": "rule",
        "encoding": {"x": {"field": "zero", **_POINTS}},
    },
    {
        "mark": {"type": "rule", "strokeWidth": 2.5},
        "encoding": {**_BETWEEN, **_BY_VARIANT, "color": _BY_COLOUR},
    },
    {
        "mark": {"type": "point", "filled": True, "size": 90, "tooltip": {"content": "data"}},
        "encoding": {
            "x": {"field": "difference", **_POINTS},
            **_BY_VARIANT,
            "color": _BY_COLOUR,
            "shape": _BY_SHAPE,
        },
    },
]


def _draw(title: str, rows: Sequence[Row], margin: float | None, *, styled: bool) -> str:
    bottom = HEAD + 16 + ROW * len(rows)
    ends = [end for _, apart, _ in rows for end in (apart.low, apart.high)]
    reach = 1.08 * max(_LEAST, margin or 0, *map(abs, ends))
    low, high = (-reach if min(ends) < 0 or margin else -reach / 8), (reach if max(ends) > 0 else reach / 8)
    scale = Scale(max(low, -1.0), min(high, 1.0), PAD + NAMES, WIDTH - PAD - _FIGURES)
    parts = [*_margin(scale, margin, bottom), *canvas.across(scale, HEAD + 10, bottom, _points)]
    parts.append(canvas.line(scale.at(0), HEAD + 10, scale.at(0), bottom, look=' stroke-width="1.5"'))
    for number, row in enumerate(rows):
        parts += _row(row, HEAD + 16 + ROW * number + ROW / 2, scale)
    legend = "point and line: the difference and its interval"
    legend += f"  ·  shaded: the accepted loss of {100 * margin:g} points" if margin else ""
    parts.append(canvas.words(PAD, bottom + 22, legend, color=canvas.SOFT))
    return canvas.card(title, bottom + 36, parts, styled=styled)


def _margin(scale: Scale, margin: float | None, bottom: float) -> Iterator[str]:
    if margin:
        x = scale.at(max(-margin, scale.low))
        size = f'width="{scale.at(0) - x:.1f}" height="{bottom - HEAD - 10:.1f}"'
        yield f'<rect x="{x:.1f}" y="{HEAD + 10:g}" {size} fill="{_MARGIN}" fill-opacity=".22"/>'


def _row(row: Row, y: float, scale: Scale) -> Iterator[str]:
    said, apart, verdict = row
    color = canvas.VERDICT_COLOURS.get(verdict, GREY)
    low, high = (scale.at(min(max(end, scale.low), scale.high)) for end in (apart.low, apart.high))
    yield canvas.words(PAD, y + 4, canvas.name(said), weight=600)
    yield canvas.line(low, y, high, y, color=color, look=' stroke-width="2.5" stroke-linecap="round"')
    yield canvas.sign(scale.at(apart.estimate), y, verdict)
    yield canvas.words(WIDTH - PAD - _FIGURES + 14, y - 2, interval(apart))
    yield canvas.words(WIDTH - PAD - _FIGURES + 14, y + 11, verdict, color=canvas.SOFT)


def _points(value: float) -> str:
    return f"{100 * value:+g}" if value else "0"
