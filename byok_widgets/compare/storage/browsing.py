"""Pages of the cells in a store, read by key: of a million cells, too, only those of a page are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from byok_widgets.compare.cells.result_cell import CellStatus, Key, ResultCell
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.display import markup
from byok_widgets.errors import ConfigError
from byok_widgets.secrets import redact
from byok_widgets.secrets.quoting import as_given

PAGE = 100
MOST = 1000
"""Most cells of a page."""
_COLUMNS = ("variant", "repeat", "status", "model", "answer")


class CellPage(Sequence[ResultCell]):
    """Cells of a store, in the order of variants, cases and repeats.

    Attributes:
        next: What `after` takes to get the next page; `None` on the last one.
    """

    def __init__(self, cells: Sequence[ResultCell], names: Mapping[str, str], following: Key | None) -> None:
        self._cells, self._names, self.next = tuple(cells), names, following

    def __len__(self) -> int:
        return len(self._cells)

    def __iter__(self) -> Iterator[ResultCell]:
        return iter(self._cells)

    def __getitem__(self, which: Any) -> Any:
        return self._cells[which]

    def _rows(self) -> list[tuple[str, ...]]:
        rows = [
            (
                self._names.get(cell.variant, cell.variant),
                str(cell.repeat),
                cell.status,
                cell.model,
                cell.message or str(cell.output.get("text") or ""),
            )
            for cell in self
        ]
        return [tuple(redact(text, words=False) for text in row) for row in rows]

    def __repr__(self) -> str:
        more = [] if self.next is None else ["More: page(after=page.next)"]
        return "\n".join(["  ".join(_COLUMNS), *("  ".join(row) for row in self._rows()), *more])

    def _repr_html_(self) -> str:
        more = "" if self.next is None else "More: page(after=page.next)"
        table = markup.table(self._rows(), caption=f"{len(self)} cells", columns=_COLUMNS)
        return f"{table}{markup.facts(more)}"


def page_of(
    store: CellStore,
    variants: Mapping[str, str],
    *,
    after: Key | None = None,
    size: int = PAGE,
    variant: str | None = None,
    status: str | None = None,
    metric: str | None = None,
    below: float | None = None,
) -> CellPage:
    """Return a page of the cells of variants.

    Args:
        store: The store.
        variants: Ids of the variants, by name.
        after: Where the page before ended; `None` for the first one.
        size: Most cells on it.
        variant: Name of one variant; by default all of them.
        status: How cells ended.
        metric: A metric whose score is below `below`.
        below: A score from 0 to 1.

    Raises:
        ConfigError: There is no such variant, status or score, or the store cannot be read.
    """
    if variant is not None and variant not in variants:
        raise _wrong(f"There is no variant {as_given(variant)}.", f"There are: {', '.join(variants)}.")
    if status is not None and status not in get_args(CellStatus):
        raise _wrong(f"No cell ends as {as_given(status)}.", f"There are: {', '.join(get_args(CellStatus))}.")
    if (metric is None) != (below is None):
        raise _wrong("A score is looked for by its metric and a number.", 'Write metric="checks", below=0.5.')
    if not 1 <= size <= MOST:
        raise _wrong(f"A page has 1 to {MOST} cells, not {as_given(size)}.", f"Write size={PAGE}.")
    wanted = sorted(variants.values()) if variant is None else [variants[variant]]
    score = None if metric is None or below is None else (metric, below)
    found = store.page(wanted, after, size + 1, status=status, score=score)
    names = {own: name for name, own in variants.items()}
    return CellPage(found[:size], names, found[size - 1].key if len(found) > size else None)


def _wrong(problem: str, fix: str) -> ConfigError:
    return ConfigError(problem, kind="page", fix=fix)
