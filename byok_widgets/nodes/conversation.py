"""`ConversationNode`: a node that speaks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from byok_widgets.config import ResolvedModel
from byok_widgets.engine.callbacks import OnProgress, OnText
from byok_widgets.engine.sync_runner import Work
from byok_widgets.errors import ConfigError
from byok_widgets.messages import Message, TextDelta, answer_message, transcript_of
from byok_widgets.nodes.base import NodeInput
from byok_widgets.nodes.calls.model_call import cost_when_stopped, origin_of
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.model_node import ModelNode
from byok_widgets.nodes.node_settings import yes_or_no
from byok_widgets.reply import Reply
from byok_widgets.secrets.quoting import as_given
from byok_widgets.usage import Cost, Usage


class ConversationNode(ModelNode[Reply]):
    """A node that speaks: from its prompt through a model, or with a fixed sentence.

    A static node says its sentence the first time it is visited, without a model; after that, when the sentence is
    already in the history, its text serves as the prompt.

    Attributes:
        prompt: Instructions for the model, or the fixed sentence; may contain `{{variables}}`.
        static: Whether the first visit speaks the text verbatim.
    """

    kind = "conversation"
    result = Reply
    speaks = True
    most_calls = 1
    _arguments = ("end", "enter", "max_tokens", "model", "prompt", "start", "static")

    def __init__(
        self,
        context: FlowContext,
        name: str,
        prompt: str,
        *,
        static: bool = False,
        model: str | None = None,
        max_tokens: int | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(context, name, model=model, max_tokens=max_tokens, settings=settings)
        self.prompt = prompt
        self.static = static

    @property
    def static(self) -> bool:
        """Whether the first visit speaks the text verbatim."""
        return self._static

    @static.setter
    def static(self, static: bool) -> None:
        self._static = yes_or_no(f"Node {self.name!r}: static", static)

    def run(
        self,
        text: str | None = None,
        *,
        history: Any = None,
        variables: Mapping[str, Any] | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        deadline_s: float | None = None,
        show: bool | None = None,
        **settings: Any,
    ) -> Reply:
        """Let the node speak once and return its reply.

        In a notebook cell the text appears while it is written. A keyboard interrupt stops the request within a
        second; in a cell, `byok_widgets.last_partial_result()` then returns the partial reply. The node itself
        remembers nothing: pass `reply` as `history` to continue the conversation.

        Args:
            text: What the user says; `None` lets the node speak first, or continue from the history.
            history: The dialogue so far: a reply, a session or a list of messages.
            variables: Values for `{{name}}` in the prompt.
            model: Model for this call only, `"provider:model-id"` or an id of the flow's provider.
            max_tokens: Maximum number of tokens to write.
            deadline_s: Time limit for the answer in seconds, including retries. By default it is 600, and retries
                without success end after 120.
            show: Whether to stream into the cell; by default, if there is one.
            **settings: Model settings that the provider supports, such as `temperature`.

        Raises:
            MissingKeyError: "No API key configured" for this flow and the model's provider.
            ConfigError: No model is chosen, or an argument cannot be used.
            TemplateError: The prompt names a variable without a value.
            ProviderError: The provider, the network or the answer failed.
            LocalModelError: The local model could not be fetched or started.
        """
        given = NodeInput.alone(
            self._messages(text, history),
            variables=variables,
            model=model,
            max_tokens=max_tokens,
            deadline_s=deadline_s,
            settings=settings,
        )
        return self._run(self.prepare(given), show=show, partial_result=partial(self._partial_result, given))

    async def arun(
        self,
        text: str | None = None,
        *,
        history: Any = None,
        variables: Mapping[str, Any] | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        deadline_s: float | None = None,
        **settings: Any,
    ) -> Reply:
        """Async variant of `run`; shows nothing. Cancelling it stops the request."""
        given = NodeInput.alone(
            self._messages(text, history),
            variables=variables,
            model=model,
            max_tokens=max_tokens,
            deadline_s=deadline_s,
            settings=settings,
        )
        return await self._arun(self.prepare(given))

    async def astream(
        self,
        text: str | None = None,
        *,
        history: Any = None,
        variables: Mapping[str, Any] | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        deadline_s: float | None = None,
        **settings: Any,
    ) -> AsyncIterator[TextDelta | Reply]:
        """Yield each piece of the answer as a `TextDelta` while it is written, and the `Reply` at the end.

        A model whose server does not mark its thinking may take back what it has written so far: see `TextDelta`.
        """
        given = NodeInput.alone(
            self._messages(text, history),
            variables=variables,
            model=model,
            max_tokens=max_tokens,
            deadline_s=deadline_s,
            settings=settings,
        )
        async for event in self._astream(self.prepare(given)):
            yield event

    def prepare(self, given: NodeInput) -> Work[Reply]:
        """Return the work of speaking; a session knows whether this is the first visit."""

        async def work(on_text: OnText, on_progress: OnProgress) -> Reply:
            if self.static and given.first_visit is not False:
                sentence = await self._filled_in(self.prompt, given, for_model=False)
                if given.first_visit or Message("assistant", sentence) not in given.messages:
                    return self._fixed(sentence, given.messages, on_text)
            return await self.ask_model(given, on_text=on_text, on_progress=on_progress)

        return work

    async def instructions(self, given: NodeInput) -> str:
        """Return the flow's global prompt and the node's own, with the values of the variables.

        Raises:
            TemplateError: One of them names a variable without a value.
        """
        before = await self._filled_in(self._context.global_prompt, given, of=" (global prompt)")
        prompt = await self._filled_in(self.prompt, given)
        return "\n\n".join(part for part in (before, prompt) if part)

    @property
    def is_static(self) -> bool:
        """Whether its first visit needs no model: it speaks its prompt as it is."""
        return self.static

    def model_for(self, given: NodeInput) -> ResolvedModel | None:
        """Return the model that speaks; `None` for a fixed sentence."""
        return None if self.is_static and given.first_visit else super().model_for(given)

    @property
    def opens(self) -> bool:
        """Whether, as the start node, it speaks before the user: a static one does."""
        return self.static

    def uses_global_prompt(self, *, again: bool) -> bool:
        """Whether the global prompt precedes its own: not before a fixed sentence."""
        return again or not self.static

    def describe(self) -> list[str]:
        """Return its kind, whether it is static, and its model override."""
        kind, *model = super().describe()
        return [kind, *(["static"] if self.static else []), *model]

    def to_data(self, saved: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a flow file stores for it."""
        return {**super().to_data(saved), "static": self.static}

    @classmethod
    def from_data(cls, context: FlowContext, name: str, data: dict[str, Any]) -> ConversationNode:
        """Create the node from a flow file's data."""
        known = {key: data.pop(key) for key in ("static", "max_tokens", "settings") if key in data}
        return cls(context, name, data.pop("prompt"), **known)

    def _checked_prompt(self, text: str) -> str:
        if not super()._checked_prompt(text).strip():
            raise ConfigError(
                f"Node {self.name!r} has nothing to say.", fix="Give it a prompt, or a sentence and static=True."
            )
        return text

    def _messages(self, text: str | None, history: Any) -> tuple[Message, ...]:
        """Return the dialogue with the new message."""
        said = transcript_of(text)
        if text is not None and not any(message.content.strip() for message in said):
            raise ConfigError(
                f"Node {self.name!r} was given empty text.",
                kind="dialogue",
                fix="Say something, or leave the text out to let the node speak first.",
            )
        if isinstance(history, str):
            raise ConfigError(
                f"The history is the dialogue so far, not the text {as_given(history)}.",
                kind="dialogue",
                fix="Give a reply, a session or a list of messages; the new message is the first argument.",
            )
        return (*transcript_of(history), *said)

    def _partial_result(self, given: NodeInput, text: str, reasoning: str) -> Reply:
        """Return the partial reply after the user stopped the answer."""
        choice = self.resolve(given.model)
        return Reply(
            text=text,
            finish_reason="interrupted",
            node=self.name,
            model=str(choice.ref),
            model_source=choice.source,
            origin=origin_of(choice, self._context),
            price=partial(cost_when_stopped, choice, self._context),
            reasoning=reasoning,
            transcript=(*given.messages, answer_message(text, "interrupted")),
            notices=("incomplete: it was stopped",),
        )

    def _fixed(self, sentence: str, messages: tuple[Message, ...], on_text: OnText) -> Reply:
        on_text(sentence)
        return Reply(
            text=sentence,
            finish_reason="static",
            node=self.name,
            usage=Usage(0, 0),
            price=_nothing_to_pay,
            model_source="static",
            attempts=0,
            transcript=(*messages, Message("assistant", sentence)),
        )


def _nothing_to_pay() -> Cost:
    return Cost(Decimal(0), "static")
