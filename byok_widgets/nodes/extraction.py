"""`ExtractionNode`: it turns a dialogue into typed variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from byok_widgets.engine.callbacks import OnProgress, OnText
from byok_widgets.engine.sync_runner import Work
from byok_widgets.errors import ConfigError, SchemaError
from byok_widgets.grounding import grounded
from byok_widgets.messages import Message, Reply, transcript_of
from byok_widgets.nodes.base import NodeInput
from byok_widgets.nodes.extraction_prompt import (
    CheckedExample,
    Example,
    checked_example,
    example_messages,
    format_dialogue,
    instructions,
)
from byok_widgets.nodes.extraction_result import Extraction, Status
from byok_widgets.nodes.model_call import DEADLINE_S, Call, FlowContext
from byok_widgets.nodes.model_node import ModelNode
from byok_widgets.nodes.structured_output import ask_structured
from byok_widgets.nodes.validation import validate
from byok_widgets.providers import PROVIDERS
from byok_widgets.schema import ExtractionSchema, FieldSpec, ValidationResult
from byok_widgets.templates import render_in_time

Grounding = Literal["flag", "off"]

_QUICK_CHARS = 20_000
"""A longer dialogue is searched for the values in a worker."""


class ExtractionNode(ModelNode[Extraction]):
    """A node that reads: it gives values for its fields, each checked here, whatever the provider promised.

    Attributes:
        prompt: Instructions beside the fields; may hold `{{variables}}`.
    """

    kind = "extraction"
    result = Extraction

    def __init__(
        self,
        context: FlowContext,
        name: str,
        schema: ExtractionSchema,
        *,
        prompt: str = "",
        examples: Iterable[Example] = (),
        window: int | None = None,
        grounding: Grounding = "flag",
        model: str | None = None,
        max_tokens: int | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(context, name, model=model, max_tokens=max_tokens, settings=settings)
        self._schema = schema
        self.prompt = prompt
        self.examples = examples
        self.window = window
        self.grounding = grounding

    @property
    def schema(self) -> ExtractionSchema:
        """The fields."""
        return self._schema

    @property
    def examples(self) -> tuple[CheckedExample, ...]:
        """Dialogues with their values, for the model to see how it is done."""
        return self._examples

    @examples.setter
    def examples(self, given: Iterable[Example]) -> None:
        self._examples = tuple(checked_example(self.schema, example, node=self.name) for example in given)

    @property
    def window(self) -> int | None:
        """How many of the last messages are read; `None` for all."""
        return self._window

    @window.setter
    def window(self, count: int | None) -> None:
        if count is not None and (not isinstance(count, int) or count < 1):
            raise ConfigError(
                f"Node {self.name!r}: window counts messages and is at least 1, not {count!r}.",
                fix="Leave it out for all.",
            )
        self._window = count

    @property
    def grounding(self) -> Grounding:
        """`"flag"` marks a value with texts that do not occur in the dialogue; `"off"` does not look."""
        return self._grounding

    @grounding.setter
    def grounding(self, choice: Grounding) -> None:
        if choice not in ("flag", "off"):
            raise ConfigError(f"Node {self.name!r}: grounding is 'flag' or 'off', not {choice!r}.")
        self._grounding = choice

    def run(
        self,
        dialogue: Any,
        *,
        variables: Mapping[str, Any] | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        deadline_s: float = DEADLINE_S,
        show: bool | None = None,
        **settings: Any,
    ) -> Extraction:
        """Read values out of a dialogue and return them, checked.

        A value that was not stated is `None` with status `not_stated`. Types are read without loss only ("36" is
        36 for an int, "about 36" is invalid), for all providers alike. An answer that does not fit is sent back
        for repair once.

        Args:
            dialogue: A text, a reply, a session, or a list of messages; all of it is read unless the node has a
                `window`.
            variables: Values for `{{name}}` in the prompt.
            model: Model for this call only, `"provider:model-id"` or an id of the flow's provider.
            max_tokens: Most tokens to write.
            deadline_s: Longest time for each of the answers, in seconds.
            show: Whether the fetching of a local model shows in the cell; by default where there is one.
            **settings: Model settings that the provider has, such as `temperature`.

        Raises:
            ExtractionError: The answer is no JSON object, was cut off or declined; `raw_text` holds it.
            MissingKeyError: "No API key configured" for this flow and the model's provider.
            TemplateError: The prompt names a variable without a value.
            ConfigError: The dialogue is empty, no model is chosen, or an argument cannot be used.
            ProviderError: The provider or the network failed.
            LocalModelError: The local model could not be fetched or started.
        """
        work = self._work(dialogue, variables, model, max_tokens, deadline_s, **settings)
        return self._run(work, show=show, show_text=False)

    async def arun(
        self,
        dialogue: Any,
        *,
        variables: Mapping[str, Any] | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        deadline_s: float = DEADLINE_S,
        **settings: Any,
    ) -> Extraction:
        """Do the same as `run` in an event loop; cancelling it stops the request."""
        return await self._arun(self._work(dialogue, variables, model, max_tokens, deadline_s, **settings))

    def prepare(self, given: NodeInput) -> Work[Extraction]:
        """Return the work of reading the dialogue, for a session."""
        return self._work(given.messages, given.variables, given.model)

    @property
    def writes(self) -> tuple[str, ...]:
        """The names of its fields."""
        return tuple(spec.name for spec in self.schema.fields)

    def field(self, name: str) -> FieldSpec | None:
        """Return the field of this name."""
        return next((spec for spec in self.schema.fields if spec.name == name), None)

    def describe(self) -> list[str]:
        """Return its kind with its fields, and its model override."""
        kind, *model = super().describe()
        return [f"{kind} of {', '.join(self.writes)}", *model]

    def to_data(self, saved: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a flow file keeps of it; examples that were saved with more in them stay as they were."""
        from pydantic_core import to_jsonable_python

        examples = [
            {"dialogue": [vars(message) for message in dialogue], "values": to_jsonable_python(values)}
            for dialogue, values in self.examples
        ]
        before = saved.get("examples", [])
        return {
            **super().to_data(saved),
            "schema": self.schema.definition(),
            "examples": [next((old for old in before if _known_of(old) == new), new) for new in examples],
            "window": self.window,
            "grounding": self.grounding,
        }

    @classmethod
    def from_data(cls, context: FlowContext, name: str, data: dict[str, Any]) -> ExtractionNode:
        """Return the node that a flow file holds; its examples stay in `data`, for what is not known of them."""
        known = {
            key: data.pop(key)
            for key in ("window", "grounding", "prompt", "max_tokens", "settings")
            if key in data
        }
        examples = [(example["dialogue"], example["values"]) for example in data.get("examples", [])]
        return cls(context, name, _schema(name, data.pop("schema")), examples=examples, **known)

    def _work(
        self,
        dialogue: Any,
        variables: Mapping[str, Any] | None,
        model: str | None,
        max_tokens: int | None = None,
        deadline_s: float = DEADLINE_S,
        **settings: Any,
    ) -> Work[Extraction]:
        transcript = transcript_of(dialogue)
        read = transcript[-self.window :] if self.window else transcript
        if not any(message.content.strip() for message in read):
            raise ConfigError(
                f"Node {self.name!r} was given an empty dialogue.",
                kind="dialogue",
                fix="Give it a text or messages.",
            )

        async def work(on_text: OnText, on_progress: OnProgress) -> Extraction:
            del on_text
            resolved = self.resolve(model)
            profile = PROVIDERS[resolved.ref.provider].schema_profile
            flow = self._context.config.name
            prompt = await render_in_time(self.prompt, variables or {}, flow=flow, node=self.name)
            validated = partial(validate, limit_s=deadline_s, flow=flow, node=self.name)
            examples = await validated(
                partial(example_messages, self.schema, self.examples, profile),
                quick=not self.examples or self.schema.is_quick(0),
            )
            call = Call(
                node=self.name,
                resolved=resolved,
                system=instructions(self.schema, prompt, profile),
                messages=(*examples, format_dialogue(read)),
                max_tokens=self._limit(max_tokens),
                settings={**self.settings, **settings},
                deadline_s=deadline_s,
            )
            found = await ask_structured(call, self.schema, self._context, on_progress=on_progress)
            said = sum(len(message.content) for message in transcript) + len(found.reply.text)
            return await validated(
                partial(self._result, found.checked, found.reply, transcript),
                quick=said <= _QUICK_CHARS,
            )

        return work

    def _result(self, checked: ValidationResult, reply: Reply, transcript: tuple[Message, ...]) -> Extraction:
        status: dict[str, Status] = dict(checked.status)
        if self.grounding == "flag":
            said = [message.content for message in transcript]
            for name, texts in self.schema.free_texts(checked).items():
                if not all(grounded(text, said) for text in texts):
                    status[name] = "ungrounded"
        return Extraction(
            values=checked.values,
            status=status,
            reply=replace(reply, transcript=transcript),
            node=self.name,
            problems=checked.problems,
            record=checked.record,
            required=tuple(spec.name for spec in self.schema.fields if spec.required),
        )


def _known_of(example: Mapping[str, Any]) -> dict[str, Any]:
    """Return an example as far as this version knows it."""
    dialogue = [{name: message[name] for name in ("role", "content")} for message in example["dialogue"]]
    return {"dialogue": dialogue, "values": example["values"]}


def _schema(node: str, definition: Mapping[str, Any]) -> ExtractionSchema:
    try:
        return ExtractionSchema.of(definition, name=node)
    except SchemaError as error:
        problem = error
    raise SchemaError(f'"schema" of node {node!r}: {problem.problem}', fix=problem.fix)
