"""`Trace`: everything a session did, as a sequence of steps, and as a table with a row for each edge and node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from byok_widgets.session.steps import STEP_COLUMNS, Step, Steps, step_rows, step_table
from byok_widgets.session.turn import Turn, Turns


class Trace(Sequence[Step]):
    """All judgements and visits of a session, oldest first.

    Attributes:
        turns: The turns they belong to.
    """

    def __init__(self, turns: Iterable[Turn]) -> None:
        self.turns = Turns(turns)
        self._steps = tuple((turn.number, step) for turn in self.turns for step in turn.steps)

    @overload
    def __getitem__(self, at: int) -> Step: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Step]: ...
    def __getitem__(self, at: int | slice) -> Step | Sequence[Step]:
        if isinstance(at, slice):
            return Steps(step for _, step in self._steps[at])
        return self._steps[at][1]

    def __len__(self) -> int:
        return len(self._steps)

    def __repr__(self) -> str:
        return (
            "\n".join(" | ".join(row) for row in (COLUMNS, *self.rows())) if self else "Nothing has happened yet."
        )

    def _repr_html_(self) -> str:
        return step_table(COLUMNS, self.rows(), caption="Trace") if self else repr(self)

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield a row of strings for each edge that was looked at and each node that ran; see `COLUMNS`."""
        for number, step in self._steps:
            for cells in step_rows(step):
                yield (str(number), *cells)


COLUMNS = ("turn", *STEP_COLUMNS)
