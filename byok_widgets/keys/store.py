"""`KeyStore`: one flow's API keys, and the places where they rest.

Floor 0. A key is bound to (flow, provider, host). The flow's own key wins over a key reference; nothing else is
ever looked at: not another flow's key, not the environment by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, replace
from typing import Literal

from byok_widgets.errors import KeyFormatError, KeyStoreError, MissingKeyError
from byok_widgets.keys.backends import encrypted_file, os_keyring
from byok_widgets.keys.backends.environment import read_variable, variable_name
from byok_widgets.keys.formats import check_provider, clean_key
from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.serial_executor import Deadline
from byok_widgets.keys.status import (
    KeyStatus,
    in_environment,
    in_file,
    in_keyring,
    in_session,
    nowhere,
    out_of_reach,
)
from byok_widgets.secrets.secret import Secret

Place = Literal["keyring", "session", "file"]

KEYRING, FILE = "keyring", "file"
"""Stand where a key reference would: this slot's key rests in that place."""

_SETTINGS = "Open Settings (click the gear, or run flow.settings()) and verify that the key is saved."
_SET_IT = "Set it before the notebook server starts, or paste the key in flow.settings()."


@dataclass(frozen=True)
class _Kept:
    """A key in memory, and where it rests."""

    secret: Secret
    status: KeyStatus


class KeyStore:
    """The API keys of one flow. Gives a key only as a `Secret`, and shows no part of one.

    The places: this session's memory, the OS keyring, the encrypted file, and key references `env:NAME`. Each slot
    (provider and host) has at most one key; keyring and file are read at most once per slot, and what they said is
    remembered until `save`, `remove` or a new process. A call waits for the keyring 5 seconds at most, and never
    for a passphrase. Safe to use from several threads.

    Args:
        flow: Name of the flow; names that differ only in Unicode composition are the same flow.
        references: Where it is kept how a slot's key can be had again: slot `provider|host` to `env:NAME`, or to
            `keyring` or `file`. Never a key.
    """

    def __init__(self, flow: str, references: MutableMapping[str, str] | None = None) -> None:
        self._flow = KeyScope.of(flow, "", "").flow
        self._references: MutableMapping[str, str] = {} if references is None else references
        self._kept: dict[KeyScope, _Kept | None] = {}
        self._variables: dict[KeyScope, Secret] = {}
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
            place: Where it rests; `None` means the keyring where it works, else this session's memory. `"file"` is
                the encrypted file, which must be unlocked.
            override: Keep it even if it looks like another provider's.

        Raises:
            KeyFormatError: It cannot be a key, or is another provider's. What was saved before stays.
            KeyStoreError: The keyring or the file did not keep it. The key is then kept nowhere, and what was
                saved before stays; `place="session"` works always.
        """
        given = key if isinstance(key, Secret) else Secret(key if isinstance(key, str) else "")
        del key
        secret = _checked(given, provider, override=override)
        slot, until = self._slot(provider, host), os_keyring.deadline()
        with self._asking:
            if place is None:
                place = "keyring" if os_keyring.probe(until=until).available else "session"
            status = _put(slot, secret, place, until)
            self._remember(slot, _Kept(secret, status))
            left = {
                older: fault for older in _ERASE if older != place and (fault := _left_over(slot, older, until))
            }
        if place in _ERASE:
            self._references[slot.reference_name] = place
        else:
            self._references.pop(slot.reference_name, None)
        notes = [f"An older key may still rest elsewhere: {fault.problem}" for fault in left.values()]
        return replace(status, sentence=" ".join([status.sentence, *notes]), leftovers=tuple(left))

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
                "This kernel has no environment variable of that name.", kind="key_variable_not_set", fix=_SET_IT
            )
        self._references[slot.reference_name] = f"env:{name}"
        return self.status(provider, host)

    def get(self, provider: str, host: str) -> Secret | None:
        """Return the key of this slot, or `None` when it has none.

        Raises:
            KeyFormatError: What rests there, or in the variable referred to, cannot be this provider's key.
            KeyStoreError: The keyring is locked or does not answer, or the encrypted file is locked, and there is
                no reference beside it.
        """
        slot = self._slot(provider, host)
        return self._own_key(slot) or self._referred_key(slot)

    def may_have(self, provider: str, host: str) -> bool:
        """Whether a key of this slot was saved or referred to, as far as is known without asking any place."""
        slot = self._slot(provider, host)
        with self._memory:
            return self._own_in_memory(slot) is not None or slot.reference_name in self._references

    def is_cached(self, provider: str, host: str) -> bool:
        """Whether `get` would answer without asking any place, and so without waiting."""
        with self._memory:
            return self._slot(provider, host) in self._kept

    def cached(self, provider: str, host: str) -> Secret | None:
        """Return the key if it is at hand without asking any place; never waits, never raises."""
        slot = self._slot(provider, host)
        with self._memory:
            own, asked = self._own_in_memory(slot), slot in self._kept
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
            KeyStoreError: The keyring or the file did not remove it; the other places have.
        """
        slot, until = self._slot(provider, host), os_keyring.deadline()
        faults: list[KeyStoreError] = []
        with self._asking:
            self._remember(slot, None)
            for erase in _ERASE.values():
                try:
                    erase(slot, until)
                except KeyStoreError as raised:
                    faults += [raised] if raised.kind != "no_keyring" else []
        self._references.pop(slot.reference_name, None)
        if faults:
            with self._memory:
                self._kept.pop(slot, None)
            raise faults[0]

    def status(self, provider: str, host: str) -> KeyStatus:
        """Say where the key of this slot rests. Shows no part of it; asks the places as `get` does."""
        slot = self._slot(provider, host)
        try:
            self._own_key(slot)
        except (KeyStoreError, KeyFormatError) as fault:
            return out_of_reach(fault)
        return self._status_now(slot)

    def _slot(self, provider: str, host: str) -> KeyScope:
        return KeyScope.of(self._flow, provider, host)

    def _own_key(self, slot: KeyScope) -> Secret | None:
        with self._memory:
            own, asked = self._own_in_memory(slot), slot in self._kept
        return own if own is not None or asked else self._ask_places(slot)

    def _own_in_memory(self, slot: KeyScope) -> Secret | None:
        kept = self._kept.get(slot)
        return kept.secret if kept else None

    def _ask_places(self, slot: KeyScope) -> Secret | None:
        until = os_keyring.deadline()
        with self._asking:  # whoever holds it began earlier, and so gives up the keyring earlier
            with self._memory:
                if slot in self._kept:
                    return self._own_in_memory(slot)
            found = None
            try:
                found = self._look_up(slot, until)
            except KeyStoreError as raised:
                # Without a keyring there is no key in it; beside what is locked, the reference given counts.
                if raised.kind != "no_keyring" and not self._variable(slot):
                    raise
            with self._memory:
                self._kept[slot] = found
                return self._own_in_memory(slot)

    def _look_up(self, slot: KeyScope, until: Deadline) -> _Kept | None:
        """Ask the place that is noted; where none is, the file first, which answers at once."""
        noted = self._references.get(slot.reference_name)
        if noted != KEYRING and (secret := _in_file(slot, noted=noted == FILE)):
            return _Kept(_usable(secret, "the encrypted file"), in_file())
        secret, backend = os_keyring.read(slot, until=until)
        return _Kept(_usable(secret, backend.label), in_keyring(backend)) if secret else None

    def _remember(self, slot: KeyScope, kept: _Kept | None) -> None:
        with self._memory:
            self._kept[slot] = kept
            self._variables.pop(slot, None)

    def _variable(self, slot: KeyScope) -> str:
        reference = self._references.get(slot.reference_name)
        return variable_name(reference) if reference and reference not in (KEYRING, FILE) else ""

    def _referred_key(self, slot: KeyScope) -> Secret | None:
        name = self._variable(slot)
        secret = read_variable(name, slot.provider) if name else None
        if secret is None:
            return None
        with self._memory:
            known = self._variables.get(slot)
            if known is None or known != secret:
                known = self._variables[slot] = secret
            return known

    def _status_now(self, slot: KeyScope) -> KeyStatus:
        with self._memory:
            kept = self._kept.get(slot)
        if kept is not None:
            return kept.status
        try:
            name = self._variable(slot)
            return in_environment(name, is_set=self._referred_key(slot) is not None) if name else nowhere(slot)
        except KeyFormatError as fault:
            return out_of_reach(fault)


_ERASE: dict[Place, Callable[[KeyScope, Deadline], None]] = {
    "keyring": lambda slot, until: os_keyring.erase(slot, until=until),
    "file": lambda slot, _: encrypted_file.erase(slot),
}


def _put(slot: KeyScope, secret: Secret, place: Place, until: Deadline) -> KeyStatus:
    if place == "keyring":
        return in_keyring(os_keyring.write(slot, secret, until=until))
    if place == "file":
        encrypted_file.write(slot, secret)
        return in_file()
    return in_session()


def _in_file(slot: KeyScope, *, noted: bool) -> Secret | None:
    """Return the key that rests in the encrypted file; where it is noted that one does, it must be there."""
    try:
        secret = encrypted_file.read(slot)
    except KeyStoreError as fault:
        if noted or fault.kind in {"file_locked", "key_damaged"}:
            raise
        return None
    if secret is None and noted:
        raise KeyStoreError(
            "The key of this flow was saved in the encrypted file, and is not there any more.",
            kind="key_lost",
            fix="Paste it again in Settings: run flow.settings().",
        )
    return secret


def _checked(given: Secret, provider: str, *, override: bool) -> Secret:
    cleaned = Secret(clean_key(given.reveal()))
    check_provider(cleaned.reveal(), provider, override=override)
    return given if cleaned == given else cleaned


def _usable(secret: Secret, place: str) -> Secret:
    """Refuse what someone else wrote there and what would break a request, before it can be quoted in one."""
    try:
        return Secret(clean_key(secret.reveal()))
    except KeyFormatError as fault:
        found = fault
    raise KeyFormatError(
        f"What rests in {place} cannot be used. {found.problem}",
        kind=found.kind,
        flaw=found.flaw,
        fix="Paste the key again.",
    )


def _left_over(slot: KeyScope, place: Place, until: Deadline) -> KeyStoreError | None:
    """Remove an older key from a place; where that fails, return the fault."""
    try:
        _ERASE[place](slot, until)
    except KeyStoreError as fault:
        return None if fault.kind == "no_keyring" else fault
    return None
