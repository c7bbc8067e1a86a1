"""`ResultCell`: what one variant made of one case in one repeat, and what that took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from byok_widgets.display.cards import Card
from byok_widgets.display.value_words import labelled
from byok_widgets.secrets import redact
from byok_widgets.usage import Cost, Usage, token_words

CellStatus = Literal["done", "invalid", "refused", "failed"]
"""How a cell ended.

`done`: there is an output. `invalid`: the model's answer cannot be used, or the conversation ran into a fault of
the flow's own; it scores 0. `refused`: the model declined, and scores 0. `failed`: the provider or the network
failed, or no call could be made: its score is missing.
"""

Key = tuple[str, str, int]
"""Variant id, case id, repeat."""


@dataclass(frozen=True, repr=False)
class ResultCell(Card):
    """A finished cell.

    Attributes:
        variant: Id of the variant: the same node, settings and model have the same.
        case: Id of what was given to it.
        repeat: Number of the repeat, from 1.
        status: How it ended.
        error: Kind of the error; empty without one.
        message: The error in words.
        model: Model ref that was asked; of a flow, all of them.
        input_tokens: Tokens read; `None` if unknown.
        output_tokens: Tokens written; `None` if unknown.
        usd: What it cost; `None` if that is not known.
        least_usd: The part of a cost that is not known that is known: it cost this, or more.
        first_token_s: Seconds from sending the request that was answered to its first token.
        total_s: Seconds from sending the request that was answered to its end: the provider's own time.
        wait_s: Seconds that the call waited here before that, attempts that failed included.
        retries: Requests beyond the first.
        started_at: When it started, in seconds since 1970.
        output: The result: `text`, `values`, `path` and more.
        request: What was asked, without the model.
    """

    variant: str
    case: str
    repeat: int
    status: CellStatus
    error: str = ""
    message: str = ""
    model: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    usd: Decimal | None = None
    least_usd: Decimal = Decimal(0)
    first_token_s: float | None = None
    total_s: float | None = None
    wait_s: float = 0.0
    retries: int = 0
    started_at: float = 0.0
    output: Mapping[str, Any] = field(default_factory=dict)
    request: Mapping[str, Any] = field(default_factory=dict)

    def but(self, **other: Any) -> ResultCell:
        """Return it with other values; each cell changes more than once, and `replace` takes ten times as long."""
        changed = object.__new__(ResultCell)
        vars(changed).update(vars(self), **other)
        return changed

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield the model, how it ended, its answer, and what that took."""
        yield "model", redact(self.model, words=False)
        yield "status", self.status
        yield "error", redact(f"{self.error}: {self.message}".strip(": "), words=False)
        yield "answer", redact(self.told, words=False)
        yield "tokens", token_words(Usage(self.input_tokens, self.output_tokens))
        yield "cost", str(self.cost)
        yield "seconds", "" if self.total_s is None else f"{self.total_s:.1f}"

    @property
    def told(self) -> str:
        """Its answer in one line: the text, or the values that were read."""
        values = self.output.get("values")
        return (
            ", ".join(labelled(name, value) for name, value in values.items())
            if values
            else str(self.output.get("text") or "")
        )

    @property
    def key(self) -> Key:
        """What identifies it."""
        return (self.variant, self.case, self.repeat)

    @property
    def cost(self) -> Cost:
        """What it cost."""
        return Cost(self.usd, least_usd=self.least_usd)

    @property
    def is_paid(self) -> bool:
        """Whether it was answered, or may be charged all the same; a call that was refused is not."""
        return self.counts or self.usd != 0

    @property
    def counts(self) -> bool:
        """Whether it has a score; one that failed is missing."""
        return self.status != "failed"
