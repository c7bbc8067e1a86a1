"""`Expectation`: what is expected of a whole conversation, or of one of its turns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from byok_widgets.cases.assertions import Assertion
from byok_widgets.display.cards import Card
from byok_widgets.display.reading_order import in_order
from byok_widgets.display.value_words import labelled

LIMITS = ("max_calls", "max_cost", "max_seconds")


@dataclass(frozen=True, repr=False)
class Expectation(Card):
    """What is expected.

    Attributes:
        values: Value of each field or variable; `None` for what must not be stated.
        status: Status of each variable, such as `found`, `ungrounded` or `not_stated`.
        path: Nodes that must be visited, in this order; others may lie between them.
        node: Node where the flow must be then.
        assertions: What else must hold, such as of the reply.
        max_calls: Maximum number of model calls; `None` for any number.
        max_cost: Maximum cost of these calls, in US dollars.
        max_seconds: Time limit in seconds, not counting waits for a quota.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    status: Mapping[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    node: str = ""
    assertions: tuple[Assertion, ...] = ()
    max_calls: int | None = None
    max_cost: float | None = None
    max_seconds: float | None = None

    def __bool__(self) -> bool:
        limits = (self.max_calls, self.max_cost, self.max_seconds)
        expected = bool(self.values or self.status or self.path or self.node or self.assertions)
        return expected or any(limit is not None for limit in limits)

    def facts(self) -> Iterable[tuple[str, str]]:
        """Yield each kind of thing that is expected."""
        if not self:
            yield "expected", "nothing"
        yield "values", ", ".join(labelled(name, value) for name, value in self.values.items())
        yield "status", ", ".join(self.status_words)
        yield "path", in_order(self.path)
        yield "node", self.node
        yield "assertions", ", ".join(assertion.name for assertion in self.assertions)
        yield "limits", ", ".join(self.limit_words)

    @property
    def status_words(self) -> list[str]:
        """The statuses, each with the name of its variable."""
        return [f"{name} {status.replace('_', ' ')}" for name, status in self.status.items()]

    @property
    def limit_words(self) -> list[str]:
        """The limits, each with its name."""
        limits = ((name, getattr(self, name)) for name in LIMITS)
        return [f"{name}: {limit:g}" for name, limit in limits if limit is not None]

    @property
    def data(self) -> list[Any]:
        """What identifies it; a changed function is another expectation."""
        asserted = [[each.name, each.equals, each.version] for each in self.assertions]
        limits = [self.max_calls, self.max_cost, self.max_seconds]
        return [dict(self.values), dict(self.status), self.path, self.node, asserted, limits]

    @property
    def texts(self) -> list[Any]:
        """All that was written in it, where no key may stand."""
        asserted = [[each.what, each.equals] for each in self.assertions]
        return [dict(self.values), dict(self.status), self.path, self.node, asserted]
