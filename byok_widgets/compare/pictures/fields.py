"""The heat map of fields: how often each variant reads each of them right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from byok_widgets.cases.checks import same_value
from byok_widgets.compare.pictures import canvas
from byok_widgets.compare.pictures.canvas import HEAD, PAD, WIDTH
from byok_widgets.compare.pictures.picture import Picture
from byok_widgets.compare.results.figures import percent, short_names_of
from byok_widgets.graph.colours import GREY, INK, tint
from byok_widgets.graph.svg_elements import px

if TYPE_CHECKING:
    from byok_widgets.compare.results.comparison_view import ComparisonView

MOST_FIELDS = 40
_NAMES, _CELL, _HUE = 150.0, 26.0, "#3a74c4"
Shares = Mapping[str, Sequence[float | None]]
"""By field, the share of right values of each variant; `None` where there is none."""


def fields(comparison: ComparisonView) -> Picture | None:
    """Return the picture; `None` where nothing is expected of any field."""
    shares = _shares(comparison)
    if not shares:
        return None
    names = list(short_names_of(comparison.variants).values())
    title = "How often each field is right"
    said = "; ".join(
        f"{canvas.name(field, 400)}: "
        + ", ".join(
            f"{canvas.name(name, 400)} {'–' if share is None else percent(share)}"
            for name, share in zip(names, row, strict=True)
        )
        for field, row in shares.items()
    )
    return Picture(
        "Fields",
        title,
        f"{title}. {said}.",
        lambda styled: _draw(title, names, shares, styled=styled),
        [
            {"field": name, "variant": variant, "share": share}
            for name, row in shares.items()
            for variant, share in zip(names, row, strict=True)
        ],
        _LAYERS,
    )


_PLACE = {
    "x": {"field": "variant", "type": "nominal", "sort": None, "title": None, "axis": {"orient": "top"}},
    "y": {"field": "field", "type": "nominal", "sort": None, "title": None},
}
_LAYERS: list[dict[str, Any]] = [
    {
        "mark": {"type": "rect", "tooltip": {"content": "data"}},
        "encoding": {
            **_PLACE,
            "color": {
                "field": "share",
                "type": "quantitative",
                "scale": {"domain": [0, 1], "range": [tint(_HUE, 0.05), tint(_HUE, 0.65)]},
                "legend": {"format": "%", "title": "right"},
            },
        },
    },
    {
        "mark": "text",
        "encoding": {**_PLACE, "text": {"field": "share", "type": "quantitative", "format": ".0%"}},
    },
]


def _shares(comparison: ComparisonView) -> Shares:
    right: dict[tuple[str, str], list[bool]] = defaultdict(list)
    names: dict[str, None] = {}
    for variant, case, cell, _ in comparison.results.items():
        if cell.counts:
            found = (cell.output.get("values") or {}) if cell.status == "done" else None
            for name, expected in case.values.items():
                names[name] = None
                holds = found is not None and same_value(expected, found.get(name))
                right[name, variant.id].append(holds)
    kept = list(names)[:MOST_FIELDS]
    return {name: [_mean(right[name, variant.id]) for variant in comparison.variants] for name in kept}


def _mean(held: Sequence[bool]) -> float | None:
    return sum(held) / len(held) if held else None


def _draw(title: str, names: Sequence[str], shares: Shares, *, styled: bool) -> str:
    top = HEAD + 14
    wide = min(140.0, (WIDTH - 2 * PAD - _NAMES) / len(names))
    bottom = top + _CELL * len(shares)
    parts = [
        canvas.words(PAD + _NAMES + wide * (at + 0.5), top - 8, canvas.name(name, wide - 8), anchor="middle")
        for at, name in enumerate(names)
    ]
    for number, (field, row) in enumerate(shares.items()):
        parts += _row(field, row, top + _CELL * number, wide)
    return canvas.card(title, bottom + PAD, parts, styled=styled)


def _row(field: str, row: Sequence[float | None], y: float, wide: float) -> Iterator[str]:
    yield canvas.words(PAD, y + 17, canvas.name(field, _NAMES - 10), weight=600)
    for at, share in enumerate(row):
        x = PAD + _NAMES + wide * at
        fill = "none" if share is None else tint(_HUE, 0.05 + 0.6 * share**2)
        place = f'x="{px(x + 1)}" y="{px(y + 1)}" width="{px(wide - 2)}" height="{px(_CELL - 2)}" rx="3"'
        yield f'<rect {place} fill="{fill}" stroke="{GREY}" stroke-opacity=".3"/>'
        said = "–" if share is None else percent(share)
        yield (
            f'<text class="byok-chart-on" x="{px(x + wide / 2)}" y="{px(y + 17)}" text-anchor="middle"'
            f' fill="{INK}">{said}</text>'
        )
