"""`Speculation`: the reply of the likeliest node, begun while the judge still decides.

It is used only if the flow gets to that very node next, with the same instructions and the same dialogue. No
action runs for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from byok_widgets.engine.callbacks import OnProgress, OnText, Retraction
from byok_widgets.errors import ByokError
from byok_widgets.graph import AnyNode
from byok_widgets.nodes import NodeInput
from byok_widgets.reply import NodeResult
from byok_widgets.usage import Cost


class Speculation:
    """A reply that may be used.

    Attributes:
        node: The node that speaks.
    """

    def __init__(self, node: AnyNode, given: NodeInput, on_progress: OnProgress) -> None:
        self.node = node
        self._given = given
        self._on_progress = on_progress
        self._pieces: list[str] = []
        self._sink: OnText | None = None
        self._identity: Any = None
        self._task = asyncio.ensure_future(self._run())

    async def fits(self, node: AnyNode, given: NodeInput) -> bool:
        """Return whether this is the reply that a node would give now."""
        return node is self.node and self._identity == await _identity(node, given)

    async def use(self, on_text: OnText) -> NodeResult:
        """Pass on what has been written, and what is still to come; return the reply.

        Raises:
            ByokError: The call failed.
        """
        for piece in self._pieces:
            on_text(piece)
        self._sink = on_text
        try:
            return await self._task
        finally:
            self._task.cancel()

    async def drop(self) -> Cost | None:
        """Stop it, and return what it cost; `None` if it was not sent at all."""
        self._task.cancel()
        (outcome,) = await asyncio.gather(self._task, return_exceptions=True)
        if isinstance(outcome, NodeResult):
            return outcome.model_reply.cost if outcome.model_reply else None
        if isinstance(outcome, ByokError):
            return outcome.cost if outcome.may_be_charged else None
        return Cost() if self._identity is not None else None

    async def _run(self) -> NodeResult:
        self._identity = await _identity(self.node, self._given)  # from here on, a request may have been sent
        result: NodeResult = await self.node.prepare(self._given)(self._take, self._tell)
        return result

    def _take(self, piece: str) -> None:
        if self._sink is not None:
            self._sink(piece)
        elif isinstance(piece, Retraction):
            self._pieces.clear()
        else:
            self._pieces.append(piece)

    def _tell(self, progress: Any) -> None:
        if self._sink is not None:
            self._on_progress(progress)


async def _identity(node: AnyNode, given: NodeInput) -> Any:
    """Return what a reply depends on: the instructions with their values, the dialogue, model and settings."""
    instructions: Callable[[NodeInput], Any] | None = getattr(node, "instructions", None)
    told = await instructions(given) if instructions else node.prompt
    return (told, given.messages, node.resolve(given.model).ref, dict(given.settings), given.first_visit)
