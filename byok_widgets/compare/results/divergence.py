"""Where two variants of a flow diverge: the first turn in which they take different paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.results.results import Results
from byok_widgets.display import markup
from byok_widgets.display.reading_order import in_order
from byok_widgets.secrets import redact

_COLUMNS = ("case", "variant", "repeat", "diverges in turn", "its path", "the baseline's path")


@dataclass(frozen=True)
class Divergence:
    """A case in which a variant leaves the baseline's path.

    Attributes:
        case: Name of the case.
        variant: Name of the variant.
        repeat: Number of the repeat.
        turn: Number of the first turn in which the two diverge, from 1; 0 for what the flow says first.
        path: The nodes that the variant visited in this turn; empty if it had ended before.
        baseline_path: The nodes that the baseline visited.
    """

    case: str
    variant: str
    repeat: int
    turn: int
    path: tuple[str, ...]
    baseline_path: tuple[str, ...]


class Divergences(tuple[Divergence, ...]):
    """Where variants diverge from the baseline, in the order of the cases, without cases in which none does."""

    __slots__ = ()

    def _table(self) -> list[tuple[str, ...]]:
        return [
            (one.case, one.variant, str(one.repeat), str(one.turn), _arrows(one.path), _arrows(one.baseline_path))
            for one in self
        ]

    def __repr__(self) -> str:
        lines = ["  ".join(row) for row in [_COLUMNS, *self._table()]]
        return redact("\n".join(lines), words=False) if self else "All variants take the same paths."

    def _repr_html_(self) -> str:
        if not self:
            return markup.text(repr(self))
        rows = [[redact(cell, words=False) for cell in row] for row in self._table()]
        return markup.table(rows, caption="Where variants diverge from the baseline", columns=_COLUMNS)


def divergences(results: Results, baseline: Variant) -> Divergences:
    """Return the first turn in which each variant leaves the baseline's path, by case and repeat."""
    found = []
    for case in results.cases:
        for variant in results.variants:
            for repeat in range(1, results.repeat + 1):
                ours, theirs = results.cell(variant, case, repeat), results.cell(baseline, case, repeat)
                if variant.id == baseline.id or ours is None or theirs is None:
                    continue
                found_at = first_divergence(_turns(ours), _turns(theirs))
                if found_at is not None:
                    found.append(Divergence(case.name, variant.name, repeat, *found_at))
    return Divergences(found)


def first_divergence(
    ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]
) -> tuple[int, tuple[str, ...], tuple[str, ...]] | None:
    """Return the number of the first turn with different nodes, and the nodes of both; `None` without one."""
    first = 0 if ours and ours[0].get("said") is None else 1
    nothing: Mapping[str, Any] = {}
    for number, (mine, other) in enumerate(zip_longest(ours, theirs, fillvalue=nothing), first):
        paths = tuple(mine.get("path") or ()), tuple(other.get("path") or ())
        if paths[0] != paths[1] or mine.get("node") != other.get("node"):
            return number, *paths
    return None


def _turns(cell: ResultCell) -> list[Mapping[str, Any]]:
    return list(cell.output.get("turns") or ())


def _arrows(path: tuple[str, ...]) -> str:
    return in_order(path) or "ended before"
