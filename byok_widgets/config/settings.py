"""`Settings`: an immutable snapshot of a flow's settings."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from byok_widgets.config.turn_limits import TurnLimits

T = TypeVar("T")

Document = dict[str, Any]
"""The settings as they are in the file, including damaged fields and those of later versions."""

Change = Callable[[Document], None]
"""Changes a document in place; applying it twice has the same effect as applying it once."""

START_PROVIDER = "local"
"""A new flow starts on the embedded local model, which needs no key."""


@dataclass(frozen=True)
class Defaults:
    """The values used where nothing has been chosen.

    Attributes:
        providers: Names of the known providers; a flow with another saved provider uses `START_PROVIDER`.
        models: Default model of each provider for which none has been chosen.
    """

    providers: tuple[str, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """A snapshot of a flow's settings.

    Readers need no lock, and the values they read are consistent. A damaged part of the file counts as not set,
    and stays in the file unchanged.

    Attributes:
        provider: Name of the provider used for bare model ids.
        models: Chosen default model of each provider.
        overrides: Model override of each node.
        judge_model: Model that judges prompt conditions; `None` if none is chosen.
        node_settings: Model settings of each node, by name.
        base_urls: Address of each provider that does not use its default.
        key_references: Where each key is found. Never a key.
        turn_limits: What one turn of a session may take.
        test_sentences: Sentences saved for trying out the flow.
        document: The contents of the file.
        defaults: The values used where nothing has been chosen.
    """

    provider: str
    models: Mapping[str, str]
    overrides: Mapping[str, str]
    judge_model: str | None
    node_settings: Mapping[str, Mapping[str, Any]]
    base_urls: Mapping[str, str]
    key_references: Mapping[str, str]
    turn_limits: TurnLimits
    test_sentences: tuple[str, ...]
    document: Mapping[str, Any] = field(repr=False)
    defaults: Defaults = field(repr=False)

    @classmethod
    def parse(cls, document: Document, defaults: Defaults) -> Settings:
        """Parse a document; values of the wrong type count as not set."""
        provider, judge_model = document.get("provider"), document.get("judge_model")
        return cls(
            provider=provider if provider in defaults.providers else START_PROVIDER,
            models=_entries(document.get("models"), str),
            overrides=_entries(document.get("overrides"), str),
            judge_model=judge_model if isinstance(judge_model, str) else None,
            node_settings=_entries(document.get("tuning"), dict),  # their name in files, from the first version on
            base_urls=_entries(document.get("base_urls"), str),
            key_references=_entries(document.get("key_references"), str),
            turn_limits=TurnLimits.parse(document.get("turn_limits")),
            test_sentences=_texts(document.get("test_sentences")),
            document=MappingProxyType(document),
            defaults=defaults,
        )

    @property
    def model(self) -> str | None:
        """Default model of the flow's provider; `None` if none is chosen."""
        return self.model_of(self.provider)

    def model_of(self, provider: str) -> str | None:
        """Return the default model of `provider`; `None` if none is chosen."""
        return self.models.get(provider, self.defaults.models.get(provider))

    def changed(self, *changes: Change) -> Settings:
        """Return the settings after `changes`."""
        document = copy.deepcopy(dict(self.document))
        for change in changes:
            change(document)
        return self.parse(document, self.defaults)


def put(document: Document, section: str, name: str, value: Any) -> None:
    """Set an entry of a section, or remove it with `None`; a damaged section is replaced."""
    entries = document.setdefault(section, {})
    if not isinstance(entries, dict):
        entries = document[section] = {}
    if value is None:
        entries.pop(name, None)
    else:
        entries[name] = value


def _entries(section: Any, kind: type[T]) -> Mapping[str, T]:
    if not isinstance(section, dict):
        return MappingProxyType({})
    return MappingProxyType({name: value for name, value in section.items() if isinstance(value, kind)})


def _texts(section: Any) -> tuple[str, ...]:
    return tuple(text for text in section if isinstance(text, str)) if isinstance(section, list) else ()
