"""A comparison as text, as HTML from native elements, and as rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byok_widgets import markup
from byok_widgets.compare import evidence
from byok_widgets.compare.assertions import JUDGED
from byok_widgets.compare.cases import Case
from byok_widgets.compare.figures import dollars, percent, points, seconds
from byok_widgets.compare.result_cell import ResultCell
from byok_widgets.compare.results import Results
from byok_widgets.compare.scoring import Check
from byok_widgets.markup import Markup
from byok_widgets.secrets import redact
from byok_widgets.secrets.json_redaction import redact_keys
from byok_widgets.value_words import quoted

if TYPE_CHECKING:
    from byok_widgets.compare.comparison_view import ComparisonView
    from byok_widgets.compare.evidence import VariantResult
    from byok_widgets.compare.statistics import Plan
    from byok_widgets.compare.variant import Variant

COLUMNS = (
    *(
        "variant",
        "score",
        "difference (points)",
        "verdict",
        "cost per 1,000",
        "cost ratio",
        "first token",
        "time (p50)",
        "time (p95)",
        "own wait",
        "retries",
    ),
    "declined",
    "failed",
)
NUMBERS = frozenset(range(4, len(COLUMNS)))
_IDLE = frozenset({"", "–", "0", "0.00 s"})
"""What a figure says where there is nothing to say."""
Row = tuple[str, ...]


@dataclass(frozen=True)
class Diff:
    """What each variant made of one case.

    Attributes:
        case: The case.
        cells: The first repeat of each variant, by its name; `None` where it has not ended.
        checks: Each expectation with what was found, by the name of the variant.
    """

    case: Case
    cells: Mapping[str, ResultCell | None]
    checks: Mapping[str, Sequence[Check]]

    def _rows(self) -> Iterator[tuple[str, ...]]:
        names = list(self.cells)
        for name in dict.fromkeys(check.name for found in self.checks.values() for check in found):
            by_variant = {
                variant: next((check for check in found if check.name == name), None)
                for variant, found in self.checks.items()
            }
            expected = next(check.expected for check in by_variant.values() if check)
            yield (name, quoted(expected), *(_found(by_variant.get(variant)) for variant in names))
        yield ("answer", "", *(_answer(cell) for cell in self.cells.values()))

    def __repr__(self) -> str:
        lines = [f"Case {self.case.name!r}: {self.case.said}"]
        for name, expected, *found in self._rows():
            lines.append(f"  {name}" + (f" (expected {expected})" if expected else ""))
            lines += [f"    {variant}: {value}" for variant, value in zip(self.cells, found, strict=True)]
        return redact("\n".join(lines), words=False)

    def _repr_html_(self) -> str:
        columns = ("", "expected", *(redact(name, words=False) for name in self.cells))
        return markup.table(
            [[redact(cell, words=False) for cell in row] for row in self._rows()],
            caption=redact(f"Case {self.case.name}: {self.case.said}", words=False),
            columns=columns,
        )


class Plans(dict[str, "Plan"]):
    """How many cases it takes to show a difference of each variant from the baseline, by the variant's name."""

    def _table(self) -> list[Row]:
        return [
            (
                name,
                str(row.repeats),
                str(row.cases),
                str(row.cells),
                "not priced" if row.cost is None else f"${row.cost:.2f}" if row.cost else "free",
                f"{100 * row.detectable:.1f} points",
            )
            for name, plan in self.items()
            for row in plan.rows
        ]

    @property
    def _title(self) -> str:
        plan = next(iter(self.values()))
        return (
            f"Cases that show {100 * plan.margin:g} points between equal models, at level {100 * plan.level:g} % "
            f"with power {100 * plan.power:g} %, from {plan.pilot_cases} cases"
        )

    def __repr__(self) -> str:
        lines = [self._title, "  ".join(_PLAN), *("  ".join(row) for row in self._table())]
        return redact("\n".join(lines), words=False)

    def _repr_html_(self) -> str:
        said = "".join(markup.block(markup.facts(plan.reason)) for plan in self.values() if plan.reason)
        rows = [[redact(cell, words=False) for cell in row] for row in self._table()]
        shown = markup.table(rows, caption=self._title, columns=_PLAN, numbers={1, 2, 3, 4, 5})
        return f"{shown}{said}"


_PLAN = ("variant", "repeats", "cases", "cells", "cost", "these cases would show")


def _found(check: Check | None) -> str:
    if check is None:
        return "–"
    return f"{'✓' if check.holds else '✗'} {quoted(check.found)}"


def _answer(cell: ResultCell | None) -> str:
    if cell is None:
        return "not run"
    text = str(cell.output.get("text") or "")
    return f"{cell.status}: {cell.message}" if cell.status != "done" else text


def results_by_variant(comparison: ComparisonView) -> Mapping[str, VariantResult]:
    """Return what is shown of each variant by its id; empty while it runs, and without numpy and scipy."""
    if not len(comparison.results) or not evidence.are_possible():
        return {}
    return {result.variant.id: result for result in comparison.verdicts_now()}


def table(comparison: ComparisonView) -> list[Row]:
    """Return a row for each variant."""
    found = results_by_variant(comparison)
    return [_row(comparison, variant, found.get(variant.id)) for variant in comparison.variants]


def _row(comparison: ComparisonView, variant: Variant, result: VariantResult | None) -> Row:
    summary = comparison.results.summary(variant)
    means = [sum(scores) / len(scores) for scores in comparison.results.scores_of(variant).values()]
    score = f"{percent(sum(means) / len(means))}" if means else "–"
    difference, verdict = "", "" if result is None else result.verdict
    if result is not None and result.evidence is None and not comparison.running:
        rate = result.score
        score = f"{percent(rate.estimate)} ({percent(rate.low)} to {percent(rate.high)})"
    if result is not None and result.difference is not None:
        apart = result.difference
        difference = f"{points(apart.estimate)} ({points(apart.low)} to {points(apart.high)})"
    return (
        variant.name,
        score,
        difference,
        verdict,
        _money(comparison, variant),
        _ratio(result),
        seconds(summary.first_token_s),
        seconds(summary.p50_s),
        _p95(result, summary.p95_s),
        seconds(summary.wait_s),
        str(summary.retries),
        str(summary.declined),
        str(summary.failed),
    )


def _ratio(result: VariantResult | None) -> str:
    """Return the ratio of what the same cases cost, with its interval."""
    if result is None or result.service is None or result.verdict == "baseline":
        return ""
    ratio = result.service.cost_ratio
    return "–" if math.isnan(ratio.estimate) else f"{ratio.estimate:.3g} ({ratio.low:.3g} to {ratio.high:.3g})"


def _p95(result: VariantResult | None, so_far: float | None) -> str:
    """Return the p95 with its upper bound, where there are enough cases for one."""
    found = None if result is None or result.service is None else result.service.p95_s
    if found is None or math.isnan(found.estimate):
        return seconds(so_far)
    return seconds(found.estimate) + ("" if math.isinf(found.high) else f" (at most {seconds(found.high)})")


def _money(comparison: ComparisonView, variant: Variant) -> str:
    summary = comparison.results.summary(variant)
    if not summary.finished:
        return "–"
    return dollars(summary.usd_per_1000)


def standing(comparison: ComparisonView) -> str:
    """Return how far it is, in one line."""
    results = comparison.results
    parts = [f"{len(results)} of {results.total} cells"]
    parts += [{"budget": "stopped at the limit", "stopped": "stopped"}.get(comparison.stopped_for, "")]
    parts += ["running"] if comparison.running else []
    parts += [f"cost {comparison.cost}"] if len(results) else [f"estimate {comparison.estimate}"]
    parts += [f"metric {comparison.metric.name}"]
    sampling = comparison.task.sampling
    if sampling.repeat > 1:
        warm = "" if sampling.temperature is None else f" at temperature {sampling.temperature:g}"
        parts.append(f"{sampling.repeat} repeats{warm}")
    return " · ".join(part for part in parts if part)


def notes(comparison: ComparisonView) -> list[str]:
    """Return what a reader has to know: why a verdict is what it is, and what went wrong."""
    found = [result for result in results_by_variant(comparison).values() if result.verdict != "baseline"]
    many = len(found) > 1
    family = f"{len(found)} variants are" if many else "One variant is"
    said = [f'{family} compared with "{comparison.baseline.name}".'] if found else []
    said += [f"{result.variant.name}: {result.reason}" if many else result.reason for result in found]
    if comparison.task.unstated:
        named = ", ".join(comparison.task.unstated)
        said.append(
            f"Not called, since they have effects, and without a stub: {named}. What they write is not stated."
        )
    problem = comparison.problem()
    said += [problem.problem] if problem else []
    failures = [cell.message for _, _, cell, _ in comparison.results.items() if cell.status == "failed"]
    said += [f"{len(failures)} cells failed and are missing: {failures[0]}"] if failures else []
    unscored = comparison.results.unscored
    said += [f"{len(unscored)} scores are missing: {unscored[0]}"] if unscored else []
    unjudged = [
        entry["error"]
        for _, _, cell, _ in comparison.results.items()
        for entry in cell.output.get(JUDGED) or ()
        if "error" in entry
    ]
    said += (
        [f"{len(unjudged)} questions were not answered, so scores are missing: {unjudged[0]}"] if unjudged else []
    )
    if not found and not comparison.running and len(comparison.results) and not evidence.are_possible():
        said.append('Verdicts need numpy and scipy: pip install "byok-widgets[compare]".')
    return list(dict.fromkeys(said))


def _told(rows: Sequence[Row]) -> tuple[Row, list[Row], set[int]]:
    """Return heads, rows and which columns are numbers, without the figures that say nothing of any variant."""
    kept = [at for at in range(len(COLUMNS)) if at < 2 or any(row[at] not in _IDLE for row in rows)]
    heads, *shown = [tuple(row[at] for at in kept) for row in [COLUMNS, *rows]]
    return heads, shown, {place for place, at in enumerate(kept) if at in NUMBERS}


def _headline(comparison: ComparisonView) -> str:
    count = len(comparison.cases)
    return f"{comparison.title}, {count} case{'' if count == 1 else 's'}"


def as_text(comparison: ComparisonView) -> str:
    """Return the comparison as plain text."""
    heads, found, _ = _told(table(comparison))
    rows = [heads, *found]
    widths = [max(len(row[at]) for row in rows) for at in range(len(heads))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    said = [_headline(comparison), *lines, standing(comparison), *notes(comparison)]
    return redact("\n".join(said), words=False)


def as_html(comparison: ComparisonView) -> str:
    """Return the comparison as HTML that every notebook shows, trusted or not."""
    heads, told, numbers = _told(table(comparison))
    rows = [[redact(cell, words=False) for cell in row] for row in told]
    caption = redact(_headline(comparison), words=False)
    shown = markup.table(rows, caption=caption, columns=heads, numbers=numbers)
    said = "".join(markup.block(markup.facts(redact(note, words=False))) for note in notes(comparison))
    return Markup(f"{shown}{markup.block(markup.facts(standing(comparison)))}{said}")


def rows(results: Results) -> list[dict[str, Any]]:
    """Return one mapping for each finished cell."""
    found = [
        {
            "variant": variant.name,
            "case": case.name,
            "repeat": cell.repeat,
            "status": cell.status,
            "score": score,
            "error": cell.error,
            "message": cell.message,
            "model": cell.model,
            "input_tokens": cell.input_tokens,
            "output_tokens": cell.output_tokens,
            "usd": None if cell.usd is None else float(cell.usd),
            "first_token_s": cell.first_token_s,
            "total_s": cell.total_s,
            "wait_s": cell.wait_s,
            "retries": cell.retries,
            "text": cell.output.get("text"),
            **{f"values.{name}": value for name, value in (cell.output.get("values") or {}).items()},
        }
        for variant, case, cell, score in results.items()
    ]
    shown: list[dict[str, Any]] = redact_keys(found)
    return shown


def request_differences(results: Results) -> list[str]:
    """Return in which parts of their requests variants differ besides the model."""
    said: dict[str, None] = {}
    for case in results.cases:
        first = None
        for variant in results.variants:
            cell = results.cell(variant, case, 1)
            if cell is None or not cell.request:
                continue
            if first is None:
                first = (variant.name, cell.request)
                continue
            for part in cell.request:
                if cell.request[part] != first[1].get(part):
                    said[f"{variant.name} differs from {first[0]} in {part}: {_shortly(cell.request[part])}"] = (
                        None
                    )
    return list(said)


def _shortly(part: Any) -> str:
    text = " ".join(str(part).split())
    return text if len(text) <= 120 else f"{text[:119]}…"
