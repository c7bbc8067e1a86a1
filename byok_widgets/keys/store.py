"""`KeyStore`: one flow's API keys, and the places where they rest.

Floor 0. A key is bound to (flow, provider, host). The flow's own key wins over a key reference; nothing else is
ever looked at: not another flow's key, not the environment by itself.
"""

from __future__ import annotations

import threading
from collections.abc import MutableMapping
from typing import Literal

from byok_widgets.errors import KeyFormatError, KeyStoreError, MissingKeyError
from byok_widgets.keys import keyring_place
from byok_widgets.keys.backends import Backend
from byok_widgets.keys.formats import check_provider, clean_key
from byok_widgets.keys.reference import read_variable, variable_name
from byok_widgets.keys.secret import Secret
from byok_widgets.keys.slot import Slot
from byok_widgets.keys.status import KeyStatus, in_environment, in_keyring, in_session, nowhere, unusable

Place = Literal["keyring", "session"]

KEYRING = "keyring"
"""Stands where a key reference would: this slot's key rests in the keyring."""

_SETTINGS = "Open Settings: run flow.settings() and verify that the key is saved."
_SET_IT = "Set it before the notebook server starts, or paste the key in flow.settings()."


class KeyStore:
    """The API keys of one flow. Gives a key only as a `Secret`, and shows no part of one.

    The places: this session's memory, the OS keyring, and key references `env:NAME`. Each slot (provider and host)
    has at most one key; the keyring is read at most once per slot, and what it said is remembered until `save`,
    `remove` or a new process. A call waits for the keyring 5 seconds at most. Safe to use from several threads.

    Args:
        flow: Name of the flow; names that differ only in Unicode composition are the same flow.
        references: Where it is kept how a slot's key can be had again: slot `provider|host` to `env:NAME`, or to
            `keyring`. Never a key.
    """

    def __init__(self, flow: str, references: MutableMapping[str, str] | None = None) -> None:
        self._flow = Slot.of(flow, "", "").flow
        self._references: MutableMapping[str, str] = {} if references is None else references
        self._session: dict[Slot, Secret] = {}
        self._keyring: dict[Slot, tuple[Secret, Backend] | None] = {}
        self._variables: dict[Slot, Secret] = {}
        self._memory = threading.Lock()
        self._asking = threading.RLock()

    def __repr__(self) -> str:
        return f"KeyStore({self._flow!r})"

    @property
    def flow(self) -> str:
        """Name of the flow whose keys these are."""
        return self._flow

    def save(
        self, provider: str, host: str, key: str | Secret, *, place: Place | None = None, override: bool = False
    ) -> KeyStatus:
        """Clean, check and keep a key; older keys and references of this slot are dropped.

        Args:
            provider: Name of the provider the key is for.
            host: Host the key may be sent to.
            key: What the person pasted.
            place: Where it rests; `None` means the keyring where it works, else this session's memory.
            override: Keep it even if it looks like another provider's.

        Raises:
            KeyFormatError: It cannot be a key, or is another provider's. What was saved before stays.
            KeyStoreError: The keyring did not keep it. The key is then kept nowhere, and what was saved before
                stays; `place="session"` works always.
        """
        given = key if isinstance(key, Secret) else Secret(key if isinstance(key, str) else "")
        del key
        secret = _checked(given, provider, override=override)
        slot = self._slot(provider, host)
        note = ""
        with self._asking:
            if place is None:
                place = "keyring" if keyring_place.probe().available else "session"
            if place == "keyring":
                backend = keyring_place.write(slot, secret)
                self._remember(slot, session=None, keyring=(secret, backend))
            else:
                self._remember(slot, session=secret, keyring=None)
                note = _leftover(slot)
        if place == "keyring":
            self._references[slot.reference_name] = KEYRING
        else:
            self._references.pop(slot.reference_name, None)
        return self._status_now(slot, note)

    def refer(self, provider: str, host: str, reference: str) -> KeyStatus:
        """Use the key that an environment variable holds, for as long as this slot has no key of its own.

        Args:
            provider: Name of the provider the key is for.
            host: Host the key may be sent to.
            reference: `env:NAME` or `NAME`. The variable must be set here; in another kernel it may be missing.

        Raises:
            KeyFormatError: Not the name of a variable that is set, something that looks like a key, or what the
                variable holds cannot be this provider's key.
        """
        given = Secret(reference if isinstance(reference, str) else "")
        del reference
        slot = self._slot(provider, host)
        name = variable_name(given.reveal())
        if read_variable(name, provider) is None:
            del name  # it may be a key all the same
            raise KeyFormatError(
                "This kernel has no environment variable of that name.", kind="bad_key_reference", fix=_SET_IT
            )
        self._references[slot.reference_name] = f"env:{name}"
        return self.status(provider, host)

    def get(self, provider: str, host: str) -> Secret | None:
        """Return the key of this slot, or `None` when it has none.

        Raises:
            KeyFormatError: What rests there, or in the variable referred to, cannot be this provider's key.
            KeyStoreError: The keyring is locked or does not answer, and there is no reference beside it.
        """
        slot = self._slot(provider, host)
        return self._own_key(slot) or self._referred_key(slot)

    def may_have(self, provider: str, host: str) -> bool:
        """Whether a key of this slot was saved or referred to, as far as is known without asking the keyring."""
        slot = self._slot(provider, host)
        with self._memory:
            return self._own_in_memory(slot) is not None or slot.reference_name in self._references

    def at_hand(self, provider: str, host: str) -> bool:
        """Whether `get` would answer without asking the keyring, and so without waiting."""
        with self._memory:
            return self._slot(provider, host) in self._keyring

    def cached(self, provider: str, host: str) -> Secret | None:
        """Return the key if it is at hand without asking the keyring; never waits, never raises."""
        slot = self._slot(provider, host)
        with self._memory:
            own, asked = self._own_in_memory(slot), slot in self._keyring
        if own is not None or not asked:
            return own
        try:
            return self._referred_key(slot)
        except KeyFormatError:
            return None  # get() raises it where it can be told

    def require(self, provider: str, host: str, *, provider_label: str) -> Secret:
        """Return the key of this slot.

        Args:
            provider: Name of the provider.
            host: Host the key will be sent to.
            provider_label: What people call the provider.

        Raises:
            MissingKeyError: "No API key configured" for this flow and provider.
            KeyFormatError: As in `get`.
            KeyStoreError: As in `get`.
        """
        secret = self.get(provider, host)
        if secret is not None:
            return secret
        name = self._variable(self._slot(provider, host))
        cause, fix = "", f"{_SETTINGS} Paste your {provider_label} key and press Save, or choose the local model."
        if name:
            cause = f"This flow refers to the environment variable {name}, which is not set."
            fix = f"Set {name}, then restart the kernel; or paste a key. {_SETTINGS}"
        raise MissingKeyError(
            f"No API key configured for flow {self._flow!r} and provider {provider_label}.", cause=cause, fix=fix
        )

    def remove(self, provider: str, host: str) -> None:
        """Remove the key of this slot from all places, its reference included.

        Raises:
            KeyStoreError: The keyring did not remove it; the other places have.
        """
        slot = self._slot(provider, host)
        fault: KeyStoreError | None = None
        with self._asking:
            self._remember(slot, session=None, keyring=None)
            try:
                keyring_place.erase(slot)
            except KeyStoreError as raised:
                if raised.kind != "no_keyring":
                    fault = raised
        self._references.pop(slot.reference_name, None)
        if fault is not None:
            with self._memory:
                self._keyring.pop(slot, None)
            raise fault

    def status(self, provider: str, host: str) -> KeyStatus:
        """Say where the key of this slot rests. Shows no part of it; asks the keyring as `get` does."""
        slot = self._slot(provider, host)
        try:
            self._own_key(slot)
        except (KeyStoreError, KeyFormatError) as fault:
            return unusable(f"{fault.problem} {fault.fix}")
        return self._status_now(slot)

    def _slot(self, provider: str, host: str) -> Slot:
        return Slot.of(self._flow, provider, host)

    def _own_key(self, slot: Slot) -> Secret | None:
        with self._memory:
            own, asked = self._own_in_memory(slot), slot in self._keyring
        return own if own is not None or asked else self._ask_keyring(slot)

    def _own_in_memory(self, slot: Slot) -> Secret | None:
        kept = self._keyring.get(slot)
        return self._session.get(slot) or (kept[0] if kept else None)

    def _ask_keyring(self, slot: Slot) -> Secret | None:
        with self._asking:
            with self._memory:
                if slot in self._keyring:
                    return self._own_in_memory(slot)
            found = None
            try:
                secret, backend = keyring_place.read(slot)
                found = (_usable(secret, backend), backend) if secret else None
            except KeyStoreError as raised:
                # Without a keyring there is no key in it; beside a locked one, the reference given counts.
                if raised.kind != "no_keyring" and not self._variable(slot):
                    raise
            with self._memory:
                self._keyring[slot] = found
                return self._own_in_memory(slot)

    def _remember(self, slot: Slot, *, session: Secret | None, keyring: tuple[Secret, Backend] | None) -> None:
        with self._memory:
            self._session.pop(slot, None)
            if session is not None:
                self._session[slot] = session
            self._keyring[slot] = keyring
            self._variables.pop(slot, None)

    def _variable(self, slot: Slot) -> str:
        reference = self._references.get(slot.reference_name)
        reference = None if reference == KEYRING else reference
        return variable_name(reference) if reference else ""

    def _referred_key(self, slot: Slot) -> Secret | None:
        name = self._variable(slot)
        secret = read_variable(name, slot.provider) if name else None
        if secret is None:
            return None
        with self._memory:
            known = self._variables.get(slot)
            if known is None or known != secret:
                known = self._variables[slot] = secret
            return known

    def _status_now(self, slot: Slot, note: str = "") -> KeyStatus:
        with self._memory:
            in_memory, kept = slot in self._session, self._keyring.get(slot)
        if in_memory:
            return in_session(note)
        if kept is not None:
            return in_keyring(kept[1])
        try:
            name = self._variable(slot)
            return in_environment(name, is_set=self._referred_key(slot) is not None) if name else nowhere(slot)
        except KeyFormatError as fault:
            return unusable(f"{fault.problem} {fault.fix}")


def _checked(given: Secret, provider: str, *, override: bool) -> Secret:
    cleaned = Secret(clean_key(given.reveal()))
    check_provider(cleaned.reveal(), provider, override=override)
    return given if cleaned == given else cleaned


def _usable(secret: Secret, backend: Backend) -> Secret:
    """Refuse what someone else wrote there and what would break a request, before it can be quoted in one."""
    try:
        return Secret(clean_key(secret.reveal()))
    except KeyFormatError as fault:
        problem = fault.problem
    raise KeyFormatError(f"What rests in {backend.label} cannot be used. {problem}", fix="Paste the key again.")


def _leftover(slot: Slot) -> str:
    """Remove an older key from the keyring; where that fails, return the sentence that says so."""
    try:
        keyring_place.erase(slot)
    except KeyStoreError as fault:
        return "" if fault.kind == "no_keyring" else f"An older key may still rest in the keyring: {fault.problem}"
    return ""
