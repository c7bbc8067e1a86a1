"""`Call`: what a node asks of a model, and how that becomes a request to its provider."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from byok_widgets.attributes.strict import nearest, unknown_name_error
from byok_widgets.config import ResolvedModel
from byok_widgets.engine import Deadline
from byok_widgets.messages import Message
from byok_widgets.misplaced_keys import all_names, all_texts, key_in_call
from byok_widgets.nodes.node_settings import LIMIT, checked
from byok_widgets.providers import PROVIDERS, OutputSchema, Provider, Request
from byok_widgets.providers.allowance import Allowance
from byok_widgets.providers.base import sentence
from byok_widgets.schema.profile import SchemaProfile
from byok_widgets.secrets import are_clear_of_held_keys, contains_held_key, redact_held_in
from byok_widgets.secrets.json_redaction import redact_keys, texts_in
from byok_widgets.sent_request import Compose, SentRequest
from byok_widgets.surrogates import without_surrogates

_ARGUMENTS = ("deadline_s", "history", "max_tokens", "model", "show", "variables")
"""Arguments of a call other than settings: a misspelt one arrives among the settings."""


@dataclass(frozen=True)
class Call:
    """What a node asks of a model.

    Attributes:
        deadline: The time that the answer may take in all, repairs included; downloading a model does not count.
        compose: Makes `messages` again, where they are long texts made from the dialogue.
        allowance: What is left of the requests for one answer; retries and repairs share it.
        limit_setting: What a person sets to limit `max_tokens`, for advice.
    """

    node: str
    resolved: ResolvedModel
    system: str
    messages: tuple[Message, ...]
    max_tokens: int | None = None
    output: OutputSchema | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    deadline: Deadline = field(default_factory=Deadline)
    compose: Compose | None = None
    allowance: Allowance = field(default_factory=Allowance, repr=False, compare=False)
    limit_setting: str = "max_tokens of the node"

    def sent(self, request: Request, left_out: Collection[str] = ()) -> SentRequest:
        """Return the call as it is sent, without settings that were left out, for people to look at."""
        output = request.output
        return SentRequest(
            node=self.node,
            model=str(self.resolved.ref),
            system=request.system,
            messages=self.compose or request.messages,
            schema=output.schema if output else None,
            mode=output.mode if output else "",
            max_tokens=None if LIMIT in left_out else request.max_tokens,
            settings={name: value for name, value in request.settings.items() if name not in left_out},
            left_out=left_out,
        )

    def without_held_keys(self) -> Call:
        """Return the call with `[API key]` in place of what is in it of keys held here; itself if it has none.

        Raises:
            KeyFormatError: The model, a setting or the name of a field has one, which cannot be left out.
        """
        texts = (self.system, *[message.content for message in self.messages])
        shape = self.output.schema if self.output else {}
        fixed = (self.resolved.ref.model, *all_texts(self.settings))
        if are_clear_of_held_keys((*fixed, *texts, *all_texts(shape))):
            return self
        # Whole: a piece of a key may be a word of a name.
        if contains_held_key((*fixed, *all_names(shape))):
            raise key_in_call()
        if are_clear_of_held_keys((*texts, *texts_in(shape))):
            return self
        system, *contents = redact_held_in(texts)
        spoken = zip(self.messages, contents, strict=True)
        messages = tuple(replace(message, content=content) for message, content in spoken)
        output = self.output and self.output._replace(schema=redact_keys(shape))
        return replace(self, system=system, messages=messages, output=output, compose=None)

    @property
    def chars(self) -> int:
        """How long its texts are."""
        return len(self.system) + sum(len(message.content) for message in self.messages)

    @cached_property
    def provider(self) -> Provider:
        """The provider of the chosen model."""
        return PROVIDERS[self.resolved.ref.provider]

    @property
    def schema_profile(self) -> SchemaProfile:
        """The rules for a schema that goes with the call."""
        return self.provider.schema_profile.within(self.max_tokens)

    def request(self) -> Request:
        """Return the call as a request to the provider.

        Raises:
            ConfigError: A setting that this provider does not have, or a value that is not allowed.
        """
        known = self.provider.settings
        for name in sorted(self.settings.keys() - known):
            meant = {nearest(name, _ARGUMENTS)} - {""}
            raise unknown_name_error(
                sentence(f"{self.provider.in_text} has no setting {name!r}."),
                name,
                known | meant,
                self.settings[name],
            )
        return Request(
            model=self.resolved.ref.model,
            messages=self.messages,
            system=without_surrogates(self.system),
            max_tokens=None if self.max_tokens is None else checked(LIMIT, self.max_tokens, node=self.node),
            output=self.output,
            settings={name: checked(name, value, node=self.node) for name, value in self.settings.items()},
            allowance=self.allowance,
            limit_setting=self.limit_setting,
        )
