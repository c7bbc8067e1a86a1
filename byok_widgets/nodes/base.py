"""What both kinds of node are: a name, an optional model of their own, and three doors to run them.

Floor 2: knows providers, engine, config, keys and values; knows no flow and no widget.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Generic, TypeVar

from byok_widgets.config import ResolvedModel
from byok_widgets.engine import ENGINE
from byok_widgets.errors import ConfigError
from byok_widgets.messages import TextDelta
from byok_widgets.nodes.calling import FlowState, token_limit
from byok_widgets.showing import Work, run_shown, unseen
from byok_widgets.unknown import KnownAttributes

R = TypeVar("R")


class Node(KnownAttributes, Generic[R]):
    """One step of a flow.

    Attributes:
        name: The node's name, unique in its flow.
        prompt: Instructions for the model; may hold `{{variables}}`.
        settings: Tuning that the provider has, such as `temperature`.
    """

    kind = "node"
    name: str
    prompt: str
    settings: dict[str, Any]

    def __init__(
        self, state: FlowState, name: str, *, model: str | None = None, max_tokens: int | None = None
    ) -> None:
        if not isinstance(name, str) or not name.strip():
            raise ConfigError("A node needs a name.", fix='Give it one, like flow.conversation("ask", "...").')
        self.name = name
        self._state = state
        self._own_model = None if model is None else str(state.config.ref(model))
        self.max_tokens = max_tokens

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, flow={self._state.config.name!r})"

    @property
    def model(self) -> str | None:
        """This node's model override, `None` for the flow's default.

        Setting it writes the flow's settings, as a choice in the panel does.
        """
        return self._state.config.override(self.name) or self._own_model

    @model.setter
    def model(self, text: str | None) -> None:
        self._own_model = None
        self._state.config.set_override(self.name, text)

    @property
    def max_tokens(self) -> int | None:
        """Most tokens of an answer; `None` leaves it to the provider."""
        return self._max_tokens

    @max_tokens.setter
    def max_tokens(self, limit: int | None) -> None:
        self._max_tokens = token_limit(limit, node=self.name)

    def belongs_to(self, state: FlowState) -> bool:
        """Whether it is a node of the flow whose state this is."""
        return self._state is state

    def resolve(self, model: str | None = None) -> ResolvedModel:
        """Say which model would run now, and where that choice comes from.

        Args:
            model: As given with a call; it wins.

        Raises:
            ConfigError: No model is chosen anywhere.
        """
        return self._state.config.resolve(self.name, model, own=self._own_model)

    def _limit(self, given: int | None) -> int | None:
        """Return the most tokens of one answer: what the call says, else what the node does."""
        return self.max_tokens if given is None else token_limit(given, node=self.name)

    def _run(
        self,
        work: Work[R],
        *,
        show: bool | None,
        show_text: bool = True,
        so_far: Callable[[str], R | None] | None = None,
    ) -> R:
        """Run in a cell or a program and wait: the sync door."""
        return run_shown(work, show=show, show_text=show_text, so_far=so_far)

    async def _arun(self, work: Work[R]) -> R:
        return await ENGINE.arun(work(unseen, unseen))

    async def _astream(self, work: Work[R]) -> AsyncIterator[TextDelta | R]:
        async def start(emit: Callable[[TextDelta | R], None]) -> None:
            emit(await work(lambda text: emit(TextDelta(text)), unseen))

        async for event in ENGINE.astream(start):
            yield event
