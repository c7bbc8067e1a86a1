"""What was compared before, from the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from byok_widgets import markup
from byok_widgets.compare.store import CellStore
from byok_widgets.secrets import redact

_COLUMNS = ("when", "what", "variants", "cases", "repeats", "metric")


@dataclass(frozen=True)
class PastComparison:
    """One comparison of which there are cells.

    Attributes:
        id: What identifies it.
        started_at: When it was last started, in seconds since 1970.
        title: What was compared.
        variants: Models by node, by the name of the variant.
        cases: Names of the cases.
        repeat: How often each case was run.
        metric: Name of the metric.
    """

    id: str
    started_at: float
    title: str
    variants: Mapping[str, Mapping[str, str]]
    cases: tuple[str, ...]
    repeat: int
    metric: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The comparison as a row of texts."""
        when = f"{datetime.fromtimestamp(self.started_at):%Y-%m-%d %H:%M}"
        texts = (
            when,
            self.title,
            ", ".join(self.variants),
            str(len(self.cases)),
            str(self.repeat),
            self.metric,
        )
        return tuple(redact(text, words=False) for text in texts)


class PastComparisons(tuple[PastComparison, ...]):
    """What was compared, the newest first."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join("  ".join(entry.cells) for entry in self) or "Nothing was compared yet."

    def _repr_html_(self) -> str:
        if not self:
            return markup.text(repr(self))
        return markup.table([entry.cells for entry in self], caption="Comparisons", columns=_COLUMNS)


def past_comparisons(store: CellStore) -> PastComparisons:
    """Return what was compared, from the store."""
    return PastComparisons(_read(name, at, title, spec) for name, at, title, spec in store.comparisons())


def _read(name: str, at: float, title: str, spec: Mapping[str, Any]) -> PastComparison:
    return PastComparison(
        name, at, title, spec["variants"], tuple(spec["cases"]), int(spec["repeat"]), str(spec["metric"])
    )
