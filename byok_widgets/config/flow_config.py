"""`FlowConfig`: the settings that both the panel and code in cells write."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byok_widgets.attributes.strict import nearest
from byok_widgets.config.base_url import BaseUrl
from byok_widgets.config.change_elsewhere import ChangeElsewhere
from byok_widgets.config.change_signal import Observer
from byok_widgets.config.key_references import KeyReferences
from byok_widgets.config.model_ref import ModelRef
from byok_widgets.config.notice import SettingsNotice
from byok_widgets.config.resolved_model import ResolvedModel
from byok_widgets.config.settings import Defaults, Document, Settings, put
from byok_widgets.config.settings_store import SettingsStore
from byok_widgets.config.short_text import reject_long
from byok_widgets.config.turn_limits import TurnLimits
from byok_widgets.errors import ConfigError
from byok_widgets.misplaced_keys import reject_key

if TYPE_CHECKING:
    from byok_widgets.config.frozen_settings import FrozenSettings


class FlowConfig:
    """The settings of one flow: observable, saved after each change, and without any key.

    A change is on screen and on disk when the setter returns, except on the engine's loop, where nothing waits for
    a disk. If it cannot be saved, it still applies to this session, and `notice` says why. A change that contains
    what looks like an API key is rejected with a `KeyFormatError`: settings are shown, saved and copied.

    Thread-safe; values read from the same `current` are consistent.
    """

    def __init__(
        self,
        name: str,
        *,
        providers: Collection[str],
        names: Mapping[str, str] | None = None,
        start_models: Mapping[str, str] | None = None,
        folder: Path | None = None,
        saved: bool = True,
        on_elsewhere: Callable[[], None] | None = None,
    ) -> None:
        """Open the settings of the flow called `name`, or start new ones.

        Args:
            name: Any string of 1 to 300 characters; names that are equal in Unicode NFC mean the same flow.
            providers: Names of the known providers, as settings and code have them.
            names: What sentences call them, where that is something else.
            start_models: Default model of each provider for which none has been chosen yet.
            folder: Folder of the files; by default in the user's config folder.
            saved: Whether settings are read from a file and saved; else they live in this kernel's memory.
            on_elsewhere: Called when it is seen that another kernel has changed the settings.

        Raises:
            ConfigError: The name cannot be used.
        """
        self._providers, self._names = tuple(providers), dict(names or {})
        defaults = Defaults(self._providers, dict(start_models or {}))
        self._store: SettingsStore | FrozenSettings = SettingsStore(
            name, defaults, folder, saved=saved, on_elsewhere=on_elsewhere
        )

    def __repr__(self) -> str:
        now = self.current
        return f"FlowConfig({self.name!r}, provider={now.provider!r}, model={now.model!r})"

    @property
    def name(self) -> str:
        """The flow's name."""
        return self._store.name

    @property
    def current(self) -> Settings:
        """The current settings, an immutable snapshot: provider and model read from it are consistent."""
        return self._store.current

    @property
    def path(self) -> Path | None:
        """The file the settings are saved in, which may not exist yet; `None` where they are not saved."""
        return self._store.path

    @property
    def notice(self) -> SettingsNotice | None:
        """Why the settings are not saved, or were reset; `None` if all is well."""
        return self._store.notice

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer(changes)` after each change; see `SettingsStore.observe`."""
        return self._store.observe(observer)

    def notify(self, what: str) -> None:
        """Announce a change made outside this object, such as a saved key."""
        self._store.notify(what)

    def keep_in_memory(self) -> None:
        """Forget what was saved, keep what was set in this kernel, and save nothing from now on."""
        self._store.keep_in_memory()

    def frozen(self) -> FlowConfig:
        """Return the settings as they are now: later changes do not reach them, and they cannot be changed."""
        from byok_widgets.config.frozen_settings import FrozenSettings

        fixed = copy.copy(self)
        vars(fixed)["_store"] = FrozenSettings(self.name, self.current, self.path, self.notice)
        return fixed

    @property
    def elsewhere(self) -> ChangeElsewhere | None:
        """What another kernel has saved for this flow and is not in effect here; `None` if there is nothing."""
        return self._store.elsewhere

    def look_elsewhere(self) -> None:
        """Check whether another kernel has changed the settings; see `elsewhere`."""
        self._store.look()

    def take_theirs(self) -> None:
        """Adopt what another kernel has saved."""
        self._store.take_theirs()

    def keep_mine(self) -> None:
        """Save the settings in effect here over what another kernel has saved."""
        self._store.keep_mine()

    def take_over(self, chosen: Settings) -> None:
        """Take the provider, and the models and addresses that were chosen in other settings."""

        def change(document: Document) -> None:
            if "provider" in chosen.document:
                document["provider"] = chosen.provider
            for provider, model in chosen.models.items():
                put(document, "models", provider, model)
            for provider, url in chosen.base_urls.items():
                put(document, "base_urls", provider, url)

        self._store.change("provider", change)

    @property
    def provider(self) -> str:
        """Name of the provider used for bare model ids."""
        return self.current.provider

    @provider.setter
    def provider(self, name: str) -> None:
        known = self.known_provider(name)
        self._store.change("provider", lambda document: document.update(provider=known))

    def known_provider(self, name: str) -> str:
        """Return the canonical name of a provider, ignoring case.

        Raises:
            ConfigError: There is no provider of that name.
            KeyFormatError: It looks like an API key.
        """
        reject_long(name, "A provider's name")
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
        """Default model of the provider: an id without the provider's name; `None` if none is chosen."""
        return self.current.model

    @model.setter
    def model(self, text: str | None) -> None:
        ref = None if text is None else self.ref(text)
        provider = ref.provider if ref else self.provider

        def change(document: Document) -> None:
            if ref:
                document["provider"] = provider
            put(document, "models", provider, ref.model if ref else None)

        self._store.change("model", change)

    def model_of(self, provider: str) -> str | None:
        """Return the default model chosen for `provider`; each provider remembers its own."""
        return self.current.model_of(provider)

    def ref(self, text: str) -> ModelRef:
        """Parse a model ref; a bare id means this flow's provider."""
        return ModelRef.parse(text, default_provider=self.provider, providers=self._providers)

    def override(self, node: str) -> str | None:
        """Return the model override of a node; `None` if it uses the default."""
        return self.current.overrides.get(node)

    def set_override(self, node: str, text: str | None) -> None:
        """Give a node its own model; `None` restores the default.

        The ref is saved with its provider, so that it stays the same model when the flow's provider changes.
        """
        self.set_overrides({node: text})

    def set_overrides(self, models: Mapping[str, str | None]) -> None:
        """Set the overrides of several nodes, all of them or none; see `set_override`."""
        values = {node: None if text is None else str(self.ref(text)) for node, text in models.items()}

        def change(document: Document) -> None:
            for node, value in values.items():
                put(document, "overrides", node, value)

        self._store.change("override", change)

    def node_settings(self, node: str) -> Mapping[str, Any]:
        """Return the model settings of a node, by name; a value of `None` leaves it to the provider."""
        own = self.current.node_settings.get(node)
        return copy.deepcopy(own) if own else {}

    def update_settings(self, node: str, values: Mapping[str, Any], *, unset: Collection[str] = ()) -> None:
        """Change the model settings of a node.

        Args:
            node: Name of the node.
            values: JSON-compatible values by name.
            unset: Names whose values are removed.

        Raises:
            ConfigError: A value that JSON cannot hold.
        """
        given = _copied(values)

        def change(document: Document) -> None:
            section = document.get("tuning")
            before = section.get(node) if isinstance(section, dict) else None
            entries = {**(before if isinstance(before, dict) else {}), **given}
            kept = {name: value for name, value in entries.items() if name not in unset}
            put(document, "tuning", node, kept or None)

        self._store.change("model_settings", change)

    @property
    def judge_model(self) -> str | None:
        """Model that judges prompt conditions; `None` to use the model of the node whose edges are judged."""
        return self.current.judge_model

    @judge_model.setter
    def judge_model(self, text: str | None) -> None:
        value = None if text is None else str(self.ref(text))
        self._store.change("override", lambda document: document.update(judge_model=value))

    @property
    def turn_limits(self) -> TurnLimits:
        """How many calls one turn of a session may make, and what they may cost."""
        return self.current.turn_limits

    @turn_limits.setter
    def turn_limits(self, limits: TurnLimits) -> None:
        def change(document: Document) -> None:
            put(document, "turn_limits", "calls", limits.calls)
            put(document, "turn_limits", "cost", limits.cost)

        self._store.change("turn_limits", change)

    def base_url(self, provider: str) -> str | None:
        """Return the address that replaces the provider's default; `None` if there is none."""
        return self.current.base_urls.get(provider)

    def set_base_url(self, provider: str, text: str | None) -> None:
        """Send this flow's calls for `provider` to another address; `None` restores the default.

        Raises:
            ConfigError: Neither an https address nor http to this machine.
        """
        value = None if not text else BaseUrl.parse(text).url
        self._store.change("base_url", lambda document: put(document, "base_urls", provider, value))

    @property
    def key_references(self) -> MutableMapping[str, str]:
        """Where each key is found, by the name of its scope: `env:NAME` or a backend. Never a key."""
        return KeyReferences(self._store)

    @property
    def test_sentences(self) -> tuple[str, ...]:
        """Sentences saved for trying out the flow, oldest first."""
        return self.current.test_sentences

    def keep_test_sentence(self, text: str, *, keep: bool = True) -> None:
        """Keep a test sentence, or remove it; one that is kept already stays where it is.

        Raises:
            KeyFormatError: It looks like an API key.
        """
        reject_key(text)
        sentence = text.strip()

        def change(document: Document) -> None:
            others = [known for known in _listed(document.get("test_sentences")) if known != sentence or keep]
            added = [sentence] if keep and sentence and sentence not in others else []
            document["test_sentences"] = [*others, *added]

        self._store.change("test_sentences", change)

    def resolve(
        self, node: str, argument: str | ModelRef | None = None, *, own: str | None = None
    ) -> ResolvedModel:
        """Return the model that runs a node: call argument > node override > flow default.

        Args:
            node: Name of the node.
            argument: Model passed to this call.
            own: Model given where the node was defined; an override set in the panel or by `node.model` wins.

        Raises:
            ConfigError: No model is chosen anywhere. The message names the node.
        """
        now = self.current
        resolved = ResolvedModel.of(now, self._providers, node, argument, own)
        if resolved:
            return resolved
        raise ConfigError(
            f"No model is chosen for node {node!r} of flow {self.name!r}.",
            kind="no_model",
            cause=f"The flow uses {self._names.get(now.provider, now.provider)}, and has no default model for it.",
            fix='Pick a default model in Settings, or write flow.model = "model-id".',
        )


def _listed(section: Any) -> list[Any]:
    return section if isinstance(section, list) else []


def _copied(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values that no later change of what was given reaches; what cannot be copied, JSON cannot hold."""
    try:
        return copy.deepcopy(dict(values))
    except Exception:  # noqa: BLE001 - whatever a foreign object raises; the store refuses it
        return dict(values)
