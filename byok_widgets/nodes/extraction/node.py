"""`ExtractionNode`: turns a dialogue into typed variables."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from byok_widgets.engine.callbacks import OnProgress, OnText
from byok_widgets.engine.sync_runner import Work
from byok_widgets.errors import ConfigError, SchemaError
from byok_widgets.findings import Finding, Fix
from byok_widgets.messages import transcript_of
from byok_widgets.nodes.base import Node, NodeInput
from byok_widgets.nodes.examples import Examples, GivenExample
from byok_widgets.nodes.extraction.layered_examples import LayeredExamples
from byok_widgets.nodes.extraction.layered_locale import LayeredLocale
from byok_widgets.nodes.extraction.result import Extraction
from byok_widgets.nodes.extraction.run import ExtractionRun, last_of
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.grounding_choice import Grounding, NodeGrounding, checked_node_grounding
from byok_widgets.nodes.model_node import ModelNode
from byok_widgets.nodes.own_setting import OwnSetting
from byok_widgets.schema import ExtractionSchema, FieldSpec
from byok_widgets.schema.json_schemas.schema_refs import branches, types_in


class ExtractionNode(ModelNode[Extraction]):
    """A node that reads values for its fields, each checked here, whatever the provider promises.

    Attributes:
        prompt: Instructions in addition to the fields; may contain `{{variables}}`.
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
        examples: Iterable[GivenExample] = (),
        window: int | None = None,
        grounding: NodeGrounding | None = None,
        locale: str | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(context, name, model=model, max_tokens=max_tokens, settings=settings)
        self._schema = schema
        self.prompt = prompt
        self._examples = LayeredExamples(schema, name, examples)
        self.window = window
        self.grounding = grounding
        self._locale = LayeredLocale(locale)

    @property
    def schema(self) -> ExtractionSchema:
        """The fields."""
        return self._schema

    @property
    def examples(self) -> Examples:
        """Example dialogues with their values, shown to the model: those it was created with, then those taught.

        Setting them replaces all of them.
        """
        return self._examples.all

    @examples.setter
    def examples(self, given: Iterable[GivenExample]) -> None:
        self._examples.replace(given)

    def teach(self, dialogue: Any, values: Mapping[str, Any]) -> None:
        """Add an example: a dialogue and the values that are in it.

        It is shown to the model with each call, is saved in the flow's file, and stays when the cell that creates
        the node is run again. A dialogue that is known already gets the new values. Two examples of this node's
        own fields help a small model much; examples of other fields do not.

        Args:
            dialogue: What was said, in any form that `run` takes, or a result of `run`, which holds its dialogue.
            values: The right value of each field; a field that is missing or `None` is not stated.

        Raises:
            ConfigError: The values do not fit the fields, or nothing is said in the dialogue.
            KeyFormatError: It contains an API key.
        """
        self._examples.teach(dialogue, values)
        self._context.config.notify("nodes")

    def forget(self, number: int) -> None:
        """Remove the example of this number in `examples`; -1 is the last one.

        Raises:
            ConfigError: There is no such example.
        """
        self._examples.forget(number)
        self._context.config.notify("nodes")

    def take_over(self, replaced: Node[Any]) -> None:
        """Keep what the node was taught that this one replaces."""
        if isinstance(replaced, ExtractionNode):
            self._take_over(replaced)

    @property
    def codes(self) -> tuple[object, ...]:
        """The class or the types of its fields, which may have validators."""
        return self.schema.codes

    def frozen(self, context: FlowContext) -> Self:
        """Return the node as it is now, with the examples that it has been taught."""
        same = super().frozen(context)
        vars(same).update(_examples=copy.copy(self._examples), _locale=copy.copy(self._locale))
        return same

    def _take_over(self, replaced: ExtractionNode) -> None:
        self._examples.take_over(replaced._examples)
        self._locale.take_over(replaced._locale)

    @property
    def window(self) -> int | None:
        """How many of the last messages are read; `None` for all."""
        return self._window

    @window.setter
    def window(self, count: int | None) -> None:
        if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 1):
            raise ConfigError(
                f"Node {self.name!r}: window counts messages and is at least 1, not {count!r}.",
                fix="Leave it out for all.",
            )
        self._window = count

    @property
    def grounding(self) -> NodeGrounding:
        """What happens to a value that the dialogue does not support.

        `"flag"` marks texts and dates, `"require"` counts them as not stated, `"literal"` also counts choices,
        numbers, and a yes or no as not stated, `"off"` does not check, and `"auto"` depends on the model.
        `{"address": "require"}` names single fields; the others are as the flow's `grounding` says. Setting `None`
        leaves all of them to the flow.
        """
        own = self._grounding or self._context.grounding
        return own if isinstance(own, str) else dict(own)

    @grounding.setter
    def grounding(self, choice: NodeGrounding | None) -> None:
        who = f"Node {self.name!r}"
        self._grounding = None if choice is None else checked_node_grounding(choice, who, self.writes)

    def _groundings(self) -> dict[str, Grounding]:
        """Return what holds for each field."""
        own, flows = self.grounding, self._context.grounding
        return {name: own if isinstance(own, str) else own.get(name, flows) for name in self.writes}

    @property
    def locale(self) -> str | None:
        """How numbers and dates are written in the dialogues of this node; by default as the flow's `locale` says.

        Setting it, also to `None` for the flow's, stays when the cell that creates the node is run again; deleting
        it restores what the node was created with.
        """
        return self._locale.tag or self._context.locale

    @locale.setter
    def locale(self, tag: str | None) -> None:
        self._locale.set(tag)
        self._context.config.notify("nodes")

    @locale.deleter
    def locale(self) -> None:
        self._locale.reset()
        self._context.config.notify("nodes")

    @property
    def own_settings(self) -> tuple[OwnSetting, ...]:
        """Its locale."""
        return (self._locale.setting(self._context.locale),)

    @property
    def teachable(self) -> ExtractionNode:
        """Itself: each can be taught."""
        return self

    def run(
        self,
        dialogue: Any,
        *,
        variables: Mapping[str, Any] | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        deadline_s: float | None = None,
        show: bool | None = None,
        **settings: Any,
    ) -> Extraction:
        """Read values from a dialogue and return them, checked.

        A value that was not stated is `None` with status `not_stated`. Types are coerced only without loss ("36"
        is 36 for an int, "about 36" is invalid), for all providers alike. An answer that does not fit is sent back
        for repair once. At most five requests are sent in all, those included in which something that the endpoint
        refused is left out or asked for in a weaker way. Retries after faults that pass, such as a rate limit or a
        broken connection, come on top; `deadline_s` bounds them.

        Args:
            dialogue: A string, a reply, a session, or a list of messages; all of it is read unless the node has a
                `window`.
            variables: Values for `{{name}}` in the prompt.
            model: Model for this call only, `"provider:model-id"` or an id of the flow's provider.
            max_tokens: Maximum number of tokens to write.
            deadline_s: Time limit for the values in seconds, including retries and a repair. By default it is 600,
                and retries without success end after 120.
            show: Whether to show the download of a local model in the cell; by default, if there is one.
            **settings: Model settings that the provider supports, such as `temperature`.

        Raises:
            ExtractionError: The answer is not a JSON object, was cut off or declined; it is in `raw_text`.
            MissingKeyError: "No API key configured" for this flow and the model's provider.
            TemplateError: The prompt names a variable without a value.
            ConfigError: The dialogue is empty, no model is chosen, or an argument cannot be used.
            ProviderError: The provider or the network failed.
            LocalModelError: The local model could not be fetched or started.
        """
        given = NodeInput.alone(
            transcript_of(dialogue),
            variables=variables,
            model=model,
            max_tokens=max_tokens,
            deadline_s=deadline_s,
            settings=settings,
        )
        return self._run(self.prepare(given), show=show, show_text=False)

    async def arun(
        self,
        dialogue: Any,
        *,
        variables: Mapping[str, Any] | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        deadline_s: float | None = None,
        **settings: Any,
    ) -> Extraction:
        """Async variant of `run`; cancelling it stops the request."""
        given = NodeInput.alone(
            transcript_of(dialogue),
            variables=variables,
            model=model,
            max_tokens=max_tokens,
            deadline_s=deadline_s,
            settings=settings,
        )
        return await self._arun(self.prepare(given))

    def prepare(self, given: NodeInput) -> Work[Extraction]:
        """Return the work of reading the dialogue.

        Raises:
            ConfigError: The dialogue is empty.
        """
        if not any(message.content.strip() for message in last_of(given.messages, self.window)):
            raise ConfigError(
                f"Node {self.name!r} was given an empty dialogue.",
                kind="dialogue",
                fix="Give it text or messages.",
            )

        async def work(on_text: OnText, on_progress: OnProgress) -> Extraction:
            del on_text
            run = ExtractionRun(
                context=self._context,
                schema=self.schema,
                examples=self.examples,
                window=self.window,
                groundings=self._groundings(),
                locale=self.locale,
            )
            return await run.execute(await self.prepare_call(given), on_progress)

        return work

    @property
    def writes(self) -> tuple[str, ...]:
        """The names of its fields."""
        return tuple(spec.name for spec in self.schema.fields)

    @property
    def surely_writes(self) -> tuple[str, ...]:
        """None: whatever it is to read may not have been said."""
        return ()

    def check(self) -> Iterator[Finding]:
        """Yield an example that no longer fits, and grounding that does nothing as no field holds words."""
        for problem in self._examples.unfit:
            fix = "It is no longer used. Teach the node another one, with its current fields."
            yield Finding("unfit_example", "warning", self.name, problem, fix)
        idle, rest = self._idle_grounding()
        if idle:
            problem = f'Node {self.name!r} has grounding="require"{idle}.'
            fix = "Choices and numbers may be conclusions, and are marked at most; read them with care."
            by = Fix("paste", f"flow.node({self.name!r}).grounding = {rest}")
            yield Finding("grounding", "warning", self.name, problem, fix, by)

    def _idle_grounding(self) -> tuple[str, NodeGrounding | None]:
        """Return what is required in vain, in words, and the node's grounding without it."""
        own, silent = self._grounding, {spec.name for spec in self.schema.fields if not _may_hold_words(spec)}
        if own is None or isinstance(own, str):
            is_idle = own == "require" and silent == set(self.writes)
            return (", and no field that it refuses a value of" if is_idle else ""), None
        idle = [name for name, choice in own.items() if choice == "require" and name in silent]
        words = f" for {', '.join(map(repr, idle))}, of which it refuses no value" if idle else ""
        return words, {name: choice for name, choice in own.items() if name not in idle} or None

    def field(self, name: str) -> FieldSpec | None:
        """Return the field of this name."""
        return next((spec for spec in self.schema.fields if spec.name == name), None)

    def describe(self) -> list[str]:
        """Return its kind with its fields, and its model override."""
        kind, *model = super().describe()
        return [f"{kind} of {', '.join(self.writes)}", *model]

    def to_data(self, saved: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a flow file stores for it; saved examples keep their unknown fields."""
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
            **({} if self._grounding is None else {"grounding": self.grounding}),
            **({} if self._locale.tag is None else {"locale": self._locale.tag}),
        }

    @classmethod
    def from_data(cls, context: FlowContext, name: str, data: dict[str, Any]) -> ExtractionNode:
        """Create the node from a flow file's data; its examples stay in `data`, to keep their unknown fields."""
        known = {
            key: data.pop(key)
            for key in ("window", "grounding", "locale", "prompt", "max_tokens", "settings")
            if key in data
        }
        examples = [(example["dialogue"], example["values"]) for example in data.get("examples", [])]
        return cls(context, name, _schema(name, data.pop("schema")), examples=examples, **known)


def _may_hold_words(spec: FieldSpec) -> bool:
    """Whether a field may hold texts or dates, which must have been said."""
    found = branches(spec.schema, spec.definitions)
    kinds = frozenset[str]().union(*map(types_in, found))
    texts = [branch for branch in found if "string" in types_in(branch)]
    are_free = any(not {"enum", "const"} & set(branch) for branch in texts)
    return are_free or bool(kinds & {"array", "object"}) or not kinds


def _known_of(example: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an example that this version knows."""
    dialogue = [{name: message[name] for name in ("role", "content")} for message in example["dialogue"]]
    return {"dialogue": dialogue, "values": example["values"]}


def _schema(node: str, definition: Mapping[str, Any]) -> ExtractionSchema:
    try:
        return ExtractionSchema.of(definition, name=node)
    except SchemaError as error:
        problem = error
    raise SchemaError(f'"schema" of node {node!r}: {problem.problem}', fix=problem.fix)
