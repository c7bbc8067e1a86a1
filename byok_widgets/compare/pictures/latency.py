"""How long each variant takes: the distribution of the providers' own time, our waiting left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byok_widgets.compare.pictures import canvas
from byok_widgets.compare.pictures.canvas import HEAD, NAMES, PAD, ROW, WIDTH, Scale
from byok_widgets.compare.pictures.picture import Picture
from byok_widgets.compare.results.figures import seconds, short_names_of
from byok_widgets.compare.results.quantiles import quantile

if TYPE_CHECKING:
    from byok_widgets.compare.results.comparison_view import ComparisonView

_FIGURES = 130.0
_BOX = 14.0


@dataclass(frozen=True)
class Spread:
    """The times of a variant, in seconds, shortest first; `first_s` is the median to the first token."""

    name: str
    times: Sequence[float]
    first_s: float | None

    def share(self, of: float) -> float:
        """Return the time that such a share of the calls does not exceed."""
        return quantile(self.times, of) or 0.0


def latency(comparison: ComparisonView) -> Picture | None:
    """Return the picture; `None` where no time is known."""
    results, names, rows = comparison.results, short_names_of(comparison.variants), []
    for variant in results.variants:
        if times := results.seconds_of(variant):
            first = results.summary(variant).first_token_s
            rows.append(Spread(names[variant.id], times, first))
    if not rows:
        return None
    title = f"Seconds of a {'call' if comparison.task.same_input else 'conversation'}"
    said = "; ".join(
        f"{canvas.name(row.name, 400)}: half take at most {seconds(row.share(0.5))}, 95% at most "
        f"{seconds(row.share(0.95))}, first token {seconds(row.first_s)}"
        for row in rows
    )
    return Picture(
        "Latency",
        title,
        f"{title}. {said}.",
        lambda styled: _draw(title, rows, styled=styled),
        [_figures(row) for row in rows],
        _LAYERS,
    )


def _figures(row: Spread) -> dict[str, Any]:
    shares = {f"p{round(100 * of)}": row.share(of) for of in _SHARES}
    return {"variant": row.name, **shares, "first token": row.first_s}


def _between(low: str, high: str) -> dict[str, Any]:
    return {"x": {"field": low, "type": "quantitative", "title": "seconds"}, "x2": {"field": high}, **_BY_VARIANT}


_SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
_BY_VARIANT = {
    "y": {"field": "variant", "type": "nominal", "sort": None, "title": None},
    "color": {"field": "variant", "legend": None},
}
_LAYERS: list[dict[str, Any]] = [
    {"mark": {"type": "rule", "strokeWidth": 2}, "encoding": _between("p5", "p95")},
    {
        "mark": {"type": "bar", "size": 14, "opacity": 0.5, "tooltip": {"content": "data"}},
        "encoding": _between("p25", "p75"),
    },
    {
        "mark": {"type": "tick", "size": 16, "thickness": 3},
        "encoding": {"x": {"field": "p50", "type": "quantitative"}, **_BY_VARIANT},
    },
    {
        "mark": {"type": "point", "shape": "triangle-down", "filled": True, "yOffset": -12},
        "encoding": {"x": {"field": "first token", "type": "quantitative"}, **_BY_VARIANT},
    },
]


def _draw(title: str, rows: Sequence[Spread], *, styled: bool) -> str:
    bottom = HEAD + 16 + ROW * len(rows)
    ends = [max(1e-4, end) for row in rows for end in (row.first_s or row.times[0], row.times[0], row.times[-1])]
    scale = Scale.over(ends, PAD + NAMES, WIDTH - PAD - _FIGURES)
    parts = [*canvas.across(scale, HEAD + 10, bottom, lambda value: f"{value:g} s")]
    for number, (row, color) in enumerate(zip(rows, canvas.colours(len(rows)), strict=True)):
        parts += _row(row, HEAD + 16 + ROW * number + ROW / 2, scale, color)
    legend = "box: the middle half  ·  line in it: p50  ·  whiskers: p5 and p95  ·  ▾ first token (median)"
    parts.append(canvas.words(PAD, bottom + 22, legend, color=canvas.SOFT))
    return canvas.card(title, bottom + 36, parts, styled=styled)


def _row(row: Spread, y: float, scale: Scale, color: str) -> Iterator[str]:
    low, quarter, half, three, high = (scale.at(max(1e-4, row.share(of))) for of in _SHARES)
    yield canvas.words(PAD, y + 4, canvas.name(row.name), weight=600)
    yield canvas.line(low, y, high, y, color=color, look=' stroke-width="2"')
    box = f'y="{y - _BOX / 2:.1f}" width="{max(2.0, three - quarter):.1f}" height="{_BOX:g}" rx="2"'
    yield f'<rect x="{quarter:.1f}" {box} fill="{color}" fill-opacity=".35" stroke="{color}"/>'
    yield canvas.line(half, y - _BOX / 2, half, y + _BOX / 2, color=color, look=' stroke-width="3"')
    if row.first_s is not None:
        x = scale.at(max(1e-4, row.first_s))
        yield f'<path d="M{x - 4:.1f} {y - 13:.1f}h8l-4 6z" fill="{color}"/>'
    right = WIDTH - PAD - _FIGURES + 14
    yield canvas.words(right, y + 4, f"{seconds(row.share(0.5))} · p95 {seconds(row.share(0.95))}")
