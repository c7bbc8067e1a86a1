"""What every kind of comparison does for one cell: run it, and say what it may cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any, Protocol

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.cells.variant import Sampling, Variant
from byok_widgets.compare.spending.prices import ExpectedCalls, Prices
from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.reply import Reply
from byok_widgets.sent_request import SentRequest
from byok_widgets.usage import Usage


class Task(Protocol):
    """A kind of comparison: models on a node, or assignments on a flow.

    Attributes:
        title: What is compared.
        variants: The columns.
        sampling: How repeats are sampled.
        prices: The prices of its calls.
        node_name: The node that is compared; empty for a whole flow.
        same_input: Whether all variants are given the same in a case; in a flow the dialogues differ.
        unstated: Actions that are not called and have no stub, so that what they write is not stated.
        unjudged: What the cases expect and a node alone is not judged by: other nodes do it, or the flow.
        writes: The variables that nodes in a conversation write, by the node's name; empty for a node alone.
        reserves_by_call: Whether its cells have any number of calls, each of which is reserved by itself.
    """

    title: str
    variants: tuple[Variant, ...]
    sampling: Sampling
    prices: Prices
    node_name: str
    same_input: bool
    reserves_by_call: bool
    unstated: tuple[str, ...]
    unjudged: tuple[str, ...]
    writes: Mapping[str, tuple[str, ...]]

    async def ready(self, case: Case) -> str:
        """Get what stands before the cells of a case, and return the case's id.

        Raises:
            ByokError: It cannot be had.
        """

    def own_id(self, case: Case) -> str | None:
        """Return the id of a case if nothing stands before its cells."""

    def known_id(self, case: Case) -> str | None:
        """Return the id of a case if it is known without a call."""

    @property
    def context(self) -> FlowContext:
        """What the nodes of its flow share."""

    @property
    def parts(self) -> Mapping[str, str]:
        """A hash of each part of what is run, by its name in words."""

    def given(self, case: Case) -> Any:
        """Return what stands before the cells of a case that is ready, for another process; `None` if nothing."""

    def take(self, case: Case, given: Any) -> None:
        """Take over what `given` returned in another process: the case is ready then."""

    async def run(self, variant: Variant, case: Case, repeat: int, on_progress: OnProgress) -> ResultCell:
        """Run a cell; what fails is in the cell."""

    def worst(self, variant: Variant, case: Case) -> Decimal:
        """Return the most that a cell may cost.

        Raises:
            ConfigError: That has no bound, or no price.
        """

    def bounds(self, case: Case) -> Mapping[str, Decimal] | None:
        """Return the most that a cell may cost, by the variant's id; `None` where nobody knows beforehand.

        A variant without a price is left out: only the number of calls limits it.
        """

    def beside(self, cases: Iterable[Case]) -> list[str]:
        """Return the models that are called besides those of the variants."""

    def require_bound(self, cases: Iterable[Case]) -> None:
        """Make sure that calls that have a price have a worst case.

        Raises:
            ConfigError: Nothing limits how much a model writes.
        """

    def expected(self, variant: Variant, case: Case, tokens: tuple[float, float] | None) -> Decimal | None:
        """Return what a cell will probably cost, from the mean tokens of earlier cells; `None` without a price."""

    def expected_calls(self, case: Case) -> int:
        """Return how many calls of the variant's models a cell will probably make."""

    def expected_before(self, case: Case) -> ExpectedCalls | None:
        """Return what will probably be called, once, before a case has an id; `None` if nothing.

        It is asked of cases whose id is not known.
        """

    def expected_beside(self, case: Case) -> ExpectedCalls | None:
        """Return what each cell of a case will probably call besides the variant's models; `None` if nothing."""

    def parallel(self, variant: Variant) -> int:
        """Return how many cells of a variant may be sent at once."""


def request_of(sent: SentRequest) -> dict[str, Any]:
    """Return what was asked, without the model, for the store."""
    settings: Mapping[str, Any] = sent.settings
    system, messages = sent.words
    return {
        "system": system,
        "messages": [[message.role, message.content] for message in messages],
        "schema": sent.schema,
        "mode": sent.mode,
        "settings": dict(settings),
    }


def service(replies: Sequence[Reply]) -> dict[str, Any]:
    """Return tokens and times of a cell's calls, its own waiting apart; what they cost is metered."""
    usage = reduce(add, [reply.usage for reply in replies]) if replies else Usage()
    first = replies[0].time_to_first_token_s if replies else None
    waited = sum(reply.waited_s for reply in replies)
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "first_token_s": None if first is None else max(0.0, first - replies[0].waited_s),
        "total_s": sum(reply.latency_s for reply in replies) - waited if replies else None,
        "wait_s": waited,
        "retries": sum(max(0, reply.attempts - 1) for reply in replies),
    }
