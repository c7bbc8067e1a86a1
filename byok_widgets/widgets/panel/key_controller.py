"""`KeyController`: saves, removes and checks a flow's keys for all of its panels, in the background.

Work that may wait for a keyring or a disk runs in a thread for key work, a check on the engine's loop; panels are
notified of both through the flow's settings.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from byok_widgets.engine import HOME_THREAD
from byok_widgets.errors import ByokError, ConfigError, KeyFormatError
from byok_widgets.flow.incoming.keys_of_flows import copy_key, flows_with_key
from byok_widgets.keys import KeyStatus
from byok_widgets.keys.backends import guarded
from byok_widgets.keys.backends.base import Availability, KeyBackend
from byok_widgets.keys.backends.environment import is_named_like_api_key, variable_name
from byok_widgets.keys.backends.os_keyring import deadline
from byok_widgets.keys.backends.registry import backend_named
from byok_widgets.keys.serial_executor import Deadline
from byok_widgets.providers import PROVIDERS, Endpoint
from byok_widgets.secrets import Secret, identity
from byok_widgets.widgets.background import start, start_key_work
from byok_widgets.widgets.panel import key_messages, visitor
from byok_widgets.widgets.panel.key_check import KeyCheck, check_key
from byok_widgets.widgets.panel.key_field import SAVED, UNLOCKED, Done, refusal, refused
from byok_widgets.widgets.panel.key_messages import StatusMessage
from byok_widgets.widgets.panel.known_keys import KnownKeys

if TYPE_CHECKING:
    from byok_widgets.widgets.page_messages.key_field import KeyOutcome, StorageOption
    from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
    from byok_widgets.widgets.panel.panel_flow import PanelFlow

_AT_ONCE_S = 1.0
"""Maximum wait for the backends that say they answer at once, in seconds: the panel waits for them."""

_controllers: dict[Any, KeyController] = {}
_lock = threading.Lock()


class KeyController:
    """The keys of one flow, as its panels see them. There is one for each flow in the kernel."""

    @classmethod
    def of(cls, flow: PanelFlow) -> KeyController:
        """Return the flow's controller."""
        with _lock:
            if flow.key_store not in _controllers:
                _controllers[flow.key_store] = cls(flow)
            return _controllers[flow.key_store]

    def __init__(self, flow: PanelFlow) -> None:
        self._context, self._config, self._store = flow.context, flow.config, flow.key_store
        self._keys = KnownKeys()
        self._last: EndpointTarget | None = None
        self._availability: dict[str, Availability] = {}
        self._is_probing = False
        self._find_available(slow=False)
        self._config.observe(self._changed)

    def choices(self) -> list[StorageOption]:
        """Return where a key can be stored, best first."""
        offered = [
            backend
            for backend in self._store.backends
            if not self._context.for_visitors or backend.name == visitor.STORAGE
        ]
        return key_messages.storage_choices(
            [(backend, self._availability.get(backend.name)) for backend in offered]
        )

    def known(self, target: EndpointTarget) -> KeyStatus | None:
        """Return where the key of `target` is stored, or `None` while that is being looked up. Never waits."""
        status = self._keys.status(target)
        return visitor.told_of(status) if status is not None and self._context.for_visitors else status

    def message(self, target: EndpointTarget) -> StatusMessage:
        """Return the status line for `target`."""
        if not target.destination:
            return key_messages.no_address(target.provider)
        return key_messages.of_key(
            target.provider, self.known(target), self._found(target), is_asked_for=self._is_asked_for(target)
        )

    def _found(self, target: EndpointTarget) -> KeyCheck | None:
        """Return what a check, or a call that tells more or came later, has shown of the key that is used now."""
        check, key = self._keys.check(target), self._store.cached(target.provider.name, target.destination)
        verdict = self._context.key_verdicts.latest((target.provider.name, target.url), key) if key else None
        if check is not None and check.key and check.key != identity(key):
            check = None  # a variable has another value now
        if verdict is None or (check is not None and check.outweighs(verdict.found_at)):
            return check
        return KeyCheck("rejected" if verdict.fault else "verified", verdict.at, verdict.fault)

    def needs_key(self, target: EndpointTarget) -> bool:
        """Whether it is known that `target` cannot be used without a key."""
        if target.provider.needs_key or self._is_asked_for(target):
            return True
        status, check = self.known(target), self._keys.check(target)
        has_none = status is not None and not status.configured
        return has_none and check is not None and check.state == "rejected"

    def note_refusal(self, target: EndpointTarget, fault: ByokError) -> None:
        """Take a list that was refused without a key for a check: it is the same request."""
        status = self.known(target)
        if status is not None and not status.configured and self._keys.check(target) is None:
            self._keys.set_check(target, KeyCheck.now("rejected", fault))
            self._config.notify("key")

    def _is_asked_for(self, target: EndpointTarget) -> bool:
        return (target.provider.name, target.url) in self._context.ask_for_key

    def update_status(self, target: EndpointTarget) -> None:
        """Find out in the background where the key is stored and which backends work; does so only once."""
        if target != self._last:
            self._keys.forget_unverified(target)
        self._last = target
        if not self._is_probing:
            self._is_probing = True  # before the start: without threads it is done at once, and asks again here
            start_key_work(self._probe)
        if target.takes_key and self._keys.add(target):
            start_key_work(self._look_up, target)

    def save(self, secret: Secret, target: EndpointTarget, *, storage: str, override: bool, done: Done) -> None:
        """Store a key for `target` and check it; `done` is called once it is stored or refused."""
        start_key_work(self._save, secret, target, storage, override=override, done=done)

    def others(self, target: EndpointTarget) -> tuple[str, ...]:
        """Return the other flows that have a key for `target`, where this one has none. Never waits."""
        return self._keys.others(target)

    def copy(self, flow: str, target: EndpointTarget, *, done: Done) -> None:
        """Copy the key of another flow and check it; `done` is called once it is stored or refused."""
        start_key_work(self._copy, flow, target, done=done)

    def unlock(self, passphrase: Secret, *, storage: str, new: bool, done: Done) -> None:
        """Unlock a backend for all flows of this kernel, or choose its passphrase, then call `done`."""
        start_key_work(_unlock, passphrase, backend_named(storage, self._store.backends), new=new, done=done)

    def set_available(self, backend: str, found: Availability) -> None:
        """Note that a backend was opened or has changed; keys that may be in it are looked up again."""
        self._availability = {**self._availability, backend: found}
        self._config.notify("key")

    def check(self, target: EndpointTarget) -> None:
        """Ask the provider, free of charge, whether the key is good, or whether it answers without one."""
        before = self._keys.check(target)
        working = KeyCheck("working")
        self._keys.set_check(target, working)
        self._config.notify("key")
        start(self._check(target, working, before))

    def remove(self, target: EndpointTarget) -> None:
        """Remove the key of `target` from wherever it is stored."""
        start_key_work(self._remove, target)

    def is_verified(self, target: EndpointTarget) -> bool:
        """Whether the key is known to be valid at this address."""
        found = self._found(target)
        return found is not None and found.state == "verified"

    def state(self, target: EndpointTarget) -> object:
        """Return a value that stays equal as long as the key of `target` is the same."""
        return (self._keys.version(target), self._keys.status(target))

    async def endpoint(self, target: EndpointTarget) -> Endpoint:
        """Return where calls go, with this flow's key.

        Raises:
            ByokError: There is no key, or no address; or a recording is replayed, and nothing is sent.
        """
        if self._context.sends_nothing:
            raise ConfigError(
                "Nothing is sent while a recording is replayed.",
                kind="replaying",
                fix="End the replay in a cell: flow.live().",
            )
        return await self._context.endpoint(target.provider)

    def _find_available(self, *, slow: bool) -> None:
        asked = [backend for backend in self._store.backends if backend.is_slow == slow]
        found = {
            backend.name: guarded.available(backend, until=deadline() if slow else Deadline(_AT_ONCE_S))
            for backend in asked
        }
        self._availability = {**self._availability, **found}

    def _probe(self) -> None:
        self._find_available(slow=True)
        self._config.notify("key")

    def _look_up(self, target: EndpointTarget) -> None:
        version = self._keys.version(target)
        status = self._status(target)
        has_new_others = self._find_others(target, status)
        if self._keys.take_found(target, status, version=version) or has_new_others:
            self._config.notify("key")

    def _find_others(self, target: EndpointTarget, status: KeyStatus) -> bool:
        """Find out which other flows have a key, where this one has none; returns whether that is new."""
        lonely = not status.configured and not self._context.for_visitors
        others = flows_with_key(self._context, target.provider.name, target.destination) if lonely else ()
        return self._keys.set_others(target, others)

    def _look_for_others(self, target: EndpointTarget, status: KeyStatus) -> None:
        if self._find_others(target, status):
            self._config.notify("key")

    def _changed(self, changes: tuple[str, ...]) -> None:
        """Look up every displayed key again, since code in a cell may have changed it.

        Panels of other flows that have no key look again, too: they may offer this one.
        """
        if "key" not in changes:
            return
        for target in self._keys.targets():
            start_key_work(self._look_up, target)
        with _lock:
            # a copy: another thread may add one, and none is called under the lock
            others = [each for each in _controllers.values() if each is not self]
        for controller in others:
            controller.look_for_others()

    def look_for_others(self) -> None:
        """Find out again which other flows have a key, where this one has none."""
        for target in self._keys.targets():
            status = self._keys.status(target)
            if status is not None and not status.configured:
                start_key_work(self._look_for_others, target, status)

    def _save(self, secret: Secret, target: EndpointTarget, storage: str, *, override: bool, done: Done) -> None:
        # for what is no `ByokError`: `done` is called in any case
        answer = refusal("failed", key_messages.NOT_SAVED)
        try:
            status = self._store_key(secret, target, storage, override=override)
            answer = SAVED
            self._keys.set_status(target, status)
            self.check(target) if status.available else self._config.notify("key")
        except ByokError as error:
            answer = _refusal(error, storage)
        finally:
            _answer(done, answer)

    def _copy(self, flow: str, target: EndpointTarget, done: Done) -> None:
        answer = refusal("failed", key_messages.NOT_COPIED)
        try:
            status = copy_key(self._context, flow, target.provider, target.destination)
            answer = SAVED
            self._keys.set_status(target, status)
            self.check(target)
        except ByokError as error:
            answer = _not_copied(error, flow)
        finally:
            _answer(done, answer)

    def _store_key(self, secret: Secret, target: EndpointTarget, storage: str, *, override: bool) -> KeyStatus:
        provider, destination = target.provider.name, target.destination
        backend = backend_named(storage)
        if backend is None:
            return self._store.save(provider, destination, secret, override=override)
        if not backend.stores_keys:
            return self._refer(secret, target)
        return self._store.save(provider, destination, secret, backend=backend.name, override=override)

    def _refer(self, name: Secret, target: EndpointTarget) -> KeyStatus:
        provider, destination = target.provider.name, target.destination
        self._require_key_variable(name, provider)
        self._context.require_named(target.provider)
        status = self._store.refer(provider, destination, name.reveal())
        if not status.is_stored:
            return status
        self._store.remove(provider, destination)  # the user chose the variable over the saved key
        return self._store.refer(provider, destination, name.reveal())

    def _require_key_variable(self, name: Secret, provider: str) -> None:
        """Refuse a variable that may hold another secret, unless a cell has named it.

        Raises:
            KeyFormatError: It is one, or no name of a variable.
        """
        known = variable_name(name.reveal())
        if not is_named_like_api_key(known, provider) and known not in self._context.named_variables:
            raise KeyFormatError(
                "The name of this variable does not say that it holds an API key.",
                kind="not_a_key_variable",
                fix="Choose one whose name holds API_KEY, or name it in a cell, with flow.use_key.",
            )

    def _remove(self, target: EndpointTarget) -> None:
        problem = None
        try:
            self._store.remove(target.provider.name, target.destination)
        except ByokError as error:
            problem = error
        self._keys.set_status(target, self._status(target))
        if problem:
            self._keys.set_check(target, KeyCheck.now("unverified", problem))
        self._config.notify("key")

    async def _check(self, target: EndpointTarget, working: KeyCheck, before: KeyCheck | None) -> None:
        check = (await check_key(target, self.endpoint)).after(before)
        if self._keys.check(target) is not working:
            return  # the key was removed, replaced or checked again in the meantime: this result is older
        key = self._store.cached(target.provider.name, target.destination)
        self._keys.set_check(target, replace(check, key=identity(key)))
        self._config.notify("key")

    def _status(self, target: EndpointTarget) -> KeyStatus:
        return self._store.status(target.provider.name, target.destination)


def _unlock(passphrase: Secret, backend: KeyBackend | None, *, new: bool, done: Done) -> None:
    answer = refusal("failed", key_messages.NOT_UNLOCKED)
    try:
        _open(backend, passphrase, new=new)
        answer = UNLOCKED
    except ByokError as error:
        answer = refused(error)
    finally:
        try:
            if backend:
                found = guarded.available(backend, until=Deadline(_AT_ONCE_S))
                for controller in tuple(_controllers.values()):
                    controller.set_available(backend.name, found)
        finally:
            _answer(done, answer)


def _open(backend: KeyBackend | None, passphrase: Secret, *, new: bool) -> None:
    """Unlock a backend.

    Raises:
        ConfigError: No passphrase opens it.
        KeyStoreError: Not this one, or the backend cannot be used.
    """
    if backend is None or backend.lock is None:
        raise ConfigError("No passphrase opens this storage.", kind="no_lock", fix="Choose another one.")
    (backend.lock.create if new else backend.lock.unlock)(passphrase)


def _answer(done: Done, answer: KeyOutcome) -> None:
    HOME_THREAD.call(partial(done, answer))  # queued behind the refresh that shows it


def _not_copied(error: ByokError, flow: str) -> KeyOutcome:
    locked = backend_named(getattr(error, "locked", ""))
    if locked is None or locked.lock is None:
        return refused(error)
    return refusal(error.kind, key_messages.locked_there(flow, locked), open_first=locked.name)


def _refusal(error: ByokError, storage: str) -> KeyOutcome:
    if error.kind == "misplaced_key":
        return refusal(error.kind, key_messages.NAME_ONLY, clear=True)
    suggested = getattr(error, "suggested_provider", None)
    backend = backend_named(storage)
    is_key = backend is None or backend.stores_keys
    if error.kind != "wrong_provider" or suggested is None or not is_key:
        return refused(error)
    return refused(error, switch_to={"name": suggested, "label": PROVIDERS[suggested].label}, anyway=True)
