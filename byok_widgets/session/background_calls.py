"""`BackgroundCalls`: what runs behind a turn: a judge that still writes its reason, and a speculative reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from byok_widgets.config import ResolvedModel
from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.errors import ByokError
from byok_widgets.graph import AnyNode
from byok_widgets.nodes import NodeInput
from byok_widgets.session.call_ledger import CallLedger
from byok_widgets.session.judge import Judged
from byok_widgets.session.speculation import Speculation
from byok_widgets.session.steps import EdgeVerdict, Judgement, Step
from byok_widgets.usage import Cost

REASON_WAIT_S = 5.0
"""Maximum wait for a judge's reason once all has been said, in seconds."""

InOrder = Callable[[Judged], Sequence[EdgeVerdict]]


@dataclass(frozen=True)
class _Following:
    """A judge whose choice was acted on: the place of its step, and what its verdicts become."""

    place: int
    chosen: Judged
    rest: asyncio.Task[Judged]
    model: ResolvedModel
    in_order: InOrder


class BackgroundCalls:
    """What runs in the background of one turn.

    Args:
        ledger: Records the cost of calls whose answers are not used.
    """

    def __init__(self, ledger: CallLedger) -> None:
        self._ledger = ledger
        self._following: list[_Following] = []
        self._speculation: tuple[Speculation, ResolvedModel] | None = None

    def follow(self, place: int, judged: Judged, model: ResolvedModel, in_order: InOrder) -> None:
        """Wait for the rest of a judge's answer at the end of the turn."""
        if judged.rest is not None:
            self._following.append(_Following(place, judged, judged.rest, model, in_order))

    def speculate(self, node: AnyNode, given: NodeInput, model: ResolvedModel, on_progress: OnProgress) -> None:
        """Begin the reply of the node that probably speaks next."""
        self._speculation = Speculation(node, given, on_progress), model

    async def drop_unless(self, target: str) -> str:
        """Stop the speculative reply unless its node comes next; return the node whose reply was dropped."""
        if self._speculation is None or self._speculation[0].node.name == target:
            return ""
        return await self._drop()

    async def reply_of(self, node: AnyNode, given: NodeInput) -> Speculation | None:
        """Return the speculative reply if it is the one that a node would give now."""
        if self._speculation is None:
            return None
        speculation, _ = self._speculation
        if not await speculation.fits(node, given):
            await self._drop()
            return None
        self._speculation = None
        return speculation

    async def finish(self, steps: list[Step]) -> None:
        """Put the reasons into the steps; one that fails or takes too long is missing."""
        while self._following:
            each = self._following[0]
            await asyncio.wait({each.rest}, timeout=REASON_WAIT_S)
            if not each.rest.done():
                return  # what is left is given up
            del self._following[0]
            try:
                whole = each.rest.result()
            except ByokError as error:
                self._lose(each.model, error.cost if error.may_be_charged else None)
                continue
            step = steps[each.place]
            if isinstance(step, Judgement):
                # reasons for another choice than the one acted on would mislead
                agrees = whole.taken is each.chosen.taken
                verdicts = tuple(each.in_order(whole)) if agrees else step.verdicts
                steps[each.place] = replace(step, verdicts=verdicts, reply=whole.reply)

    async def give_up(self) -> None:
        """Stop all that still runs."""
        await self._drop()
        for each in self._following:
            each.rest.cancel()
            await asyncio.gather(each.rest, return_exceptions=True)
            self._lose(each.model, Cost())  # not known: it was stopped while it wrote
        self._following.clear()

    async def _drop(self) -> str:
        if self._speculation is None:
            return ""
        (speculation, model), self._speculation = self._speculation, None
        self._lose(model, await speculation.drop())
        return speculation.node.name

    def _lose(self, model: ResolvedModel, cost: Cost | None) -> None:
        if cost is not None:
            self._ledger.lose(model, cost)
