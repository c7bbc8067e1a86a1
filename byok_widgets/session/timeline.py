"""`Timeline`: what each turn of a session took, as text and as a table with bars. Unknown stays unknown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from statistics import median
from typing import NamedTuple

from byok_widgets.display import markup
from byok_widgets.display.reading_order import in_line, in_order
from byok_widgets.graph.colours import GREY
from byok_widgets.graph.drawing import one_line
from byok_widgets.session.steps import Judgement, Step, Visit
from byok_widgets.session.timeline_bars import Part, bar
from byok_widgets.session.turn import Turn, Turns
from byok_widgets.usage import CostTotal, Usage, token_counts, token_words

COLUMNS = ("turn", "nodes", "first words after", "seconds", "tokens in", "tokens out", "cost", "note")
_NUMBERS = frozenset({2, 3, 4, 5, 6})
JUDGE = "judge"
"""How the call of a model that judges edges is named beside the nodes."""


class Span(NamedTuple):
    """A part of a turn.

    Attributes:
        node: Node that ran, or at which the edges were judged.
        is_judge: Whether a model judged edges.
        seconds: How long it took.
    """

    node: str
    is_judge: bool
    seconds: float

    @property
    def name(self) -> str:
        """What it is called."""
        return JUDGE if self.is_judge else in_line(one_line(self.node))


class FirstWords(NamedTuple):
    """How long a person waited for a node, from their last word to its first.

    Attributes:
        turns: How many turns it spoke in.
        median_s: The median, in seconds.
        p95_s: The 95th percentile, in seconds: with few turns the longest wait.
    """

    turns: int
    median_s: float
    p95_s: float


class Timeline:
    """What the turns of a session took, in the order in which they were tried.

    Attributes:
        turns: The turns, those that were not finished included.
        colours: Colour of each node, as in the graph.
    """

    def __init__(self, turns: Iterable[Turn], colours: Mapping[str, str]) -> None:
        # Attempts that failed have the number of the turn that was finished in the end.
        self.turns = Turns(sorted(turns, key=lambda turn: (turn.number, not turn.fault)))
        self.colours = dict(colours)

    @property
    def seconds(self) -> float:
        """Seconds of all turns."""
        return sum(turn.latency_s for turn in self.turns)

    @property
    def usage(self) -> Usage:
        """Tokens of all turns; what one call does not say is unknown."""
        return sum((turn.usage for turn in self.turns), Usage(0, 0, 0, 0))

    @property
    def first_words(self) -> dict[str, FirstWords]:
        """How long a person waited for each node that spoke, from their last word to its first."""
        waits: dict[str, list[float]] = {}
        for turn in self.turns:
            if turn.text is not None and turn.reply is not None and turn.time_to_first_token_s is not None:
                waits.setdefault(turn.reply.node, []).append(turn.time_to_first_token_s)
        return {node: _first_words(sorted(seconds)) for node, seconds in waits.items()}

    @property
    def _usages(self) -> list[Usage]:
        return [usage for turn in self.turns for usage in turn.usages]

    @property
    def cost(self) -> CostTotal:
        """What all turns cost; with a call that has no price it is a lower bound."""
        return sum((turn.cost for turn in self.turns), CostTotal())

    @property
    def summary(self) -> str:
        """The totals in one line."""
        count = len(self.turns)
        facts = [f"{count} turn{'' if count == 1 else 's'}", f"{self.seconds:.1f} s"]
        facts += [token_words(*self._usages), cost_of(self.cost)] if self.cost.calls else ["no model was called"]
        return " · ".join(facts)

    def __repr__(self) -> str:
        if not self.turns:
            return _NOTHING
        rows = [" | ".join(cells).rstrip(" |") for cells in (COLUMNS, *map(row, self.turns))]
        return "\n".join([*rows, self.summary, *self._waits()])

    def _repr_html_(self) -> str:
        if not self.turns:
            return markup.text(_NOTHING)
        longest_s = max(_length(turn) for turn in self.turns)
        rows = [self._row(turn, longest_s) for turn in self.turns]
        total = ["all", "", "", f"{self.seconds:.2f}", *_taken(self._usages, self.cost), ""]
        shown = len(COLUMNS) - (not any(cells[-1] for cells in rows))
        waits = "".join(markup.block(markup.facts(wait)) for wait in self._waits())
        table = markup.table(
            [cells[:shown] for cells in rows],
            caption=f"Timeline: {self.summary}",
            columns=COLUMNS[:shown],
            numbers=_NUMBERS,
            total=total[:shown],
        )
        return table + waits

    def _waits(self) -> list[str]:
        """Return the waits for each node, in words."""
        return [
            f"first words of {one_line(node)} after {wait.median_s:.2f} s (median), {wait.p95_s:.2f} s (p95), "
            f"{wait.turns} turn{'' if wait.turns == 1 else 's'}"
            for node, wait in self.first_words.items()
        ]

    def _row(self, turn: Turn, longest_s: float) -> list[str]:
        number, _, *figures = row(turn)
        return [number, bar([self._part(span) for span in spans(turn)], longest_s), *figures]

    def _part(self, span: Span) -> Part:
        colour = GREY if span.is_judge else self.colours.get(span.node, GREY)
        # Rounded as in the text: what nobody could see does not make two runs differ.
        return Part(span.name, round(span.seconds, _DIGITS), colour, span.is_judge)


_DIGITS = 2
_NOTHING = "Nothing has been said yet."


def _first_words(waits: list[float]) -> FirstWords:
    """Return the figures of some waits, the shortest first."""
    return FirstWords(len(waits), median(waits), waits[math.ceil(0.95 * len(waits)) - 1])


def spans(turn: Turn) -> list[Span]:
    """Return the parts of a turn that took time, and every node that ran."""
    return [Span(step.node, isinstance(step, Judgement), step.duration_s) for step in turn.steps if _counts(step)]


def _length(turn: Turn) -> float:
    """Return how long a turn took; parts reported to be longer than the whole are believed."""
    return round(max(turn.latency_s, sum(span.seconds for span in spans(turn))), _DIGITS)


def row(turn: Turn) -> tuple[str, ...]:
    """Return what a turn took as texts; see `COLUMNS`."""
    parts = in_order(f"{span.name} {span.seconds:.2f}\u00a0s" for span in spans(turn))
    first = "–" if turn.time_to_first_token_s is None else f"{turn.time_to_first_token_s:.2f} s"
    return (str(turn.number), parts, first, f"{turn.latency_s:.2f}", *_taken(turn.usages, turn.cost), _note(turn))


def _note(turn: Turn) -> str:
    """Say why a turn was not finished, or why its reply is not complete; empty if all is well."""
    if turn.fault:
        return f"not finished: {one_line(turn.fault)}"
    return one_line(turn.reply.why_incomplete) if turn.reply else ""


def cost_of(cost: CostTotal) -> str:
    """Return what calls cost, as text; without any call there is nothing to say."""
    return str(cost) if cost.calls else "–"


def _taken(usages: Iterable[Usage], cost: CostTotal) -> tuple[str, str, str]:
    if not cost.calls:
        return ("–", "–", "–")
    return (*token_counts(usages), cost_of(cost))


def _counts(step: Step) -> bool:
    return isinstance(step, Visit) or step.reply is not None
