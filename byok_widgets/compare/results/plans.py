"""`Plans`: how many cases a comparison takes, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byok_widgets.display import markup
from byok_widgets.display.text_tables import aligned
from byok_widgets.secrets import redact

if TYPE_CHECKING:
    from byok_widgets.compare.statistics import Plan


class Plans(dict[str, "Plan"]):
    """How many cases it takes to show a difference of each variant from the baseline, by the variant's name."""

    def _table(self) -> list[tuple[str, ...]]:
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
            f"How many cases show a difference of {100 * plan.margin:g} points, or no loss as large between equal "
            f"models: with a {100 * plan.level:g}% interval, in {100 * plan.power:g} of 100 comparisons"
        )

    @property
    def _reasons(self) -> list[str]:
        return list(dict.fromkeys(plan.reason for plan in self.values() if plan.reason))

    def __repr__(self) -> str:
        lines = [self._title, *aligned([_PLAN, *self._table()]), *self._reasons]
        return redact("\n".join(lines), words=False)

    def _repr_html_(self) -> str:
        said = "".join(markup.block(markup.facts(reason)) for reason in self._reasons)
        rows = [[redact(cell, words=False) for cell in row] for row in self._table()]
        shown = markup.table(rows, caption=self._title, columns=_PLAN, numbers={1, 2, 3, 4, 5})
        return f"{shown}{said}"


_PLAN = ("variant", "repeats", "cases needed", "cells", "cost", "shown by the cases so far")
