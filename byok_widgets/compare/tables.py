"""A comparison as text, as HTML from native elements, and as rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from byok_widgets.cases.assertions import JUDGED
from byok_widgets.compare.cells.failures import FLOW_FAULTS
from byok_widgets.compare.cells.left_out import settings_left_out
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.pictures import pictures_of
from byok_widgets.compare.results import evidence
from byok_widgets.compare.results.outdated import changed_words
from byok_widgets.compare.results.results import Results
from byok_widgets.compare.results.validity import validity_of
from byok_widgets.compare.results.variant_row import COLUMNS, Figure, figures_of, results_by_variant, telling
from byok_widgets.display import markup
from byok_widgets.display.markup import Markup
from byok_widgets.display.sanitize import sanitize
from byok_widgets.display.text_tables import aligned
from byok_widgets.reply import badge
from byok_widgets.secrets import redact
from byok_widgets.secrets.json_redaction import redact_keys

if TYPE_CHECKING:
    from byok_widgets.compare.results.comparison_view import ComparisonView

HEADS = ("variant", *COLUMNS)
NUMBERS = frozenset(range(4, len(HEADS)))
Row = tuple[str, ...]


def table(comparison: ComparisonView) -> list[Row]:
    """Return a row for each variant."""
    return [(name, *map(str, figures)) for name, figures in _figures(comparison)]


def _told(comparison: ComparisonView) -> tuple[list[int], list[Row]]:
    """Return which columns say anything, and the rows with these alone."""
    found = _figures(comparison)
    kept = [0, *(at + 1 for at in telling([figures for _, figures in found]))]
    return kept, [tuple((name, *map(str, figures))[at] for at in kept) for name, figures in found]


def _figures(comparison: ComparisonView) -> list[tuple[str, tuple[Figure, ...]]]:
    """Return the name of each variant with its figures."""
    found = results_by_variant(comparison)
    return [
        (variant.name, figures_of(comparison, variant, found.get(variant.id))) for variant in comparison.variants
    ]


REPLAYED = badge(["replay"])
SECOND_LOOK = (
    "Cases or repeats were added to results that could be seen before, so there are no intervals: verdicts go by "
    "evidence that may be looked at at any time. This verdict alone finds a difference between equal models in at "
    "most 5 of 100 comparisons; counted together with an earlier one by intervals, in up to 7. Other cases, "
    "compared alone, give intervals again."
)

WEIGHTED = "Scores and costs count each case by its weight; times are those of the calls, each counted once."


def standing(comparison: ComparisonView) -> str:
    """Return how far it is, in one line."""
    results = comparison.results
    parts = [comparison.badge, f"{len(results)} of {results.total} cells"]
    parts += [{"budget": "stopped at the limit", "stopped": "stopped"}.get(comparison.stopped_for, "")]
    parts += ["running"] if comparison.running else []
    parts += [f"cost {comparison.cost}"] if len(results) else [f"estimate {comparison.estimate}"]
    parts += [f"metric {comparison.metric.name}"]
    sampling = comparison.task.sampling
    if sampling.repeat > 1:
        warm = "" if sampling.temperature is None else f" at temperature {sampling.temperature:g}"
        warm += " where a node states none" if sampling.own else ""
        parts.append(f"{sampling.repeat} repeats{warm}")
    return " · ".join(part for part in parts if part)


def _failures(cells: Sequence[ResultCell]) -> Iterator[str]:
    """Yield how many cells failed, by the kind of their error, each with what the first of them said."""
    for messages in _by_kind(cells):
        many = f"{len(messages)} cells failed and are" if len(messages) > 1 else "One cell failed and is"
        yield f"{many} missing: {messages[0]}"


def _flow_faults(cells: Sequence[ResultCell]) -> Iterator[str]:
    """Yield how many cells ran into a fault of the flow's own, in the same way."""
    for messages in _by_kind(cells):
        several = len(messages) > 1
        count, score = (f"{len(messages)} cells", "score") if several else ("One cell", "scores")
        yield f"{count} ran into a fault of the flow and {score} 0: {messages[0]}"


def _by_kind(cells: Sequence[ResultCell]) -> Iterable[list[str]]:
    """Return the messages of cells by the kind of their error."""
    kinds: dict[str, list[str]] = {}
    for cell in cells:
        kinds.setdefault(cell.error, []).append(cell.message)
    return kinds.values()


def notes(comparison: ComparisonView, *, reasons: bool = True) -> list[str]:
    """Return what a reader has to know: why a verdict is what it is, if `reasons` is set, and what went wrong."""
    found = [result for result in results_by_variant(comparison).values() if result.verdict != "baseline"]
    many = len(found) > 1
    family = f"{len(found)} variants are" if many else "One variant is"
    said = [f'{family} compared with "{comparison.baseline.name}".'] if found else []
    if reasons:
        said += [f"{result.variant.name}: {result.reason}" if many else result.reason for result in found]
    if outdated := comparison.outdated:
        said.append(_stale(outdated))
    if comparison.is_second_look and found:
        said.append(SECOND_LOOK)
    if comparison.results.weights is not None and len(comparison.results):
        said.append(WEIGHTED)
    said += [*validities(comparison), *replayed(comparison)]
    if comparison.task.unjudged:
        said.append(f"A node alone is not judged by what the flow does: {', '.join(comparison.task.unjudged)}.")
    if comparison.task.unstated:
        said.append(not_called(comparison.task.unstated))
    if comparison.stopped_for == "budget":
        said.append(_limited(comparison))
    if lost := comparison.given_up:
        cells = "One cell was" if lost == 1 else f"{lost} cells were"
        said.append(
            f"{cells} given up when it was stopped; with what that cost, this run cost {comparison.spent}."
        )
    problem = comparison.problem()
    said += [problem.problem] if problem else []
    told = comparison.results.told()
    said += _failures([cell for _, cell, _ in told if cell.status == "failed"])
    said += _flow_faults([cell for _, cell, _ in told if cell.counts and cell.error in FLOW_FAULTS])
    said += settings_left_out((variant.name, cell.output) for variant, cell, _ in told)
    unscored = [score.problem for _, _, score in told if score.problem]
    said += [f"{len(unscored)} scores are missing: {unscored[0]}"] if unscored else []
    unjudged = [
        entry["error"] for _, cell, _ in told for entry in cell.output.get(JUDGED) or () if "error" in entry
    ]
    said += (
        [f"{len(unjudged)} questions were not answered, so scores are missing: {unjudged[0]}"] if unjudged else []
    )
    if not found and not comparison.running and len(comparison.results) and not evidence.are_possible():
        said.append('Verdicts need numpy and scipy: pip install "byok-widgets[compare]".')
    return list(dict.fromkeys(said))


def _stale(outdated: Sequence[str]) -> str:
    """Say what was changed since, and what to do about it."""
    what = changed_words(outdated)
    return (
        f"{what[:1].upper()}{what[1:]} since: all this is as it was before. Call compare again for how it is now; "
        "answers that are still the same are not paid again."
    )


def _limited(comparison: ComparisonView) -> str:
    """Say what a run that came to its limit used: it may be little, since the worst case of a call has to fit."""
    usd, calls = comparison.used
    limits = comparison.limits
    used = [] if limits.usd is None else [f"${usd:.4f} of ${limits.usd:.4f}"]
    used += [] if limits.max_calls is None else [f"{calls} of {limits.max_calls} calls"]
    return (
        f"It used {' and '.join(used)}; at worst, with retries, the next calls would take more than is left. "
        "resume() with a higher limit runs the rest."
    )


def replayed(comparison: ComparisonView) -> list[str]:
    """Say what replayed answers count with; nothing where there are none."""
    if REPLAYED not in comparison.badge:
        return []
    return ["Replayed answers count with the costs and the seconds of their recording."]


def validities(comparison: ComparisonView) -> list[str]:
    """Say for each variant how far its simulated callers can be trusted; nothing where there are none."""
    results, said = comparison.results, []
    if not results.has_simulated:
        return []
    for variant in comparison.variants:
        validity = validity_of(results, variant)
        of = f" of {variant.name}" if len(comparison.variants) > 1 else ""
        said += [f"Simulated callers{of}: {validity}."] if validity else []
    return [*said, "Dialogues in which the caller went wrong are repeated and count for no model."] if said else []


def not_called(names: Sequence[str]) -> str:
    """Say which actions were not called, and what that means."""
    named = ", ".join(names)
    return f"Not called, since they have effects, and without a stub: {named}. What they write is not stated."


def headline(comparison: ComparisonView) -> str:
    """Return what is compared over how many cases, and how many of these are not scored."""
    count = len(comparison.cases)
    note = comparison.cases.note if comparison.metric.needs_labels else ""
    return f"{comparison.title}, {count} case{'' if count == 1 else 's'}{note}"


def as_text(comparison: ComparisonView) -> str:
    """Return the comparison as plain text."""
    kept, found = _told(comparison)
    lines = aligned([tuple(HEADS[at] for at in kept), *found])
    said = [headline(comparison), *lines, standing(comparison), *notes(comparison)]
    return sanitize(redact("\n".join(said), words=False))


def as_html(comparison: ComparisonView, *, pictures: bool = True) -> str:
    """Return the comparison as HTML that every notebook shows, trusted or not; with its pictures, if asked."""
    kept, found = _told(comparison)
    rows = [[redact(cell, words=False) for cell in row] for row in found]
    numbers = {place for place, at in enumerate(kept) if at in NUMBERS}
    caption = redact(headline(comparison), words=False)
    shown = markup.table(rows, caption=caption, columns=[HEADS[at] for at in kept], numbers=numbers)
    said = "".join(markup.block(markup.facts(redact(note, words=False))) for note in notes(comparison))
    drawn = _pictures(comparison) if pictures else ""
    return Markup(f"{shown}{markup.block(markup.facts(standing(comparison)))}{said}{drawn}")


def _pictures(comparison: ComparisonView) -> str:
    """Return the pictures, each behind a line that opens it; none while it runs."""
    found = [] if comparison.running else pictures_of(comparison)
    return "".join(markup.details(each.title, markup.picture(each.svg(), each.words)) for each in found)


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
