"""What both kinds of node are: a name, an optional model of their own, and three doors to run them.

Floor 2: knows providers, engine, config, keys and values; knows no flow and no widget.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping
from typing import Any, ClassVar, Generic, TypeVar

from byok_widgets.config import ResolvedModel
from byok_widgets.engine import ENGINE
from byok_widgets.engine.sync_runner import Work, ignore, run_with_output
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.messages import TextDelta
from byok_widgets.nodes.model_call import FlowContext
from byok_widgets.nodes.node_settings import LIMIT, LayeredSettings, NodeSettings, checked
from byok_widgets.strict_attributes import StrictAttributes

R = TypeVar("R")


class Node(StrictAttributes, Generic[R]):
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
        context: FlowContext,
        name: str,
        *,
        model: str | None = None,
        max_tokens: int | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        if not isinstance(name, str) or not name.strip():
            raise ConfigError("A node needs a name.", fix='Give it one, like flow.conversation("ask", "...").')
        self.name = name
        self._context = context
        self._own_model = None if model is None else str(context.config.ref(model))
        given = {} if max_tokens is None else {LIMIT: max_tokens}
        self._layered = LayeredSettings(context.config, name, {**(settings or {}), **given}, self._arguments)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, flow={self._context.config.name!r})"

    @property
    def model(self) -> str | None:
        """This node's model override, `None` for the flow's default.

        Setting it writes the flow's settings, as a choice in the panel does.
        """
        return self._context.config.override(self.name) or self._own_model

    @model.setter
    def model(self, text: str | None) -> None:
        before, self._own_model = self._own_model, None
        try:
            self._context.config.set_override(self.name, text)
        except ByokError:
            self._own_model = before
            raise

    @property
    def max_tokens(self) -> int | None:
        """Most tokens of an answer; `None` leaves it to the provider.

        Setting it writes the flow's settings, as a number in the panel does; deleting it gives back what the node
        was made with.
        """
        limit: int | None = self._layered.values().get(LIMIT)
        return limit

    @max_tokens.setter
    def max_tokens(self, limit: int | None) -> None:
        self._layered.set({LIMIT: limit})

    @max_tokens.deleter
    def max_tokens(self) -> None:
        self._layered.reset([LIMIT])

    @property
    def settings(self) -> MutableMapping[str, Any]:
        """Tuning that the provider has, such as `temperature`.

        A change is written to the flow's settings, as one in the panel is, so it outlives a run of the cell that
        makes the node. `None` leaves a setting to the provider; deleting one gives back what the node was made
        with.
        """
        return NodeSettings(self._layered, self.name)

    @settings.setter
    def settings(self, values: Mapping[str, Any]) -> None:
        NodeSettings(self._layered, self.name).replace(values)

    @property
    def layered_settings(self) -> LayeredSettings:
        """All settings with `max_tokens`, and where they come from."""
        return self._layered

    def belongs_to(self, context: FlowContext) -> bool:
        """Whether it is a node of the flow whose state this is."""
        return self._context is context

    def resolve(self, model: str | None = None) -> ResolvedModel:
        """Say which model would run now, and where that choice comes from.

        Args:
            model: As given with a call; it wins.

        Raises:
            ConfigError: No model is chosen anywhere.
        """
        return self._context.config.resolve(self.name, model, own=self._own_model)

    def _limit(self, given: int | None) -> int | None:
        """Return the most tokens of one answer: what the call says, else what the node does."""
        return self.max_tokens if given is None else checked(LIMIT, given, node=self.name)

    def _run(
        self,
        work: Work[R],
        *,
        show: bool | None,
        show_text: bool = True,
        partial_result: Callable[[str], R | None] | None = None,
    ) -> R:
        """Run in a cell or a program and wait: the sync entry point."""
        return run_with_output(work, show=show, show_text=show_text, partial_result=partial_result)

    async def _arun(self, work: Work[R]) -> R:
        return await ENGINE.arun(work(ignore, ignore))

    async def _astream(self, work: Work[R]) -> AsyncIterator[TextDelta | R]:
        async def start(emit: Callable[[TextDelta | R], None]) -> None:
            emit(await work(lambda text: emit(TextDelta(text)), ignore))

        async for event in ENGINE.astream(start):
            yield event
