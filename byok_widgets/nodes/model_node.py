"""`ModelNode`: a node that calls a model, with its own model and settings, and three ways to run it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from byok_widgets.config import ModelRef, ResolvedModel
from byok_widgets.engine import ENGINE
from byok_widgets.engine.callbacks import Retraction
from byok_widgets.engine.in_place import IN_PLACE
from byok_widgets.engine.sync_runner import Work, ignore, run_with_output
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.messages import TextDelta
from byok_widgets.nodes.base import Node, NodeInput
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.model_comparison import acompare, compare
from byok_widgets.nodes.node_settings import LIMIT, LayeredSettings, NodeSettings, checked
from byok_widgets.nodes.unknown_model import tell_if_unknown
from byok_widgets.reply import NodeResult, Reply
from byok_widgets.secrets.quoting import as_given

if TYPE_CHECKING:
    from byok_widgets.engine.callbacks import OnProgress, OnText
    from byok_widgets.messages import Message
    from byok_widgets.nodes.calls.call import Call
    from byok_widgets.nodes.compare_options import CompareOptions

R = TypeVar("R", bound=NodeResult)
Compare = Callable[["ModelNode[Any]", Iterable[str], Any, "CompareOptions"], Any]
"""Prepares a comparison of models on a node over cases."""


class ModelNode(Node[R]):
    """A node that calls a model.

    Attributes:
        prompt: Instructions for the model; may contain `{{variables}}`.
    """

    calls_model = True
    most_calls: ClassVar[int] = 2
    """Maximum number of calls in one run, each with its retries; a kind that repairs answers needs one more."""
    _prompt: str = ""
    _arguments: ClassVar[tuple[str, ...]] = ()
    _compare: Compare | None = None

    def __init__(
        self,
        context: FlowContext,
        name: str,
        *,
        model: str | None = None,
        max_tokens: int | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(context, name)
        self._own_model = None if model is None else str(context.config.ref(model))
        tell_if_unknown(context.config, self._own_model)
        given = {} if max_tokens is None else {LIMIT: max_tokens}
        if settings is not None and not isinstance(settings, Mapping):
            raise ConfigError(
                f"Node {name!r}: settings are a dict, not {as_given(settings)}.",
                fix='Write settings={"temperature": 0}.',
            )
        self._layered = LayeredSettings(context.config, name, {**(settings or {}), **given}, self._arguments)

    @property
    def prompt(self) -> str:
        """Instructions for the model; may contain `{{variables}}`."""
        return self._prompt

    @prompt.setter
    def prompt(self, text: str) -> None:
        self._prompt = self._checked_prompt(text)

    @property
    def model(self) -> str | None:
        """This node's model override; `None` for the flow's default.

        Setting it writes to the flow's settings, as a choice in the panel does.
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
        tell_if_unknown(self._context.config, text)

    @property
    def max_tokens(self) -> int | None:
        """Maximum number of tokens of an answer; `None` leaves it to the provider.

        Setting it writes to the flow's settings, as a number in the panel does; deleting it restores the value the
        node was created with.
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
        """Model settings that the provider supports, such as `temperature`.

        A change is written to the flow's settings, like one made in the panel, so it survives when the cell that
        creates the node is run again. `None` leaves a setting to the provider; deleting one restores the value the
        node was created with.
        """
        return NodeSettings(self._layered, self.name)

    @settings.setter
    def settings(self, values: Mapping[str, Any]) -> None:
        NodeSettings(self._layered, self.name).replace(values)

    @property
    def layered_settings(self) -> LayeredSettings:
        """All settings including `max_tokens`, and where they come from."""
        return self._layered

    def frozen(self, context: FlowContext) -> Self:
        """Return the node as it is now, settings included."""
        same = super().frozen(context)
        vars(same).update(_layered=self._layered.frozen(context.config), _compare=None)
        return same

    def resolve(self, model: str | ModelRef | None = None) -> ResolvedModel:
        """Return the model that would run now, and where that choice comes from.

        Args:
            model: Model passed to a call; it wins. One that no list knows is told of, unless it is a `ModelRef`.

        Raises:
            ConfigError: No model is chosen anywhere.
        """
        found = self._context.config.resolve(self.name, model, own=self._own_model)
        if isinstance(model, str):
            tell_if_unknown(self._context.config, found.ref)
        return found

    def join(self, compare: Compare) -> None:
        """Set what compares models on this node in its flow; the flow does so when the node is added."""
        self._compare = compare

    compare = compare
    acompare = acompare

    def prepare_comparison(self, models: Iterable[str], cases: Any, options: CompareOptions) -> Any:
        """Return what `compare` begins: a comparison on this node in its flow.

        Raises:
            ConfigError: The node is in no flow, or as in `compare`.
        """
        if self._compare is None:
            raise ConfigError(f"Node {self.name!r} is in no flow.", kind="node", fix="Add it with flow.add(node).")
        return self._compare(self, models, cases, options)

    async def ask_model(
        self,
        given: NodeInput,
        *,
        messages: Iterable[Message] | None = None,
        on_text: OnText = ignore,
        on_progress: OnProgress = ignore,
    ) -> Reply:
        """Ask the model once, within `prepare`; waits, retries and reports as every call does.

        Args:
            given: What the node was given: the model, the settings and the deadline come from there and the node.
            messages: What the model reads after the instructions; by default the dialogue.
            on_text: Receives the answer while it is written: pass it on in a node that speaks.
            on_progress: Called during waits and while a local model is downloaded.

        Raises:
            MissingKeyError: "No API key configured" for this flow and the model's provider.
            ConfigError: No model is chosen, or a setting cannot be used.
            TemplateError: The prompt names a variable without a value.
            ProviderError: The provider, the network or the answer failed.
        """
        from byok_widgets.nodes.calls.model_call import execute

        call = await self.prepare_call(given, messages=messages)
        return await execute(call, self._context, on_text=on_text, on_progress=on_progress)

    async def prepare_call(self, given: NodeInput, *, messages: Iterable[Message] | None = None) -> Call:
        """Return the call that `ask_model` makes; the time until its deadline runs from now.

        Raises:
            MissingKeyError: No model is chosen, and there is no key for the flow's provider either.
            ConfigError: No model is chosen anywhere, or the deadline is no number above 0.
            TemplateError: The prompt names a variable without a value.
        """
        from byok_widgets.nodes.calls.call import Call
        from byok_widgets.nodes.time_limits import deadline_of

        return Call(
            node=self.name,
            resolved=await self._resolved(given.model),
            system=await self.instructions(given),
            messages=given.messages if messages is None else tuple(messages),
            deadline=deadline_of(given.deadline_s, node=self.name),
            **self._settings_of(given.max_tokens, given.settings),
        )

    async def instructions(self, given: NodeInput) -> str:
        """Return what the model is told before the dialogue: the prompt with the values of the variables.

        Raises:
            TemplateError: The prompt names a variable without a value.
        """
        return await self._filled_in(self.prompt, given)

    async def _filled_in(self, prompt: str, given: NodeInput, *, for_model: bool = True, of: str = "") -> str:
        if not prompt:
            return ""
        from byok_widgets.templates import render_in_time, with_unstated

        variables = with_unstated(prompt, given.variables) if for_model and given.is_alone else given.variables
        flow, node = self._context.config.name, f"{self.name}{of}"
        return await render_in_time(prompt, variables, flow=flow, node=node, for_model=for_model)

    async def _resolved(self, model: str | ModelRef | None) -> ResolvedModel:
        try:
            return self.resolve(model)
        except ByokError as error:
            fault = error
        raise await self._context.without_model(fault)

    def model_for(self, given: NodeInput) -> ResolvedModel | None:
        """Return the model that would process this input; `None` if it needs none."""
        return self.resolve(given.model)

    def describe(self) -> list[str]:
        """Return its kind and its model override, for a drawing."""
        return [self.kind, *([f"model {self.model}"] if self.model else [])]

    def to_data(self, saved: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a flow file stores for every node that calls a model."""
        del saved
        return {
            "prompt": self.prompt,
            "model": self.model,
            "max_tokens": self.max_tokens,
            "settings": dict(self.settings),
        }

    def _checked_prompt(self, text: str) -> str:
        if not isinstance(text, str):
            raise ConfigError(
                f"The prompt of node {self.name!r} is text, not {text!r}.", kind="prompt", fix='Write "" for none.'
            )
        return text

    def _settings_of(self, max_tokens: int | None, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the limit of tokens and the settings of a call: what it was given wins over the node's."""
        own = self._layered.values()
        limit = own.pop(LIMIT, None)
        if max_tokens is not None:
            limit = checked(LIMIT, max_tokens, node=self.name)
        return {"max_tokens": limit, "settings": {**own, **settings}}

    def _run(
        self,
        work: Work[R],
        *,
        show: bool | None,
        show_text: bool = True,
        partial_result: Callable[[str, str], R | None] | None = None,
    ) -> R:
        """Run it and wait: the sync entry point."""
        return run_with_output(
            work,
            show=show,
            show_text=show_text,
            in_place=self._context.sends_nothing,
            partial_result=partial_result,
        )

    async def _arun(self, work: Work[R]) -> R:
        engine = IN_PLACE if self._context.sends_nothing else ENGINE
        return await engine.arun(work(ignore, ignore))

    async def _astream(self, work: Work[R]) -> AsyncIterator[TextDelta | R]:
        async def start(emit: Callable[[TextDelta | R], None]) -> None:
            emit(await work(lambda piece: emit(delta(piece)), ignore))

        async for event in ENGINE.astream(start):
            yield event


def delta(piece: str) -> TextDelta:
    """Return a piece of an answer as streaming readers get it."""
    return TextDelta("", retracts=True) if isinstance(piece, Retraction) else TextDelta(piece)


def model_nodes(nodes: Mapping[str, Node[Any]]) -> dict[str, ModelNode[Any]]:
    """Return the nodes that call a model, by name."""
    return {name: node for name, node in nodes.items() if isinstance(node, ModelNode)}
