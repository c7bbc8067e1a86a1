"""`FlowConfig`: what a click in the panel and a line in a cell both write."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from byok_widgets.config.base_url import BaseUrl
from byok_widgets.config.key_references import KeyReferences
from byok_widgets.config.model_ref import ModelRef
from byok_widgets.config.settings_file import Data
from byok_widgets.config.settings_store import SettingsStore
from byok_widgets.errors import ConfigError
from byok_widgets.messages import ModelSource
from byok_widgets.misplaced_keys import reject_key
from byok_widgets.strict_attributes import nearest

START_PROVIDER = "local"
"""A new flow starts on the embedded local model, which needs no key."""


@dataclass(frozen=True)
class ResolvedModel:
    """The model that will run, and where that choice came from."""

    ref: ModelRef
    source: ModelSource


class FlowConfig(SettingsStore):
    """The settings of one flow: observable, saved at each change, without any key.

    A change is on screen and on disk when the setter returns. Where it cannot be saved it still holds for this
    session, and `notice` says why. A change that holds what looks like an API key is refused with a
    `KeyFormatError`: settings are shown, saved and copied.
    """

    def __init__(
        self,
        name: str,
        *,
        providers: Collection[str],
        start_models: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        """Open the settings of the flow called `name`, or start new ones.

        Args:
            name: Any text of 1 to 300 characters; names that are equal after Unicode NFC are the same flow.
            providers: Names of the known providers.
            start_models: Default model of a provider for which nothing was chosen yet.
            folder: Where the files rest; the user's config folder by default.

        Raises:
            ConfigError: The name cannot be used.
        """
        super().__init__(name, folder)
        self._providers = tuple(providers)
        self._start_models = dict(start_models or {})

    def __repr__(self) -> str:
        return f"FlowConfig({self.name!r}, provider={self.provider!r}, model={self.model!r})"

    @property
    def provider(self) -> str:
        """Name of the provider that bare model ids mean."""
        saved = self._data.get("provider")
        return saved if saved in self._providers else START_PROVIDER

    @provider.setter
    def provider(self, name: str) -> None:
        known = self.known_provider(name)
        self._write("provider", lambda data: data.update(provider=known))

    def known_provider(self, name: str) -> str:
        """Return the name of the provider that is meant, in whatever case it is written.

        Raises:
            ConfigError: There is none of that name.
        """
        reject_key(name)
        lower = str(name).strip().lower()
        if lower in self._providers:
            return lower
        near = nearest(lower, self._providers)
        meant = f"Did you mean {near!r}? " if near else ""
        raise ConfigError(
            f"There is no provider {name!r}.",
            kind="unknown_provider",
            fix=f"{meant}Choose one of: {', '.join(self._providers)}.",
        )

    @property
    def model(self) -> str | None:
        """Default model of the provider: an id without the provider's name; `None` when none is chosen."""
        return self.model_of(self.provider)

    @model.setter
    def model(self, text: str | None) -> None:
        ref = None if text is None else self.ref(text)
        provider = ref.provider if ref else self.provider

        def change(data: Data) -> None:
            if ref:
                data["provider"] = provider
            _put(data, "models", provider, ref.model if ref else None)

        self._write("model", change)

    def model_of(self, provider: str) -> str | None:
        """Return the default model chosen for `provider`; each provider remembers its own."""
        value = self._section("models").get(provider)
        return value if isinstance(value, str) else self._start_models.get(provider)

    def ref(self, text: str) -> ModelRef:
        """Read a model ref; a bare id means this flow's provider."""
        return ModelRef.parse(text, default_provider=self.provider, providers=self._providers)

    def override(self, node: str) -> str | None:
        """Return the model override of a node, as it was given; `None` when it uses the default."""
        value = self._section("overrides").get(node)
        return value if isinstance(value, str) else None

    def set_override(self, node: str, text: str | None) -> None:
        """Give a node its own model, or with `None` the default back.

        The ref is saved with its provider, so that it stays the same model when the flow's provider changes.
        """
        self.set_overrides({node: text})

    def set_overrides(self, models: Mapping[str, str | None]) -> None:
        """Do what `set_override` does for several nodes, all of them or none."""
        values = {node: None if text is None else str(self.ref(text)) for node, text in models.items()}

        def change(data: Data) -> None:
            for node, value in values.items():
                _put(data, "overrides", node, value)

        self._write("override", change)

    def node_settings(self, node: str) -> Mapping[str, Any]:
        """Return the tuning that was set for a node, by name; `None` leaves it to the provider."""
        entries = self._section("tuning").get(node)
        return copy.deepcopy(entries) if isinstance(entries, dict) else {}

    def update_settings(self, node: str, values: Mapping[str, Any], *, unset: Collection[str] = ()) -> None:
        """Set tuning of a node, and take back what was set of it.

        Args:
            node: Name of the node.
            values: Values that JSON can hold, by name.
            unset: Names whose values are removed.
        """

        def change(data: Data) -> None:
            section = data.get("tuning")
            before = section.get(node) if isinstance(section, dict) else None
            entries = {**(before if isinstance(before, dict) else {}), **copy.deepcopy(dict(values))}
            kept = {name: value for name, value in entries.items() if name not in unset}
            _put(data, "tuning", node, kept or None)

        self._write("tuning", change)

    @property
    def judge_model(self) -> str | None:
        """Model that judges prompt conditions; `None` for that of the node whose edges are judged."""
        value = self._data.get("judge_model")
        return value if isinstance(value, str) else None

    @judge_model.setter
    def judge_model(self, text: str | None) -> None:
        value = None if text is None else str(self.ref(text))
        self._write("override", lambda data: data.update(judge_model=value))

    def base_url(self, provider: str) -> str | None:
        """Return the address that replaces the provider's own; `None` when it is the usual one."""
        value = self._section("base_urls").get(provider)
        return value if isinstance(value, str) else None

    def set_base_url(self, provider: str, text: str | None) -> None:
        """Send this flow's calls for `provider` to another address, or with `None` to the usual one.

        Raises:
            ConfigError: Not an https address, nor http to this machine.
        """
        value = None if not text else BaseUrl.parse(text).url
        self._write("base_url", lambda data: _put(data, "base_urls", provider, value))

    @property
    def key_references(self) -> MutableMapping[str, str]:
        """Where keys are named rather than held: slot to `env:NAME`. Names only, never a key."""
        return KeyReferences(
            lambda: self._section("key_references"),
            lambda slot, name: self._write("key", lambda data: _put(data, "key_references", slot, name)),
        )

    def resolve(self, node: str, argument: str | None = None, *, own: str | None = None) -> ResolvedModel:
        """Say which model runs a node: call argument > node override > flow default.

        Args:
            node: Name of the node.
            argument: Model given with this call.
            own: Model given where the node was defined; an override set in the panel or by `node.model` wins.

        Raises:
            ConfigError: No model is chosen anywhere. The message names the node.
        """
        if argument is not None:
            return ResolvedModel(self.ref(argument), "call argument")
        override = self.override(node) or own
        if override:
            return ResolvedModel(self.ref(override), "node override")
        if self.model:
            return ResolvedModel(ModelRef(self.provider, self.model), "flow default")
        raise ConfigError(
            f"No model is chosen for node {node!r} of flow {self.name!r}.",
            kind="no_model",
            cause=f"The flow's provider is {self.provider!r}, and no default model of it is set.",
            fix='Pick a default model in Settings, or write flow.model = "model-id".',
        )


def _put(data: Data, section: str, name: str, value: Any) -> None:
    entries = data.setdefault(section, {})
    if not isinstance(entries, dict):
        entries = data[section] = {}
    if value is None:
        entries.pop(name, None)
    else:
        entries[name] = value
