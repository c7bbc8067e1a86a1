"""`ExtractionNode`: it turns a dialogue into typed variables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from byok_widgets.errors import ByokError, ConfigError, ExtractionError, ProviderError, SchemaError
from byok_widgets.grounding import grounded
from byok_widgets.messages import Message, Reply, transcript_of
from byok_widgets.nodes.base import Node
from byok_widgets.nodes.calling import DEADLINE_S, Call, FlowState, perform
from byok_widgets.nodes.extraction_result import Extraction, Status
from byok_widgets.providers.base import OnProgress, OnText, OutputSchema, Provider, StructuredMode
from byok_widgets.schema import Checked, ExtractionSchema
from byok_widgets.showing import Work

Grounding = Literal["flag", "off"]
Example = tuple[Any, Mapping[str, Any]]

_INSTRUCTIONS = """\
You read a dialogue and write down what was said in it, as one JSON object and nothing else.
Use only what is stated in the dialogue. A field that is not stated is null. Never guess or invent a value."""

_REPAIR_CHARS = 4000


class ExtractionNode(Node[Extraction]):
    """A node that reads: it gives values for its fields, each checked here, whatever the provider promised.

    Attributes:
        schema: The fields.
    """

    kind = "extraction"

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
        super().__init__(state, name, model=model)
        if window is not None and window < 1:
            raise ConfigError(
                f"Node {name!r}: window counts messages and is at least 1.", fix="Leave it out for all."
            )
        if grounding not in ("flag", "off"):
            raise ConfigError(f"Node {name!r}: grounding is 'flag' or 'off', not {grounding!r}.")
        self.schema = schema
        self._prompt = prompt
        self._examples = tuple(_example(name, schema, given) for given in examples)
        self._window = window
        self._grounding = grounding
        self._max_tokens = max_tokens
        self._settings = dict(settings or {})

    def run(
        self,
        dialogue: Any,
        *,
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
            model: Model for this call only, `"provider:model-id"` or an id of the flow's provider.
            max_tokens: Most tokens to write.
            deadline_s: Longest time for each of the answers, in seconds.
            show: Whether the fetching of a local model shows in the cell; by default where there is one.
            **settings: Tuning that the provider has, such as `temperature`.

        Raises:
            ExtractionError: The answer is no JSON object, was cut off or declined; `raw_text` holds it.
            MissingKeyError: "No API key configured" for this flow and the model's provider.
            ConfigError: The dialogue is empty, no model is chosen, or an argument cannot be used.
            ProviderError: The provider or the network failed.
            LocalModelError: The local model could not be fetched or started.
        """
        work = self._work(dialogue, model, max_tokens, deadline_s, settings)
        return self._run(work, show=show, show_text=False)

    async def arun(
        self,
        dialogue: Any,
        *,
        model: str | None = None,
        max_tokens: int | None = None,
        deadline_s: float = DEADLINE_S,
        **settings: Any,
    ) -> Extraction:
        """Do the same as `run` in an event loop; cancelling it stops the request."""
        return await self._arun(self._work(dialogue, model, max_tokens, deadline_s, settings))

    def _work(
        self,
        dialogue: Any,
        model: str | None,
        max_tokens: int | None,
        deadline_s: float,
        settings: Mapping[str, Any],
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
            system=self._system(),
            messages=(*self._shots(), _asked(transcript[-self._window :] if self._window else transcript)),
            max_tokens=max_tokens or self._max_tokens,
            settings={**self._settings, **settings},
            deadline_s=deadline_s,
        )

        async def work(on_text: OnText, on_progress: OnProgress) -> Extraction:
            del on_text
            return await self._extract(call, transcript, on_progress)

        return work

    async def _extract(self, call: Call, transcript: tuple[Message, ...], on_progress: OnProgress) -> Extraction:
        reply = await self._ask(call, on_progress)
        try:
            checked = self._read(reply)
            complaint = "; ".join(checked.problems.values())
        except ExtractionError as error:
            checked, complaint, failure = None, error.problem, error
        if complaint and reply.complete:
            repaired = await self._ask(_repair(call, reply, complaint), on_progress)
            reply = _joined(reply, repaired)
            try:
                checked = self._read(reply)
            except ExtractionError as error:
                failure = error
        if checked is None:
            raise failure.at(flow=self._state.config.name, node=self.name, model=reply.model)
        return self._result(checked, reply, transcript)

    async def _ask(self, call: Call, on_progress: OnProgress) -> Reply:
        """Ask for the shape in the strongest way that provider and model take."""
        modes = call.provider.structured_modes
        first = _WEAKER.get(str(call.resolved.ref), 0)
        for number in range(first, len(modes)):
            shaped = replace(call, **self._shaped(call, modes[number]))
            try:
                reply = await perform(shaped, self._state, on_text=_unseen, on_progress=on_progress)
            except ProviderError as error:
                failure: ByokError = error
                if error.kind != "bad_request" or number + 1 == len(modes):
                    break
            else:
                _WEAKER[str(call.resolved.ref)] = number
                return reply
        raise failure

    def _shaped(self, call: Call, mode: StructuredMode) -> dict[str, Any]:
        if mode in ("json_schema", "tool"):
            return {"output": OutputSchema(self.schema.name, self._wire_schema(call.provider), mode)}
        system = f"{call.system}\n\nThe object follows this JSON Schema:\n{json.dumps(self.schema.plain())}"
        output = OutputSchema(self.schema.name, {}, mode) if mode == "json_object" else None
        return {"output": output, "system": system}

    def _wire_schema(self, provider: Provider) -> Mapping[str, Any]:
        return self.schema.for_anthropic() if provider.schema_dialect == "anthropic" else self.schema.strict()

    def _system(self) -> str:
        described = "\n".join(f"- {spec.name}: {spec.summary}" for spec in self.schema.fields)
        return "\n\n".join(part for part in (_INSTRUCTIONS, self._prompt, f"The fields:\n{described}") if part)

    def _shots(self) -> tuple[Message, ...]:
        shots: list[Message] = []
        for transcript, answer in self._examples:
            shots += [_asked(transcript), Message("assistant", answer)]
        return tuple(shots)

    def _read(self, reply: Reply) -> Checked:
        if reply.finish_reason not in ("stop", "tool_call"):
            raise _unusable(reply, f"The model's answer cannot be used: {'; '.join(reply.notices)}.")
        try:
            return self.schema.check(self.schema.read(reply.text))
        except SchemaError as error:
            problem = error.problem
        raise _unusable(reply, problem)

    def _result(self, checked: Checked, reply: Reply, transcript: tuple[Message, ...]) -> Extraction:
        status: dict[str, Status] = dict(checked.status)
        if self._grounding == "flag":
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
            record=self.schema.record(checked.values),
        )


_WEAKER: dict[str, int] = {}
"""For a model that refused a way of asking: the number of the one it took. Kept for the session."""


def _example(node: str, schema: ExtractionSchema, given: Any) -> tuple[tuple[Message, ...], str]:
    try:
        dialogue, values = given
        checked = schema.check({**dict.fromkeys(spec.name for spec in schema.fields), **values})
    except (TypeError, ValueError):
        checked = None
    if checked is None:
        raise ConfigError(
            f"Node {node!r}: an example is a pair of a dialogue and its values.",
            fix='Write it like ("I am Ana", {"name": "Ana"}).',
        )
    if checked.problems:
        raise ConfigError(
            f"Node {node!r}: an example does not fit the fields: {'; '.join(checked.problems.values())}."
        )
    return transcript_of(dialogue), json.dumps(schema.wire(checked.values), ensure_ascii=False)


def _asked(transcript: tuple[Message, ...]) -> Message:
    if len(transcript) == 1:
        return Message("user", transcript[0].content)
    return Message("user", "\n".join(f"{message.role}: {message.content}" for message in transcript))


def _repair(call: Call, reply: Reply, complaint: str) -> Call:
    asked = f"That does not fit: {complaint}. Write the whole object again; null where nothing is stated."
    return replace(
        call, messages=(*call.messages, Message("assistant", reply.text[:_REPAIR_CHARS]), Message("user", asked))
    )


def _joined(first: Reply, second: Reply) -> Reply:
    """Return the second answer, with what both took."""
    return replace(
        second,
        usage=first.usage + second.usage,
        price=lambda: first.cost + second.cost,
        latency_s=first.latency_s + second.latency_s,
        time_to_first_token_s=first.time_to_first_token_s,
        attempts=first.attempts + second.attempts,
        notices=(*second.notices, "asked twice: the first answer did not fit the fields"),
    )


def _unusable(reply: Reply, problem: str) -> ExtractionError:
    error = ExtractionError(
        problem,
        cause=f'The model wrote: "{reply.text[:120]}"' if reply.text else "",
        fix="Run it again, raise max_tokens, give examples=, or choose a more capable model for this node.",
        attempts=reply.attempts,
        request_id=reply.request_id,
        partial_text=reply.text,
    )
    error.raw_text = reply.text
    return error


def _unseen(_: str) -> None:
    """JSON on its way is nothing to look at."""
