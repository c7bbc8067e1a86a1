"""Assignments on a whole flow: the caller's turns are played through the flow, with a model for each node."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells import failures
from byok_widgets.compare.cells.frozen import FrozenFlow
from byok_widgets.compare.cells.identity import flow_parts, judge_refs
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.cells.variant import Sampling, Variant
from byok_widgets.compare.spending.prices import (
    CALLS_PER_TURN,
    TYPICAL_WRITTEN,
    ExpectedCalls,
    Prices,
    typical_tokens,
)
from byok_widgets.compare.tasks.conversation import Conversation
from byok_widgets.compare.tasks.node_task import MANY
from byok_widgets.compare.tasks.plays import play_of
from byok_widgets.compare.tasks.stubs import stubbed
from byok_widgets.compare.tasks.task import service
from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.model_node import ModelNode, model_nodes
from byok_widgets.session import Session
from byok_widgets.session.assignment import Assignment


class FlowTask:
    """Assignments on a flow.

    Attributes:
        unstated: Actions that are not called and have no stub, so that what they write is not stated.
        writes: The variables that each node that calls a model writes, by the node's name.
    """

    reserves_by_call = True
    same_input = False

    def __init__(
        self,
        flow: FrozenFlow,
        *,
        variants: Sequence[Variant],
        sampling: Sampling,
        unstated: Sequence[str] = (),
        callers: Sequence[str] = (),
    ) -> None:
        """Take a flow in which nothing has effects any more."""
        self.title = f"Flow {flow.context.config.name!r}"
        self.node_name = ""
        self.variants = tuple(variants)
        self.sampling = sampling
        self.unstated = tuple(unstated)
        self.unjudged: tuple[str, ...] = ()
        self._callers = tuple(callers)
        self.prices = Prices(flow.context)
        self._flow = flow
        self._nodes = model_nodes(flow.graph.nodes)
        self.writes: Mapping[str, tuple[str, ...]] = {
            name: node.writes for name, node in self._nodes.items() if node.writes
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title})"

    async def ready(self, case: Case) -> str:
        """Return the case's id: nothing stands before a script."""
        return case.input_id

    def own_id(self, case: Case) -> str:
        """Return the case's id."""
        return case.input_id

    def known_id(self, case: Case) -> str | None:
        """Return the case's id."""
        return case.input_id

    @property
    def context(self) -> FlowContext:
        """What the nodes of its flow share."""
        return self._flow.context

    @property
    def parts(self) -> dict[str, str]:
        """A hash of each part of the flow, by its name in words."""
        return flow_parts(self._flow.graph, self._flow.context, opens=self._flow.speaks_first)

    def given(self, case: Case) -> None:
        """Return `None`: nothing stands before a script."""

    def take(self, case: Case, given: Any) -> None:
        """Do nothing: nothing stands before a script."""

    async def run(self, variant: Variant, case: Case, repeat: int, on_progress: OnProgress) -> ResultCell:
        """Play a case; what fails is in the cell."""
        started_at = time.time()
        ended: dict[str, Any] = {}
        play = play_of(case, lambda: self._conversation(variant, case, repeat), self._flow.context, repeat)
        try:
            await play.run(on_progress)
        except Exception as error:  # noqa: BLE001 - whatever a person's code raises is reported in the cell
            ended = (failures.of_turn if play.conversation.in_turn else failures.of_others)(error)
        session = play.conversation.session
        turns = [*session.turns, *session.unfinished]
        replies = [reply for turn in turns for reply in turn.calls]
        took = service(replies)
        if any(turn.lost_costs for turn in turns):
            took |= {"input_tokens": None, "output_tokens": None}  # nobody knows what the lost calls took
        last = ended.pop("output", {})
        if not ended:
            bad = (failures.of_reply(reply) for reply in replies)
            ended = next((found for found in bad if found["status"] != "done"), play.ended)
        return ResultCell(
            variant=variant.id,
            case=case.input_id,
            repeat=repeat,
            model=variant.model,
            started_at=started_at,
            **{**took, **ended, "retries": took["retries"] + ended.get("retries", 0)},
            output=play.conversation.output(last) | play.remarks,
        )

    def _conversation(self, variant: Variant, case: Case, repeat: int) -> Conversation:
        session = Session(
            stubbed(self._flow, case.stubs).graph,
            self._flow.context,
            variables=case.variables,
            assignment=self._assignment(variant, repeat),
        )
        return Conversation(session, speaks_first=self._flow.speaks_first)

    def _assignment(self, variant: Variant, repeat: int) -> Assignment:
        sampled = {name: self.sampling.settings(repeat, variant.models[name], name) for name in self._nodes}
        return Assignment(variant.models, sampled)

    def worst(self, variant: Variant, case: Case) -> Decimal:
        """Return 0: each call is reserved when it is made."""
        del variant, case
        return Decimal(0)

    def bounds(self, case: Case) -> Mapping[str, Decimal] | None:
        """Return `None`: nobody knows beforehand which nodes a conversation visits."""
        del case
        return None

    def beside(self, cases: Iterable[Case]) -> list[str]:
        """Return the models of simulated callers, and that which judges edges, where the flow has one for that."""
        del cases
        return [*judge_refs(self._flow.graph, self._flow.context), *self._callers]

    def require_bound(self, cases: Iterable[Case]) -> None:
        """Make sure that each call of a model with a price has a bound.

        Raises:
            ConfigError: Nothing limits how much a model writes.
        """
        del cases
        for variant in self.variants:
            self.prices.require_bound(self._nodes.values(), variant.models)

    def expected(self, variant: Variant, case: Case, tokens: tuple[float, float] | None) -> Decimal | None:
        """Return what a case will probably cost: at the mean price of the variant's models."""
        if tokens is None:
            calls = self.expected_calls(case)
            tokens = (calls * self._typical_read(case), calls * TYPICAL_WRITTEN)
        return self.prices.mean_usd(variant.models.values(), round(tokens[0]), round(tokens[1]))

    def expected_calls(self, case: Case) -> int:
        """Return about how many calls a case takes: nobody knows beforehand which nodes it visits."""
        return CALLS_PER_TURN * case.most_turns

    def expected_before(self, case: Case) -> None:
        """Return `None`: nothing stands before a script."""

    def expected_beside(self, case: Case) -> ExpectedCalls | None:
        """Return what plays and reviews a simulated caller: a call for each of its turns, and one in the end."""
        if case.simulated is None:
            return None
        refs = tuple(str(self.context.config.ref(ref)) for ref in case.simulated.refs)
        return ExpectedCalls(refs, case.most_turns + 1, round(self._typical_read(case)))

    def _typical_read(self, case: Case) -> float:
        return sum(self._typical_tokens(node, case) for node in self._nodes.values()) / max(1, len(self._nodes))

    def _typical_tokens(self, node: ModelNode[Any], case: Case) -> int:
        return typical_tokens(self.prices.bytes_of(node, case.transcript, case.variables))

    def parallel(self, variant: Variant) -> int:
        """Return how many cells of a variant may be sent at once: this machine runs one at a time."""
        return 1 if all(self.prices.is_free(ref) for ref in variant.models.values()) else MANY
