"""What the board shows of a comparison, as plain text: no key, and nothing that can act as markup."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from byok_widgets.compare import outlook
from byok_widgets.compare.figures import short_names_of
from byok_widgets.compare.pictures import pictures_of
from byok_widgets.compare.variant_row import COLUMNS, VERDICT, Figure, figures_of, results_by_variant, telling
from byok_widgets.secrets import redact
from byok_widgets.shortening import in_part
from byok_widgets.widgets.sanitize import sanitize

if TYPE_CHECKING:
    from byok_widgets.compare.comparison import Comparison
    from byok_widgets.compare.outlook import Pace
    from byok_widgets.compare.results import Place
    from byok_widgets.widgets.page_messages.board import (
        BoardAll,
        BoardCell,
        BoardFigure,
        BoardPicture,
        BoardProgress,
        BoardRows,
    )

MOST_CASES = 1000
"""Most cases on a board; more would only make the page slow."""
_SAID_CHARS = 160


def shown(text: str) -> str:
    """Return a text as the board shows it: without keys, without control characters, not endless."""
    return sanitize(redact(in_part(text, held_by="the comparison's rows()"), words=False))


def everything(comparison: Comparison, pace: Pace) -> BoardAll:
    """Return all that a view has to know which has just appeared."""
    cases = comparison.results.cases[:MOST_CASES]
    told = rows(comparison, pace)
    places = ((variant.id, case.name, 1) for case in cases for variant in comparison.variants)
    return {
        "kind": "all",
        "columns": told["columns"],
        "cases": [{"name": shown(case.name), "said": shown(case.said[:_SAID_CHARS])} for case in cases],
        "more": len(comparison.results.cases) - len(cases),
        "repeat": comparison.results.repeat,
        "cells": [cell for cell in cells(comparison, places) if cell[2]],
        "progress": told["progress"],
        "pictures": told["pictures"],
        "variants": told["variants"],
        "notes": told["notes"],
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


def cells(comparison: Comparison, places: Iterable[Place]) -> list[BoardCell]:
    """Return what is shown of the cells at places; repeats of the same case and variant are one."""
    results = comparison.results
    case_at = {case.name: at for at, case in enumerate(results.cases[:MOST_CASES])}
    variant_at = {variant.id: at for at, variant in enumerate(results.variants)}
    wanted = dict.fromkeys((case, variant) for variant, case, _ in places if case in case_at)
    return [_cell(comparison, case_at[case], variant_at[variant]) for case, variant in wanted]


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
