"""Cost against quality: what a thousand conversations cost, and the score; with the efficient frontier."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

from byok_widgets.compare.pictures import canvas
from byok_widgets.compare.pictures.canvas import HEAD, PAD, WIDTH, Scale
from byok_widgets.compare.pictures.picture import Picture
from byok_widgets.compare.results.figures import percent, short_names_of
from byok_widgets.graph.colours import GREY

if TYPE_CHECKING:
    from byok_widgets.compare.results.comparison_view import ComparisonView
    from byok_widgets.compare.results.variant_result import VariantResult

_LEFT, _HEIGHT, _LABEL = 48.0, 230.0, 200.0


@dataclass(frozen=True)
class Point:
    """A variant: its name, what a thousand conversations cost, its score and the interval of that, if any."""

    name: str
    usd: float
    score: float
    low: float
    high: float


def cost_quality(comparison: ComparisonView, found: Mapping[str, VariantResult]) -> Picture | None:
    """Return the picture; `None` where fewer than two variants have a price and a score, or all are free."""
    names, points, unpriced = short_names_of(comparison.variants), [], []
    for variant in comparison.variants:
        result, usd = found.get(variant.id), comparison.results.summary(variant).usd_per_1000
        if usd is None:
            unpriced.append(canvas.name(names[variant.id], 400))
        elif result is not None and not math.isnan(result.score.estimate):
            score = result.score
            ends = [score.estimate if math.isnan(end) else end for end in (score.low, score.high)]
            points.append(Point(names[variant.id], float(usd), score.estimate, *ends))
    if len(points) < 2 or not any(point.usd for point in points):
        return None
    best = frontier(points)
    title = f"Score, and cost of 1,000 {'calls' if comparison.task.same_input else 'conversations'}"
    said = [
        f"{canvas.name(point.name, 400)}: {percent(point.score)} for ${point.usd:.2f}"
        f"{' (efficient)' if point in best else ''}"
        for point in points
    ]
    said += [f"not priced: {', '.join(unpriced)}"] if unpriced else []
    return Picture(
        "Cost and score",
        title,
        f"{title}. {'; '.join(said)}.",
        lambda styled: _draw(title, points, styled=styled),
        [{**dict(zip(_COLUMNS, astuple(point), strict=True)), "efficient": point in best} for point in points],
        _layers(),
    )


_COLUMNS = ("variant", "usd", "score", "low", "high")


def _layers() -> list[dict[str, Any]]:
    usd = {"field": "usd", "type": "quantitative", "title": "US dollars"}
    score = {"field": "score", "type": "quantitative", "scale": {"zero": False}, "axis": {"format": "%"}}
    color = {"field": "variant", "legend": None}
    line = {"type": "line", "interpolate": "step-after", "strokeDash": [5, 4], "color": GREY}
    filled = {"condition": {"test": "datum.efficient", "value": 1}, "value": 0.1}
    ends = {"x": usd, "y": {**score, "field": "low"}, "y2": {"field": "high"}, "color": color}
    point = {"x": usd, "y": score, "color": color, "fillOpacity": filled}
    return [
        {"transform": [{"filter": "datum.efficient"}], "mark": line, "encoding": {"x": usd, "y": score}},
        {"mark": "rule", "encoding": ends},
        {"mark": {"type": "point", "filled": True, "size": 90, "tooltip": {"content": "data"}}, "encoding": point},
        {
            "mark": {"type": "text", "align": "left", "dx": 9, "dy": -7},
            "encoding": {"x": usd, "y": score, "text": {"field": "variant"}},
        },
    ]


def frontier(points: Sequence[Point]) -> list[Point]:
    """Return the efficient ones, the cheapest first: none that costs no more has a higher score."""
    best: list[Point] = []
    for point in sorted(points, key=lambda one: (one.usd, -one.score)):
        if not best or point.score > best[-1].score:
            best.append(point)
    return best


def _draw(title: str, points: Sequence[Point], *, styled: bool) -> str:
    top, bottom = HEAD, HEAD + _HEIGHT
    cost = Scale.over((point.usd for point in points), _LEFT + PAD, WIDTH - PAD - _LABEL)
    lowest = max(0.0, min(point.low for point in points) - 0.05)
    score = Scale(lowest, min(1.0, max(point.high for point in points) + 0.03), bottom, top)
    parts = [*_axes(cost, score, top, bottom), _frontier_line(frontier(points), cost, score)]
    names = canvas.spread([score.at(point.score) for point in points], 15)
    shades = canvas.colours(len(points))
    for point, y, color in zip(points, names, shades, strict=True):
        parts += _point(point, cost, score, y, color, is_best=point in frontier(points))
    legend = "filled, on the line: no cheaper one has a higher score  ·  vertical: interval of the score"
    parts.append(canvas.words(PAD, bottom + 42, legend, color=canvas.SOFT))
    return canvas.card(title, bottom + 56, parts, styled=styled)


def _axes(cost: Scale, score: Scale, top: float, bottom: float) -> Iterator[str]:
    for value in score.ticks():
        y = score.at(value)
        yield canvas.line(cost.start, y, cost.end, y, look=' stroke-opacity=".3"')
        yield canvas.words(cost.start - 8, y + 4, f"{100 * value:.0f}%", anchor="end", color=canvas.SOFT)
    for value in cost.ticks():
        x = cost.at(value)
        yield canvas.line(x, top, x, bottom, look=' stroke-opacity=".3"')
        yield canvas.words(x, bottom + 16, f"${value:g}", anchor="middle", color=canvas.SOFT)


def _frontier_line(best: Sequence[Point], cost: Scale, score: Scale) -> str:
    corners = [f"M{cost.at(best[0].usd):.1f} {score.at(best[0].score):.1f}"]
    corners += [f"H{cost.at(point.usd):.1f}V{score.at(point.score):.1f}" for point in best[1:]]
    corners.append(f"H{cost.end:.1f}")
    look = 'fill="none" stroke-width="1.5" stroke-dasharray="5 4"'
    return f'<path d="{"".join(corners)}" stroke="{GREY}" {look}/>'


def _point(point: Point, cost: Scale, score: Scale, name_y: float, color: str, *, is_best: bool) -> Iterator[str]:
    x, y = cost.at(point.usd), score.at(point.score)
    ends = score.at(max(point.low, score.low)), score.at(min(point.high, score.high))
    yield canvas.line(x, ends[0], x, ends[1], color=color, look=' stroke-width="2" stroke-opacity=".6"')
    yield canvas.sign(x, y, "", color=color, hollow=not is_best)
    said = canvas.name(point.name, WIDTH - PAD - x - 10)
    yield canvas.words(x + 9, name_y - 7, said, weight=600 if is_best else 400, halo=True)
