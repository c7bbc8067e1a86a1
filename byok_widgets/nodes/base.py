"""What both kinds of node are: a name, an optional model of their own, and three doors to run them.

Floor 2: knows providers, engine, config, keys and values; knows no flow and no widget.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping
from typing import Any, ClassVar, Generic, TypeVar

from byok_widgets.config import ResolvedModel
from byok_widgets.engine import ENGINE
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.messages import TextDelta
from byok_widgets.nodes.calling import FlowState
from byok_widgets.nodes.tuning import LIMIT, NodeSettings, Tuning, checked
from byok_widgets.showing import Work, run_shown, unseen
from byok_widgets.unknown import KnownAttributes

R = TypeVar("R")


class Node(KnownAttributes, Generic[R]):
    """One step of a flow.

    Attributes:
        name: The node's name, unique in its flow.
        prompt: Instructions for the model; may hold `{{variables}}`.
    """

    kind = "node"
    _arguments: ClassVar[tuple[str, ...]] = ()
    name: str
    prompt: str

    def __init__(
        self,
        state: FlowState,
        name: str,
        *,
        model: str | None = None,
        max_tokens: int | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        if not isinstance(name, str) or not name.strip():
            raise ConfigError("A node needs a name.", fix='Give it one, like flow.conversation("ask", "...").')
        self.name = name
        self._state = state
        self._own_model = None if model is None else str(state.config.ref(model))
        given = {} if max_tokens is None else {LIMIT: max_tokens}
        self._tuning = Tuning(state.config, name, {**(settings or {}), **given}, self._arguments)

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
        before, self._own_model = self._own_model, None
        try:
            self._state.config.set_override(self.name, text)
        except ByokError:
            self._own_model = before
            raise

    @property
    def max_tokens(self) -> int | None:
        """Most tokens of an answer; `None` leaves it to the provider.

        Setting it writes the flow's settings, as a number in the panel does; deleting it gives back what the node
        was made with.
        """
        limit: int | None = self._tuning.values().get(LIMIT)
        return limit

    @max_tokens.setter
    def max_tokens(self, limit: int | None) -> None:
        self._tuning.set({LIMIT: limit})

    @max_tokens.deleter
    def max_tokens(self) -> None:
        self._tuning.give_back([LIMIT])

    @property
    def settings(self) -> MutableMapping[str, Any]:
        """Tuning that the provider has, such as `temperature`.

        A change is written to the flow's settings, as one in the panel is, so it outlives a run of the cell that
        makes the node. `None` leaves a setting to the provider; deleting one gives back what the node was made
        with.
        """
        return NodeSettings(self._tuning, self.name)

    @settings.setter
    def settings(self, values: Mapping[str, Any]) -> None:
        NodeSettings(self._tuning, self.name).replace(values)

    @property
    def tuning(self) -> Tuning:
        """All settings with `max_tokens`, and where they come from."""
        return self._tuning

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
        return self.max_tokens if given is None else checked(LIMIT, given, node=self.name)

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
