"""`ExtractionNode`: it turns a dialogue into typed variables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from byok_widgets.errors import ConfigError, SchemaError
from byok_widgets.grounding import grounded
from byok_widgets.messages import Message, Reply, transcript_of
from byok_widgets.nodes.base import Node
from byok_widgets.nodes.calling import DEADLINE_S, Call, FlowState, refuse_misspelt
from byok_widgets.nodes.extraction_result import Extraction, Status
from byok_widgets.nodes.structured import ask_structured
from byok_widgets.providers.base import OnProgress, OnText
from byok_widgets.schema import Checked, ExtractionSchema
from byok_widgets.showing import Work
from byok_widgets.templates import render

Grounding = Literal["flag", "off"]
Example = tuple[Any, Mapping[str, Any]]

_INSTRUCTIONS = """\
You read a dialogue and write down what was said in it, as one JSON object and nothing else.
Use only what is stated in the dialogue. A field that is not stated is null. Never guess or invent a value."""


class ExtractionNode(Node[Extraction]):
    """A node that reads: it gives values for its fields, each checked here, whatever the provider promised.

    Attributes:
        schema: The fields.
        prompt: Instructions beside the fields; may hold `{{variables}}`.
        examples: Dialogues with their values.
        window: How many of the last messages are read; `None` for all.
        grounding: Whether strings that do not occur in the dialogue are marked.
    """

    kind = "extraction"
    schema: ExtractionSchema
    examples: tuple[tuple[tuple[Message, ...], dict[str, Any]], ...]
    window: int | None
    grounding: Grounding

    def __init__(
        self,
        state: FlowState,
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
        super().__init__(state, name, model=model, max_tokens=max_tokens)
        refuse_misspelt(settings or {}, ())
        if window is not None and window < 1:
            raise ConfigError(
                f"Node {name!r}: window counts messages and is at least 1.", fix="Leave it out for all."
            )
        if grounding not in ("flag", "off"):
            raise ConfigError(f"Node {name!r}: grounding is 'flag' or 'off', not {grounding!r}.")
        self.schema = schema
        self.prompt = prompt
        self.examples = tuple(_example(name, schema, given) for given in examples)
        self._shots = tuple(message for example in self.examples for message in _shots(schema, *example))
        self.window = window
        self.grounding = grounding
        self.settings = dict(settings or {})

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
            **settings: Tuning that the provider has, such as `temperature`.

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

    def reading(
        self, messages: tuple[Message, ...], *, variables: Mapping[str, Any], model: str | None
    ) -> Work[Extraction]:
        """Return the work of reading `messages`, for a session.

        Raises:
            ConfigError: No model is chosen.
            TemplateError: The prompt names a variable without a value.
        """
        return self._work(messages, variables, model)

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
        if not any(message.content.strip() for message in transcript):
            raise ConfigError(
                f"Node {self.name!r} was given an empty dialogue.",
                kind="dialogue",
                fix="Give it a text or messages.",
            )
        call = Call(
            node=self.name,
            resolved=self.resolve(model),
            system=self._system(variables or {}),
            messages=(*self._shots, _asked(transcript[-self.window :] if self.window else transcript)),
            max_tokens=self._limit(max_tokens),
            settings={**self.settings, **settings},
            deadline_s=deadline_s,
        )

        async def work(on_text: OnText, on_progress: OnProgress) -> Extraction:
            del on_text
            found = await ask_structured(call, self.schema, self._state, on_progress=on_progress)
            return self._result(found.checked, found.reply, transcript)

        return work

    def _system(self, variables: Mapping[str, Any]) -> str:
        prompt = render(self.prompt, variables, node=self.name)
        described = "\n".join(f"- {spec.name}: {spec.summary}" for spec in self.schema.fields)
        return "\n\n".join(part for part in (_INSTRUCTIONS, prompt, f"The fields:\n{described}") if part)

    def _result(self, checked: Checked, reply: Reply, transcript: tuple[Message, ...]) -> Extraction:
        status: dict[str, Status] = dict(checked.status)
        if self.grounding == "flag":
            said = [message.content for message in transcript]
            enums = {spec.name for spec in self.schema.fields if spec.enum}
            for name, value in checked.values.items():
                if isinstance(value, str) and name not in enums and not grounded(value, said):
                    status[name] = "ungrounded"
        return Extraction(
            values=checked.values,
            status=status,
            reply=replace(reply, transcript=transcript),
            node=self.name,
            problems=checked.problems,
            record=checked.record,
        )


def _example(node: str, schema: ExtractionSchema, given: Any) -> tuple[tuple[Message, ...], dict[str, Any]]:
    try:
        dialogue, values = given
        values = dict(values)
    except (TypeError, ValueError):
        problem = "an example is a pair of a dialogue and its values"
    else:
        try:
            schema.wire(values)
        except SchemaError as error:
            problem = f"an example does not fit: {error.problem}"
        else:
            return transcript_of(dialogue), values
    raise ConfigError(f"Node {node!r}: {problem}.", fix='Write it like ("I am Ana", {"name": "Ana"}).')


def _shots(
    schema: ExtractionSchema, dialogue: tuple[Message, ...], values: Mapping[str, Any]
) -> tuple[Message, Message]:
    return _asked(dialogue), Message("assistant", json.dumps(schema.wire(values), ensure_ascii=False))


def _asked(transcript: tuple[Message, ...]) -> Message:
    if len(transcript) == 1:
        return Message("user", transcript[0].content)
    return Message("user", "\n".join(f"{message.role}: {message.content}" for message in transcript))
