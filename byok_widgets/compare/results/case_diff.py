"""`Diff`: what each variant made of one case, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from byok_widgets.cases.case import Case
from byok_widgets.cases.checks import Check
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.results.word_diff import own_words
from byok_widgets.display import markup
from byok_widgets.display.value_words import quoted
from byok_widgets.secrets import redact


@dataclass(frozen=True)
class Diff:
    """What each variant made of one case.

    Attributes:
        case: The case.
        cells: What each variant gave, by its name; `None` where it has not ended.
        checks: Each expectation with what was found, by the name of the variant.
        which: Which repeat it is; empty where there is one.
    """

    case: Case
    cells: Mapping[str, ResultCell | None]
    checks: Mapping[str, Sequence[Check]]
    which: str = ""

    @property
    def _title(self) -> str:
        which = f" ({self.which})" if self.which else ""
        said = "" if self.case.said == self.case.name else f": {self.case.said}"
        return f"Case {self.case.name}{which}{said}"

    def _rows(self) -> Iterator[tuple[str, ...]]:
        names = list(self.cells)
        for name in dict.fromkeys(check.name for found in self.checks.values() for check in found):
            by_variant = {
                variant: next((check for check in found if check.name == name), None)
                for variant, found in self.checks.items()
            }
            expected = next(check.expected for check in by_variant.values() if check)
            yield (name, quoted(expected), *(_found(by_variant.get(variant)) for variant in names))
        yield ("answer", "", *(_answer(cell) for cell in self.cells.values()))

    def __repr__(self) -> str:
        lines = [self._title]
        for name, expected, *found in self._rows():
            lines.append(f"  {name}" + (f" (expected {expected})" if expected else ""))
            lines += [f"    {variant}: {value}" for variant, value in zip(self.cells, found, strict=True)]
        return redact("\n".join(lines), words=False)

    def _repr_html_(self) -> str:
        columns = ("", "expected", *(redact(name, words=False) for name in self.cells))
        *checks, answers = [[redact(cell, words=False) for cell in row] for row in self._rows()]
        return markup.table(
            [*checks, [*answers[:2], *self._marked(answers[2:])]],
            caption=redact(self._title, words=False),
            columns=columns,
        )

    def _marked(self, answers: Sequence[str]) -> list[str]:
        """Mark in each answer the words that the first one lacks."""
        is_done = [cell is not None and cell.status == "done" for cell in self.cells.values()]
        return [
            markup.marked(answer, own_words(answer, answers[0])) if is_done[0] and done else answer
            for answer, done in zip(answers, is_done, strict=True)
        ]


def _found(check: Check | None) -> str:
    if check is None:
        return "–"
    return f"{'✓' if check.holds else '✗'} {quoted(check.found)}"


def _answer(cell: ResultCell | None) -> str:
    if cell is None:
        return "not run"
    text = str(cell.output.get("text") or "")
    return f"{cell.status}: {cell.message}" if cell.status != "done" else text
