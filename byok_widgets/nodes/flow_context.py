"""`FlowContext`: what all nodes of a flow share, including where their calls go and with which key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from byok_widgets.config import BaseUrl, FlowConfig, ModelRef
from byok_widgets.config.change_signal import ChangeSignal
from byok_widgets.errors import ByokError, ConfigError, MissingKeyError
from byok_widgets.keys import KEY_WORK, KeyStore
from byok_widgets.nodes.calls.waits import Waits
from byok_widgets.nodes.key_verdicts import KeyVerdicts
from byok_widgets.providers import PROVIDERS, Endpoint, Provider
from byok_widgets.secrets import Secret

if TYPE_CHECKING:
    from byok_widgets.nodes.calls.tape import Tape
    from byok_widgets.nodes.calls.visit_budget import VisitBudget
    from byok_widgets.nodes.picked_models import PickedModels
    from byok_widgets.schema.values.locales import Locale


@dataclass
class FlowContext:
    """What all nodes of a flow share: its settings, its keys and its global prompt.

    Attributes:
        for_visitors: Whether visitors use it in this kernel; see `open_to_visitors`.
        named_urls: The addresses that cells of this kernel have named, by the names of their providers.
        typed_urls: The addresses that were typed on a page of this kernel, likewise.
        named_variables: The environment variables that cells of this kernel have named.
        ask_for_key: The addresses whose last call had no key and was refused for that, likewise.
        key_verdicts: What its calls have shown of its keys.
        waits: What its calls wait for before they are sent again.
        tape_changed: Tells that another tape is used, or none.
        own_tape: What records its calls, or answers them from a recording; `None` if nothing of its own does.
        shared_tape: The same, for all flows of this kernel.
    """

    shared_tape: ClassVar[Tape | None] = None

    config: FlowConfig
    key_store: KeyStore
    global_prompt: str = ""
    grounding: Literal["auto", "flag", "require", "literal", "off"] = "auto"
    judge_max_tokens: int | None = None
    locale: str | None = None
    for_visitors: bool = False
    named_urls: set[tuple[str, str]] = field(default_factory=set)
    typed_urls: set[tuple[str, str]] = field(default_factory=set)
    named_variables: set[str] = field(default_factory=set)
    ask_for_key: set[tuple[str, str]] = field(default_factory=set)
    key_verdicts: KeyVerdicts = field(default_factory=KeyVerdicts, repr=False, compare=False)
    waits: Waits = field(default_factory=Waits, repr=False, compare=False)
    _visits: dict[str, VisitBudget] = field(default_factory=dict, repr=False)  # copies of this object share it
    _picked: dict[str, PickedModels] = field(default_factory=dict, repr=False)  # and this
    tape_changed: ChangeSignal = field(default_factory=ChangeSignal, repr=False, compare=False)
    own_tape: Tape | None = field(default=None, repr=False, compare=False)

    def use_tape(self, tape: Tape | None) -> None:
        """Record calls, or answer them from a recording, from now on; `None` ends that."""
        self.own_tape = tape
        self.tape_changed.emit("tape")

    @property
    def tape(self) -> Tape | None:
        """What records its calls, or answers them from a recording; `None` if nothing does."""
        return self.own_tape or self.shared_tape

    @property
    def sends_nothing(self) -> bool:
        """Whether no call reaches a provider, since a recording is replayed: then no key is needed."""
        return self.tape is not None and self.tape.sends_nothing

    @property
    def visit_budget(self) -> VisitBudget:
        """What visitors may take in this kernel."""
        from byok_widgets.nodes.calls.visit_budget import VisitBudget

        return self._visits.setdefault("this", VisitBudget())

    @property
    def picked_models(self) -> PickedModels:
        """The models that visitors have picked."""
        from byok_widgets.nodes.picked_models import PickedModels

        return self._picked.setdefault("this", PickedModels())

    @property
    def visit(self) -> VisitBudget | None:
        """What visitors may take; `None` where none use it."""
        return self.visit_budget if self.for_visitors else None

    def open_to_visitors(self) -> None:
        """Let visitors use it: nothing that was saved holds any more in this kernel, and nothing is saved again.

        What was set in this kernel stays: code has named it.
        """
        if not self.for_visitors:
            self.for_visitors = True
            self.config.keep_in_memory()
            self.key_store.keep_in_memory()
            self.config.notify("key")

    def require_named(self, provider: Provider) -> BaseUrl:
        """Return the address of a provider, where the key in an environment variable may be sent.

        A variable may hold the key of whoever runs the server. So the address has to be the provider's own, or one
        that a cell has named: not one that was typed on a page or that a file holds.

        Raises:
            ConfigError: It is neither.
        """
        address = provider.address(self.config.base_url(provider.name))
        own = bool(provider.default_url) and address == provider.address(None)
        if own or (provider.name, address.url) in self.named_urls:
            return address
        raise ConfigError(
            "A key from an environment variable is sent only to an address that you have named yourself, "
            f"not to {address.host}.",
            kind="address_not_named",
            fix=f"If it is right, run in a cell: flow.set_base_url({provider.name!r}, {address.url!r}).",
        )

    def require_payer(self, ref: ModelRef, endpoint: Endpoint) -> None:
        """Refuse a call of a visitor for which the author of the page would pay without having named its model.

        Raises:
            ConfigError: It is one.
        """
        has_own_key = endpoint.key is not None and not endpoint.key_variable
        if self.for_visitors and not has_own_key and not PROVIDERS[ref.provider].free_of_charge:
            self.picked_models.require_own(ref)

    def was_chosen_here(self, provider: Provider, url: str) -> bool:
        """Whether a person chose an address in this kernel, or it is the provider's own.

        An address of somebody's flow file is neither: it is contacted only when a person asks for that.
        """
        own = bool(provider.default_url) and url == provider.address(None).url
        return own or (provider.name, url) in self.named_urls | self.typed_urls

    def note_call_without_key(self, provider: Provider, url: str, *, refused: bool) -> None:
        """Note whether an address takes calls that have no key: the panels of the flow say so."""
        place = (provider.name, url)
        if refused != (place in self.ask_for_key):
            (self.ask_for_key.add if refused else self.ask_for_key.discard)(place)
            self.config.notify("key")

    def note_call_with_key(self, provider: Provider, url: str, key: Secret, fault: ByokError | None) -> None:
        """Note whether an address takes a key, or refuses it with a fault: the panels of the flow say so."""
        if self.key_verdicts.note((provider.name, url), key, fault):
            self.config.notify("key")

    @property
    def declared_locale(self) -> Locale | None:
        """How values are written in the flow's dialogues, where its locale is declared."""
        if self.locale is None:
            return None
        from byok_widgets.schema.values.locales import Locale

        return Locale.of(self.locale)

    async def endpoint(self, provider: Provider) -> Endpoint:
        """Return where this flow's calls for `provider` go, with this flow's key.

        Raises:
            MissingKeyError: The provider needs a key and this flow has none.
            ConfigError: The provider needs an address and this flow has none; or the key is in an environment
                variable, and no cell of this kernel has named the address.
        """
        at_hand = self.endpoint_at_hand(provider)
        if at_hand is not None:
            return at_hand
        address, destination = self._address(provider)
        return self._endpoint(
            provider, address, destination, await KEY_WORK.run(self._lookup(provider, destination))
        )

    def endpoint_at_hand(self, provider: Provider) -> Endpoint | None:
        """Return the same, if no storage backend has to be asked for the key; else `None`.

        Raises:
            MissingKeyError, ConfigError: As `endpoint`.
        """
        address, destination = self._address(provider)
        store = self.key_store
        if not provider.needs_key and not store.may_have(provider.name, destination):
            return Endpoint(address, None)  # a keyring lookup would take as long as the first call itself
        if not store.is_cached(provider.name, destination):
            return None
        return self._endpoint(provider, address, destination, self._lookup(provider, destination)())

    def _address(self, provider: Provider) -> tuple[BaseUrl, str]:
        address = provider.address(self.config.base_url(provider.name))
        return address, provider.key_destination(address)

    def _endpoint(self, provider: Provider, address: BaseUrl, destination: str, key: Secret | None) -> Endpoint:
        variable = self.key_store.variable(provider.name, destination)
        if variable:  # it may have been named in another kernel
            self.require_named(provider)
        return Endpoint(address, key, variable)

    async def without_model(self, fault: ByokError) -> ByokError:
        """Return the error for a call without a model: a missing key comes first, since the model follows it."""
        if fault.kind != "no_model":
            return fault
        try:
            await self.endpoint(PROVIDERS[self.config.provider])
        except MissingKeyError as missing:
            missing.fix = f"{missing.fix} Then choose a model: {fault.problem[:1].lower()}{fault.problem[1:]}"
            return missing
        except ByokError:
            return fault
        return fault

    def _label(self, provider: Provider, destination: str) -> str:
        if not self.config.base_url(provider.name):
            return provider.label
        from byok_widgets.providers.look_alikes import shown_destination

        return shown_destination(provider, destination)

    def _lookup(self, provider: Provider, destination: str) -> Callable[[], Secret | None]:
        if not provider.needs_key:
            return partial(self.key_store.get, provider.name, destination)
        label = self._label(provider, destination)
        return partial(self.key_store.require, provider.name, destination, provider_label=label)
