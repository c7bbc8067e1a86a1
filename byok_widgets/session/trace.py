"""`Trace`: all that a session did, as a sequence of steps, and as a table with a row for each edge and node."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from byok_widgets.graph.conditions import kind_of_condition
from byok_widgets.graph.drawing import one_line
from byok_widgets.messages import Reply
from byok_widgets.session.turn import VERDICT_WORDS, Judgement, Step, Turn, Visit, tokens


class Trace(Sequence[Step]):
    """All judgements and visits of a session, oldest first.

    Attributes:
        turns: The turns they belong to.
    """

    def __init__(self, turns: Iterable[Turn]) -> None:
        self.turns = tuple(turns)
        self._steps = tuple((turn.number, step) for turn in self.turns for step in turn.steps)

    @overload
    def __getitem__(self, at: int) -> Step: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Step]: ...
    def __getitem__(self, at: int | slice) -> Step | Sequence[Step]:
        if isinstance(at, slice):
            return [step for _, step in self._steps[at]]
        return self._steps[at][1]

    def __len__(self) -> int:
        return len(self._steps)

    def __repr__(self) -> str:
        return (
            "\n".join(" | ".join(row) for row in (COLUMNS, *self.rows())) if self else "Nothing has happened yet."
        )

    def _repr_html_(self) -> str:
        head = "".join(f"<th scope='col' style='text-align:left'>{name}</th>" for name in COLUMNS)
        body = "".join(
            "<tr>" + "".join(f"<td style='text-align:left'>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self.rows()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield a row of texts for each edge that was looked at and each node that ran; see `COLUMNS`."""
        for number, step in self._steps:
            for cells in _visit(step) if isinstance(step, Visit) else _looks(step):
                yield tuple(map(one_line, (str(number), step.node, *cells)))


COLUMNS = ("turn", "node", "what", "verdict", "reason or text", "model", "tokens", "cost", "seconds")


def usage(reply: Reply | None) -> tuple[str, str, str, str]:
    """Return model, tokens, cost and seconds of a call as texts; empty where there was none."""
    if reply is None or reply.model is None:
        return ("", "", "", "")
    return (reply.model, tokens(reply.usage), str(reply.cost), f"{reply.latency_s:.1f}")


def _visit(visit: Visit) -> Iterator[tuple[str, ...]]:
    yield (visit.result.verb, "", visit.result.line, *usage(visit.reply))


def _looks(judgement: Judgement) -> Iterator[tuple[str, ...]]:
    """Yield a row for each edge; the call stands beside the first of those that it judged."""
    asked = next((verdict for verdict in judgement.verdicts if kind_of_condition(verdict.kind).is_judged), None)
    without = "always" if judgement.always else "else"
    for verdict in judgement.verdicts:
        way = f"→ {verdict.target}: {verdict.condition or without}"
        reason = "" if judgement.always else verdict.reason
        yield (way, VERDICT_WORDS[verdict.verdict], reason, *usage(judgement.reply if verdict is asked else None))
