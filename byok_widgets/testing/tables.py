"""A test as text, and as HTML from native elements."""

from __future__ import annotations

from byok_widgets.compare import tables
from byok_widgets.compare.results.figures import percent
from byok_widgets.display import markup
from byok_widgets.display.markup import Markup
from byok_widgets.display.sanitize import sanitize
from byok_widgets.display.text_tables import aligned
from byok_widgets.secrets import redact
from byok_widgets.testing.changes import changes
from byok_widgets.testing.outcomes import WRONG, CaseOutcome, Outcome
from byok_widgets.testing.view import RunView

COLUMNS = ("case", "outcome", "passed", "where", "what went wrong")
_LINE_CHARS = 300
_SIGNS = {Outcome.PASSED: "✓", **dict.fromkeys(WRONG, "✗"), Outcome.ERROR: "!"}
MOST_CASES = 500
"""Cases in a table; more would make the notebook too large."""
MOST_IN_FULL = 20
"""Shortened reasons that are told whole."""


def headline(test: RunView) -> str:
    """Return what is tested over how many cases and runs."""
    count = len(test.cases)
    runs = f" × {test.runs} runs" if test.runs > 1 else ""
    return f"{test.title}, {count} case{'' if count == 1 else 's'}{runs}"


def standing(test: RunView) -> str:
    """Return the progress and the results so far, in one line."""
    counts = [f"{count} {outcome}" for outcome, count in test.counts.items()]
    cost = f"cost {test.cost}" if len(test.results) else f"estimate {test.estimate}"
    stopped = {"budget": "stopped at the limit", "stopped": "stopped"}.get(test.stopped_for, "")
    parts = [test.badge, *counts, _reliability(test), stopped, "running" if test.running else "", cost]
    return " · ".join(part for part in parts if part)


def _reliability(test: RunView) -> str:
    """Return pass^1 and pass^k, where each case was run more than once."""
    if test.runs == 1 or test.running:
        return ""
    shares = {k: test.pass_k_now(k) for k in (1, test.runs)}
    return ", ".join(f"pass^{k} {percent(share)}" for k, share in shares.items() if share is not None)


def notes(test: RunView) -> list[str]:
    """Return what a reader has to know beside the cases."""
    said = [*tables.validities(test), *tables.replayed(test)]
    if test.task.unstated:
        said.append(tables.not_called(test.task.unstated))
    problem = test.problem()
    said += [problem.problem] if problem else []
    if test.baseline_file is not None and not test.running:
        said += repr(changes(test, test.baseline_file)).splitlines()
    return said


def said_problems(test: RunView) -> list[str]:
    """Return a line for each case that did not pass."""
    rows = [row for row in _rows(test) if row[-1]]
    return [" · ".join(part for part in row if part) for row in rows[:MOST_CASES]]


def in_full(test: RunView) -> list[str]:
    """Return, one for each case, the reasons that the table shortens."""
    long = [(each.name, each.first_problem) for each in test.outcomes]
    told = [f"{name} · {first}" for name, first in long if first and len(_line(first.reason)) > _LINE_CHARS]
    left = len(told) - MOST_IN_FULL
    told = told[:MOST_IN_FULL] + ([f"and {left} more like these"] if left > 0 else [])
    return [sanitize(redact(_line(text), words=False)) for text in told]


def _line(text: str) -> str:
    return " ".join(text.split())


def _rows(test: RunView) -> list[tuple[str, ...]]:
    return [_row(each, test.runs) for each in test.outcomes]


def _row(outcome: CaseOutcome, runs: int) -> tuple[str, ...]:
    first = outcome.first_problem
    where, what = ("", "") if first is None else (first.place, _line(first.reason))
    passes = f"{outcome.passes} of {runs}" if runs > 1 else ""
    named = f"{_SIGNS.get(outcome.outcome, '–')} {outcome.outcome}"
    what = what if len(what) <= _LINE_CHARS else f"{what[: _LINE_CHARS - 1]}…"
    row = (_line(outcome.name), named, passes, where, what)
    return tuple(sanitize(redact(cell, words=False)) for cell in row)


def _told(test: RunView) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return the columns that say anything, and the rows with these alone."""
    found = _rows(test)[:MOST_CASES]
    kept = [at for at in range(len(COLUMNS)) if at < 2 or any(row[at] for row in found)]
    return [COLUMNS[at] for at in kept], [tuple(row[at] for at in kept) for row in found]


def _more(test: RunView) -> list[str]:
    left = len(test.cases) - MOST_CASES
    return [f"and {left} cases more: test.outcomes"] if left > 0 else []


def as_text(test: RunView) -> str:
    """Return the test as plain text."""
    columns, found = _told(test)
    lines = aligned([tuple(columns), *found])
    said = [headline(test), *lines, *_more(test), standing(test), *notes(test)]
    return sanitize(redact("\n".join(said), words=False))


def as_html(test: RunView) -> str:
    """Return the test as HTML that every notebook shows, trusted or not."""
    columns, found = _told(test)
    table = markup.table(found, caption=redact(headline(test), words=False), columns=columns)
    said = [standing(test), *_more(test), *notes(test)]
    return Markup(table + "".join(markup.block(markup.facts(redact(line, words=False))) for line in said))
