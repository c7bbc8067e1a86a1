"""`Flow`: one configuration, its keys, and its nodes.

Floor 3: knows nodes and what is below; reaches the screen only through `frontend`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from byok_widgets.config import FlowConfig, checked_name
from byok_widgets.errors import ConfigError
from byok_widgets.frontend import frontend
from byok_widgets.keys import KeyStore
from byok_widgets.nodes import ConversationNode, ExtractionNode
from byok_widgets.nodes.calling import FlowState
from byok_widgets.nodes.extraction import Example, Grounding
from byok_widgets.providers import PROVIDERS, local_models
from byok_widgets.schema import ExtractionSchema

AnyNode = ConversationNode | ExtractionNode
N = TypeVar("N", ConversationNode, ExtractionNode)

_states: dict[str, FlowState] = {}
_lock = threading.Lock()


class Flow:
    """A flow under its name: what the panel shows and what cells use are this one object's settings.

    Two `Flow("dentist")` in one kernel share settings and keys; flows with other names share nothing.

    Attributes:
        global_prompt: Stands before the prompt of every conversation node.
    """

    def __init__(self, name: str) -> None:
        """Open the flow's settings, or start new ones on the embedded local model.

        Args:
            name: Any text of 1 to 300 characters.

        Raises:
            ConfigError: The name cannot be used.
        """
        self._state = _state(name)
        self._nodes: dict[str, AnyNode] = {}

    def __repr__(self) -> str:
        nodes = ", ".join(f"{node.kind} {name!r}" for name, node in self._nodes.items()) or "no nodes yet"
        return f"Flow({self.name!r}, {self.config.provider}:{self.config.model or 'no model chosen'}, {nodes})"

    @property
    def name(self) -> str:
        """The flow's name."""
        return self.config.name

    @property
    def config(self) -> FlowConfig:
        """The flow's settings, observable."""
        return self._state.config

    @property
    def key_store(self) -> KeyStore:
        """Where this flow's keys rest. It gives out no key."""
        return self._state.key_store

    @property
    def provider(self) -> str:
        """Name of the provider that bare model ids mean: openai, anthropic, openrouter, compatible or local."""
        return self.config.provider

    @provider.setter
    def provider(self, name: str) -> None:
        self.config.provider = name

    @property
    def model(self) -> str | None:
        """Default model, used by every node without an override."""
        return self.config.model

    @model.setter
    def model(self, text: str | None) -> None:
        self.config.model = text

    @property
    def global_prompt(self) -> str:
        """Stands before the prompt of every conversation node; may hold `{{variables}}`."""
        return self._state.global_prompt

    @global_prompt.setter
    def global_prompt(self, text: str) -> None:
        self._state.global_prompt = text

    def set_base_url(self, provider: str, url: str | None) -> None:
        """Send this flow's calls for `provider` to another address, or with `None` to the usual one.

        A key is bound to its address: a key saved for one host is never sent to another.

        Raises:
            ConfigError: No such provider, or not an https address, nor http to this machine.
        """
        if provider not in PROVIDERS:
            raise ConfigError(f"There is no provider {provider!r}.", fix=f"Choose one of: {', '.join(PROVIDERS)}.")
        self.config.set_base_url(provider, url)

    def use_key(self, reference: str, *, provider: str | None = None) -> None:
        """Use the API key that an environment variable holds, by its name `env:NAME`.

        Only the name is kept. There is no way to pass a key itself in code: a key typed in a cell would be saved
        with the notebook. Paste it in `flow.settings()`.

        Raises:
            KeyFormatError: Not the name of a variable.
        """
        chosen = PROVIDERS[provider or self.provider]
        host = chosen.address(self.config.base_url(chosen.name)).host
        self.key_store.refer(chosen.name, host, reference)
        self.config.announce("key")

    @property
    def nodes(self) -> Mapping[str, AnyNode]:
        """The nodes by name, in the order they were made."""
        return dict(self._nodes)

    def node(self, name: str) -> AnyNode:
        """Return a node.

        Raises:
            ConfigError: There is none of that name.
        """
        if name not in self._nodes:
            known = ", ".join(map(repr, self._nodes)) or "none yet"
            raise ConfigError(f"Flow {self.name!r} has no node {name!r}.", fix=f"Its nodes: {known}.")
        return self._nodes[name]

    def conversation(
        self,
        name: str,
        prompt: str,
        /,
        *,
        static: bool = False,
        model: str | None = None,
        max_tokens: int | None = None,
        **settings: Any,
    ) -> ConversationNode:
        """Make a node that speaks; a node of the same name is replaced, so that a cell can be run again.

        Args:
            name: The node's name.
            prompt: Instructions for the model; `{{name}}` stands for a variable.
            static: Speak `prompt` as it is on the first visit, without a model.
            model: Model override of this node.
            max_tokens: Most tokens of an answer.
            **settings: Tuning that the provider has, such as `temperature`.
        """
        return self._add(
            ConversationNode(
                self._state, name, prompt, static=static, model=model, max_tokens=max_tokens, settings=settings
            )
        )

    def extraction(
        self,
        name: str,
        /,
        schema: Any = None,
        *,
        fields: Mapping[str, Any] | None = None,
        prompt: str = "",
        examples: Iterable[Example] = (),
        window: int | None = None,
        grounding: Grounding = "flag",
        model: str | None = None,
        max_tokens: int | None = None,
        settings: Mapping[str, Any] | None = None,
        **field_types: Any,
    ) -> ExtractionNode:
        """Make a node that reads values out of a dialogue; a node of the same name is replaced.

        Give the fields in one of three ways: as keywords (`weekday=["Mon", "Tue"], urgent=bool`), as a pydantic
        class, or as a JSON Schema. A field whose name is an argument here goes into `fields`.

        Args:
            name: The node's name.
            schema: A pydantic class or a JSON Schema.
            fields: Fields by name.
            prompt: Instructions beside the fields.
            examples: Pairs of a dialogue and its values; they help small models much.
            window: Read only this many of the last messages; by default all.
            grounding: `"flag"` marks strings that do not occur in the dialogue; `"off"` does not look.
            model: Model override of this node.
            max_tokens: Most tokens of an answer.
            settings: Tuning that the provider has, such as `temperature`.
            **field_types: Fields: a type, a list of the allowed values, or a `Field`.

        Raises:
            SchemaError: The fields or the schema cannot be extracted.
        """
        given = {**(fields or {}), **field_types} or None
        return self._add(
            ExtractionNode(
                self._state,
                name,
                ExtractionSchema.of(schema, fields=given, name=name),
                prompt=prompt,
                examples=examples,
                window=window,
                grounding=grounding,
                model=model,
                max_tokens=max_tokens,
                settings=settings,
            )
        )

    def settings(self) -> Any:
        """Return the settings panel, to be shown as the last line of a cell."""
        return frontend().settings(self)

    def _add(self, node: N) -> N:
        self._nodes[node.name] = node
        self.config.announce("nodes")
        return node


def _state(name: str) -> FlowState:
    """Return what all flows of this name share in this process."""
    name = checked_name(name)
    with _lock:
        if name not in _states:
            start = {"local": local_models.default_model()}
            config = FlowConfig(name, providers=tuple(PROVIDERS), start_models=start)
            _states[name] = FlowState(config, KeyStore(name, config.key_references))
        return _states[name]
