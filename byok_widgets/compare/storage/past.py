"""What was compared before, from the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from byok_widgets.compare.cells.result_cell import Key
from byok_widgets.compare.storage.browsing import PAGE, CellPage, page_of
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.display import markup
from byok_widgets.engine import DaemonExecutor
from byok_widgets.secrets import redact

_PAGES = DaemonExecutor("byok-cell-pages", 1)
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
        ids: Ids of the variants.
        store: Where its cells are.
    """

    id: str
    started_at: float
    title: str
    variants: Mapping[str, Mapping[str, str]]
    cases: tuple[str, ...]
    repeat: int
    metric: str
    ids: tuple[str, ...] = field(default=(), repr=False)
    store: CellStore | None = field(default=None, repr=False, compare=False)

    def page(
        self,
        after: Key | None = None,
        *,
        size: int = PAGE,
        variant: str | None = None,
        status: str | None = None,
        metric: str | None = None,
        below: float | None = None,
    ) -> CellPage:
        """Return a page of its cells, also of very many: only what is on the page is read.

        Args:
            after: What `next` of the page before says; by default the first page.
            size: Most cells on it.
            variant: Name of one variant.
            status: How cells ended: `done`, `invalid`, `refused` or `failed`.
            metric: Name of a metric, such as `checks`, whose score is below `below`.
            below: A score from 0 to 1.

        Raises:
            ConfigError: There is no such variant, status or score, or the store cannot be read.
        """
        if self.store is None:
            return CellPage((), {}, None)
        variants = dict(zip(self.variants, self.ids, strict=True))
        return page_of(
            self.store,
            variants,
            after=after,
            size=size,
            variant=variant,
            status=status,
            metric=metric,
            below=below,
        )

    async def apage(self, after: Key | None = None, **filters: Any) -> CellPage:
        """Do the same as `page`, in a thread: the event loop keeps running.

        Args:
            after: What `next` of the page before says; by default the first page.
            **filters: As of `page`: `size`, `variant`, `status`, `metric`, `below`.

        Raises:
            ConfigError: There is no such variant, status or score, or the store cannot be read.
        """
        return await _PAGES.run(self.page, after, **filters)

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
    return PastComparisons(_read(store, name, at, title, spec) for name, at, title, spec in store.comparisons())


def _read(store: CellStore, name: str, at: float, title: str, spec: Mapping[str, Any]) -> PastComparison:
    try:
        return PastComparison(
            name,
            at,
            title,
            {str(variant): dict(models) for variant, models in spec["variants"].items()},
            tuple(map(str, spec["cases"])),
            int(spec["repeat"]),
            str(spec["metric"]),
            tuple(map(str, spec["ids"])),
            store,
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        pass
    raise store.damaged()
