"""What is expected of a case, beside what an output has there, for a person who looks at it."""

from __future__ import annotations

from byok_widgets.cases.case import Case
from byok_widgets.cases.checks import Check, checks
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.spending.call_gate import NoCalls
from byok_widgets.nodes.calls.admission import admitted_by


def told_checks(case: Case, cell: ResultCell | None) -> list[Check]:
    """Return the checks of a finished cell; this calls no model. A failed function is shown in its place."""
    if cell is None or cell.status != "done":
        return []
    with admitted_by(NoCalls()):
        return list(checks(case, cell.output, tells_faults=True))
