"""What has changed since a baseline: in the flow, in the outcome of each case, and in the cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from byok_widgets.display import markup
from byok_widgets.display.reading_order import in_order
from byok_widgets.display.value_words import in_words, quoted
from byok_widgets.secrets import redact
from byok_widgets.testing.baseline import Baseline, money, way_of
from byok_widgets.testing.outcomes import WRONG, CaseOutcome
from byok_widgets.testing.view import RunView


@dataclass(frozen=True, repr=False)
class CaseChange:
    """What has changed in a case.

    Attributes:
        case: Its name.
        kind: `worse`, `better`, `other way` (it comes out as before, by another way or with other values), `new`,
            `gone`, or `other case` (something else is said in it, so that nothing can be told).
        before: Its outcome before; empty for a new one.
        now: Its outcome now; empty for one that is gone.
        details: What is different, in words.
    """

    case: str
    kind: str
    before: str = ""
    now: str = ""
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        moved = f"{self.before} before, {self.now} now" if self.before and self.now else ""
        words = "; ".join(filter(None, [moved, *self.details]))
        return redact(": ".join(filter(None, [f"{self.kind}: {self.case}", words])), words=False)

    def __repr__(self) -> str:
        return f"CaseChange({' '.join(str(self).split())})"


@dataclass(frozen=True, repr=False)
class Changes:
    """What has changed since a baseline.

    Attributes:
        since: When the baseline was saved, in ISO 8601.
        flow: Which parts of the flow were changed.
        cases: The cases with a different outcome; the others are left out.
        cost: What all runs cost before and now, in words; empty if that is the same.
    """

    since: str
    flow: tuple[str, ...] = ()
    cases: tuple[CaseChange, ...] = ()
    cost: str = ""

    @property
    def regressions(self) -> tuple[CaseChange, ...]:
        """The cases that come out worse than before."""
        return tuple(change for change in self.cases if change.kind == "worse")

    @property
    def lines(self) -> list[str]:
        """All changes, one in a line."""
        return [*self._of_the_flow, *self._of_cases, *self._of_the_cost]

    @property
    def _moment(self) -> str:
        return in_words(datetime.fromisoformat(self.since).astimezone())

    @property
    def _of_the_flow(self) -> list[str]:
        return [redact(f"The flow was changed: {', '.join(self.flow)}.", words=False)] if self.flow else []

    @property
    def _of_cases(self) -> list[str]:
        return [str(each) for each in self.cases]

    @property
    def _of_the_cost(self) -> list[str]:
        return [self.cost] if self.cost else []

    def __repr__(self) -> str:
        return "\n".join([f"Since {self._moment}:", *(self.lines or ["nothing has changed."])])

    def _repr_html_(self) -> str:
        rows = [(each.kind, each.case, each.before, each.now, "; ".join(each.details)) for each in self.cases]
        shown = [[redact(cell, words=False) for cell in row] for row in rows]
        columns = ("change", "case", "before", "now", "details")
        table = markup.table(shown, caption=f"Changes since {self._moment}", columns=columns) if rows else ""
        said = [*self._of_the_flow, *self._of_the_cost]
        if not rows and not said:
            said = [f"Nothing has changed since {self._moment}."]
        return f"{table}{''.join(markup.block(markup.facts(line)) for line in said)}"


def changes(test: RunView, before: Baseline) -> Changes:
    """Return what has changed since a baseline."""
    now = {each.name: each for each in test.outcomes}
    compared = (_change(before.cases.get(name), outcome) for name, outcome in now.items())
    gone = (CaseChange(name, "gone") for name in before.cases if name not in now)
    cost = _cost_change(before.usd, money(test.cost))
    found = tuple(change for change in [*compared, *gone] if change is not None)
    return Changes(before.saved_at, tuple(_flow_changes(test, before)), found, cost)


def _flow_changes(test: RunView, before: Baseline) -> Iterator[str]:
    (variant,), parts = test.variants, test.parts
    for name in dict.fromkeys([*parts, *before.parts]):
        if name not in before.parts:
            yield f"{name} is new"
        elif name not in parts:
            yield f"{name} is gone"
        elif parts[name] != before.parts[name]:
            yield name
    for node, model in variant.models.items():
        earlier = before.models.get(node)
        if earlier is not None and earlier != model:
            yield f"the model of {node}, {earlier} before, {model} now"


def _change(before: Mapping[str, Any] | None, now: CaseOutcome) -> CaseChange | None:
    told = _told(str(now.outcome), now.passes, now.decided)
    if before is None:
        return CaseChange(now.name, "new", now=told)
    earlier = _told(before["outcome"], before["passes"], before["runs"])
    if before["input"] != now.case.input_id:
        return CaseChange(now.name, "other case", earlier, told)
    details = tuple(_details(before, way_of(now)))
    shares = _share(before["passes"], before["runs"]), _share(now.passes, now.decided)
    if shares[0] != shares[1]:
        kind = "worse" if shares[1] < shares[0] else "better"
        return CaseChange(now.name, kind, earlier, told, details or _what_went_wrong(now))
    return CaseChange(now.name, "other way", earlier, told, details) if details else None


def _what_went_wrong(now: CaseOutcome) -> tuple[str, ...]:
    """Return what a case fails at that takes the same way as before, with the same values."""
    return (str(now.first_problem),) if now.outcome in WRONG else ()


def _share(passes: int, runs: int) -> float:
    """Return how many of the runs passed; less than none where it could not be run."""
    return passes / runs if runs else -1.0


def _cost_change(before: str | None, now: str | None) -> str:
    if before is None or now is None or Decimal(before) == Decimal(now):
        return ""
    return f"Cost: ${Decimal(before):f} before, ${Decimal(now):f} now."


def _told(outcome: str, passes: int, runs: int) -> str:
    return f"{outcome} ({passes} of {runs})" if runs > 1 else outcome


def _details(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Say how the first run differs: in the first turn that goes another way, and in the values in the end.

    Of a run that broke off, what it would have come to is not known.
    """
    for earlier, later in zip(before["turns"], now["turns"], strict=False):
        if earlier["path"] != later["path"] or earlier["node"] != later["node"]:
            ways = [in_order(turn["path"]) or turn["node"] for turn in (earlier, later)]
            yield f"turn {later['number']} went by {ways[0]}, and goes by {ways[1]}"
            break
    else:
        if before["ended"] and now["ended"] and len(before["turns"]) != len(now["turns"]):
            yield f"{len(before['turns'])} turns before, {len(now['turns'])} now"
    if before["ended"] and now["ended"]:
        yield from _other_values(before["values"], now["values"])


def _other_values(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in {**before, **now}:
        values = before.get(name), now.get(name)
        if values[0] != values[1]:
            yield f"{name} was {quoted(values[0])}, and is {quoted(values[1])}"
