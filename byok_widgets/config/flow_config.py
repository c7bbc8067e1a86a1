"""`FlowConfig`: what a click in the panel and a line in a cell both write."""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from byok_widgets.config.base_url import BaseUrl
from byok_widgets.config.model_ref import ModelRef
from byok_widgets.config.storage import ConfigFile, Data, checked_name
from byok_widgets.errors import ConfigError
from byok_widgets.keys import refuse_key
from byok_widgets.messages import ModelSource
from byok_widgets.unknown import nearest

START_PROVIDER = "local"
"""A new flow starts on the embedded local model, which needs no key."""

Observer = Callable[[str], None]

_PARTS = {
    "provider": "provider",
    "base_urls": "base_url",
    "key_references": "key",
    "models": "model",
    "overrides": "override",
}
"""Sections of the settings, and what observers are told when one changes, in the panel's order."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ResolvedModel:
    """The model that will run, and where that choice came from."""

    ref: ModelRef
    source: ModelSource


class FlowConfig:
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
        self.name = checked_name(name)
        self._providers = tuple(providers)
        self._start_models = dict(start_models or {})
        self._file = ConfigFile(self.name, folder)
        self._lock = threading.RLock()
        self._observers: list[Observer] = []
        self._data: Data = self._file.load()
        self._unsaved: list[Callable[[Data], None]] = []

    def __repr__(self) -> str:
        return f"FlowConfig({self.name!r}, provider={self.provider!r}, model={self.model!r})"

    @property
    def notice(self) -> str:
        """Why the settings are not saved, or were reset; empty when all is well."""
        return self._file.notice

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer(what)` after each change, in the thread that made it; returns the way to stop that.

        `what` is `"provider"`, `"base_url"`, `"key"`, `"model"` or `"override"`; a change of several is told in
        this order. What another kernel changed is told when it is seen: at this kernel's next change.
        """
        with self._lock:
            self._observers.append(observer)
        return lambda: self._forget(observer)

    def announce(self, what: str) -> None:
        """Tell the observers of a change made beside this object, such as a saved key.

        An observer that fails is logged, by the kind of its fault alone; the others are told all the same.
        """
        with self._lock:
            observers = tuple(self._observers)
        for observer in observers:
            try:
                observer(what)
            except Exception as fault:  # noqa: BLE001 - an observer may be anybody's
                _log.error("An observer of the flow's settings ended in %s.", type(fault).__name__)

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
        refuse_key(name)
        lower = str(name).strip().lower()
        if lower in self._providers:
            return lower
        near = nearest(lower, self._providers)
        meant = f"Did you mean {near!r}? " if near else ""
        raise ConfigError(
            f"There is no provider {name!r}.", fix=f"{meant}Choose one of: {', '.join(self._providers)}."
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
        value = None if text is None else str(self.ref(text))
        self._write("override", lambda data: _put(data, "overrides", node, value))

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
        return _References(self)

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

    def _section(self, name: str) -> Mapping[str, Any]:
        section = self._data.get(name)
        return section if isinstance(section, dict) else {}

    def _write(self, what: str, change: Callable[[Data], None]) -> None:
        _refuse_keys(change)
        with self._lock:
            before, self._data = self._data, self._changed(change)
            told = [
                part
                for section, part in _PARTS.items()
                if part == what or before.get(section) != self._data.get(section)
            ]
        for part in told:
            self.announce(part)

    def _changed(self, change: Callable[[Data], None]) -> Data:
        """Return the settings after `change`, saved if that is possible now, else with the next change."""
        self._unsaved.append(change)
        data = self._file.update(self._make_up, self._data)
        if data is not None:
            self._unsaved.clear()
            return data
        data = copy.deepcopy(self._data)
        change(data)
        return data

    def _make_up(self, data: Data) -> None:
        for change in self._unsaved:
            change(data)

    def _forget(self, observer: Observer) -> None:
        with self._lock:
            if observer in self._observers:
                self._observers.remove(observer)


class _References(MutableMapping[str, str]):
    def __init__(self, config: FlowConfig) -> None:
        self._config = config

    def _read(self) -> Mapping[str, Any]:
        return self._config._section("key_references")  # noqa: SLF001 - a view of its owner

    def __getitem__(self, slot: str) -> str:
        return str(self._read()[slot])

    def __setitem__(self, slot: str, reference: str) -> None:
        self._config._write("key", lambda data: _put(data, "key_references", slot, reference))  # noqa: SLF001

    def __delitem__(self, slot: str) -> None:
        if slot not in self._read():
            raise KeyError(slot)
        self._config._write("key", lambda data: _put(data, "key_references", slot, None))  # noqa: SLF001

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


def _refuse_keys(change: Callable[[Data], None]) -> None:
    """Make sure that no key gets into the settings, whichever field it was pasted into."""
    written: Data = {}
    change(written)
    for section in written.values():
        for text in (section, *section, *section.values()) if isinstance(section, dict) else (section,):
            refuse_key(text)


def _put(data: Data, section: str, name: str, value: str | None) -> None:
    entries = data.setdefault(section, {})
    if not isinstance(entries, dict):
        entries = data[section] = {}
    if value is None:
        entries.pop(name, None)
    else:
        entries[name] = value
