"""What the board shows of a comparison, as plain text: no key, and nothing that can act as markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from byok_widgets.compare.pictures import pictures_of
from byok_widgets.compare.results.figures import short_names_of
from byok_widgets.compare.results.variant_row import (
    COLUMNS,
    VERDICT,
    Figure,
    figures_of,
    results_by_variant,
    telling,
)
from byok_widgets.compare.running import outlook
from byok_widgets.display.sanitize import sanitize
from byok_widgets.display.shortening import in_part
from byok_widgets.secrets import redact

if TYPE_CHECKING:
    from byok_widgets.compare.comparison import Comparison
    from byok_widgets.compare.running.outlook import Pace
    from byok_widgets.widgets.audience import Mode
    from byok_widgets.widgets.page_messages.board import (
        BoardAll,
        BoardCell,
        BoardFigure,
        BoardPage,
        BoardPicture,
        BoardProgress,
        BoardRows,
        BoardView,
    )

MOST_CASES = 1000
"""Maximum number of cases on a page."""
_SAID_CHARS = 160


def shown(text: str) -> str:
    """Return a text as the board shows it: without keys, without control characters, not endless."""
    return sanitize(redact(in_part(text, held_by="the comparison's rows()"), words=False))


def everything(comparison: Comparison, left: str, *, mode: Mode = "owner") -> BoardAll:
    """Return what is compared, and who sees it; `left` says what it will still take."""
    names = short_names_of(comparison.variants)
    return {
        "kind": "all",
        "columns": [
            {"name": shown(variant.name), "short": shown(names[variant.id])} for variant in comparison.variants
        ],
        "repeat": comparison.results.repeat,
        "visited": mode == "visitor",
        "progress": progress(comparison, left),
    }


def page(comparison: Comparison, view: BoardView, numbers: Sequence[int], chosen: int) -> BoardPage:
    """Return the cases of these numbers with their cells; `chosen` are in the whole view."""
    cases, variants = comparison.results.cases, range(len(comparison.variants))
    found = cells(comparison, ((number, variant) for number in numbers for variant in variants))
    return {
        **view,
        "kind": "page",
        "cases": [
            {"number": number, "name": shown(cases[number].name), "said": shown(cases[number].said[:_SAID_CHARS])}
            for number in numbers
        ],
        "cells": [cell for cell in found if cell[2]],
        "chosen": chosen,
        "total": len(cases),
    }


def rows(comparison: Comparison, pace: Pace) -> BoardRows:
    """Return the rows as they are now."""
    found = results_by_variant(comparison)
    figures = [figures_of(comparison, variant, found.get(variant.id)) for variant in comparison.variants]
    columns = [at for at in telling(figures) if at != VERDICT]
    reasons = {own: result.reason for own, result in found.items()}
    names = short_names_of(comparison.variants)
    return {
        "kind": "rows",
        "columns": [COLUMNS[at] for at in columns],
        "variants": [
            {
                "name": shown(variant.name),
                "short": shown(names[variant.id]),
                "verdict": row[VERDICT].words or ("baseline" if variant.id == comparison.baseline.id else ""),
                "reason": shown(reasons.get(variant.id, "")),
                "figures": [_figure(row[at]) for at in columns],
            }
            for variant, row in zip(comparison.variants, figures, strict=True)
        ],
        "notes": [shown(note) for note in comparison.notes(reasons=False)],
        "progress": progress(comparison, outlook.left(comparison, pace)),
        "pictures": _pictures(comparison),
    }


def _figure(figure: Figure) -> BoardFigure:
    return {"words": figure.words, "beside": figure.beside, "value": figure.value}


def progress(comparison: Comparison, left: str) -> BoardProgress:
    """Return how far it is; `left` says what it will still take."""
    return {
        "done": len(comparison.results),
        "total": comparison.results.total,
        "running": comparison.running,
        "standing": shown(comparison.standing),
        "left": left if comparison.running else "",
    }


def cells(comparison: Comparison, places: Iterable[tuple[int, int]]) -> list[BoardCell]:
    """Return what is shown of the cells at places, by the numbers of case and variant; repeats are one."""
    return [_cell(comparison, case, variant) for case, variant in dict.fromkeys(places)]


def _cell(comparison: Comparison, case_at: int, variant_at: int) -> BoardCell:
    results = comparison.results
    case, variant = results.cases[case_at], results.variants[variant_at]
    repeats = range(1, results.repeat + 1)
    ended = [cell for repeat in repeats if (cell := results.cell(variant, case, repeat)) is not None]
    scores = [score for repeat in repeats if (score := results.score(variant, case, repeat)) is not None]
    failed = sum(cell.status == "failed" for cell in ended)
    declined = sum(cell.status in ("refused", "invalid") for cell in ended)
    mean = sum(scores) / len(scores) if scores else None
    return (case_at, variant_at, len(ended), mean, failed, declined)


def _pictures(comparison: Comparison) -> list[BoardPicture]:
    if comparison.running:
        return []
    return [
        {
            "name": picture.name,
            "title": sanitize(picture.title),
            "svg": picture.svg(styled=True),
            "words": sanitize(picture.words),
        }
        for picture in pictures_of(comparison)
    ]
