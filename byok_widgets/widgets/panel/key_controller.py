"""`KeyController`: what all panels of one flow know and do about its keys.

It saves, removes and checks in the background, keeps what a check found until the key changes, and tells the
panels.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from byok_widgets.errors import ByokError
from byok_widgets.keys import KeyringState, KeyStatus, probe
from byok_widgets.keys.backends import encrypted_file
from byok_widgets.nodes.model_call import FlowContext
from byok_widgets.providers import PROVIDERS, Endpoint
from byok_widgets.secrets import Secret
from byok_widgets.widgets.background import start
from byok_widgets.widgets.panel import key_messages
from byok_widgets.widgets.panel.key_check import KeyCheck, check_key
from byok_widgets.widgets.panel.key_field import SAVED, UNLOCKED, Done, refusal, refused
from byok_widgets.widgets.panel.key_messages import StatusMessage

if TYPE_CHECKING:
    from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
    from byok_widgets.widgets.panel.panel_flow import PanelFlow

_controllers: dict[Any, KeyController] = {}
_lock = threading.Lock()


class KeyController:
    """The keys of one flow, as its panels see them. One for each flow of the kernel."""

    @classmethod
    def of(cls, flow: PanelFlow) -> KeyController:
        """Return the flow's desk."""
        with _lock:
            if flow.key_store not in _controllers:
                _controllers[flow.key_store] = cls(flow)
            return _controllers[flow.key_store]

    def __init__(self, flow: PanelFlow) -> None:
        self._config, self._store = flow.config, flow.key_store
        self._known: dict[str, KeyStatus] = {}
        self._verdicts: dict[EndpointTarget, KeyCheck] = {}
        self._versions: dict[str, int] = {}
        self._targets: dict[str, EndpointTarget] = {}
        self._last: EndpointTarget | None = None
        self._keyring: KeyringState | None = None
        self._file = encrypted_file.state()
        self._probing = False
        self._config.observe(self._changed)

    @property
    def keyring(self) -> KeyringState | None:
        """Whether the OS keyring works here; `None` while that is being found out."""
        return self._keyring

    @property
    def file(self) -> encrypted_file.FileState:
        """Whether keys can rest in the encrypted file now, as far as is known here."""
        return self._file

    def known(self, target: EndpointTarget) -> KeyStatus | None:
        """Return where the key of `target` rests, or `None` while that is being found out. Never waits."""
        return self._known.get(target.name)

    def message(self, target: EndpointTarget) -> StatusMessage:
        """Return the status line for `target`."""
        if not target.host:
            return key_messages.no_address(target.provider)
        return key_messages.of_key(target.provider, self.known(target), self._verdicts.get(target))

    def update_status(self, target: EndpointTarget) -> None:
        """Find out in the background where the key rests and whether there is a keyring; asked once."""
        verdict = self._verdicts.get(target)
        if target != self._last and verdict and verdict.state == "unverified":
            self._verdicts.pop(target)  # what kept it from being verified may have been mended elsewhere
        self._last = target
        if not self._probing:
            self._probing = True
            start(self._probe())
        if target.takes_key and target.name not in self._targets:
            self._targets[target.name] = target
            start(self._look(target))

    def save(self, secret: Secret, target: EndpointTarget, *, place: str, override: bool, done: Done) -> None:
        """Keep a key for `target` and check it; `done` is told of the first."""
        start(self._save(secret, target, place, override, done))

    def unlock(self, passphrase: Secret, *, new: bool, done: Done) -> None:
        """Open the encrypted file for all flows of this kernel, or begin it; `done` is told."""
        start(_unlock(passphrase, new, done))

    def know_file(self, state: encrypted_file.FileState) -> None:
        """Take note of how the encrypted file is now; keys that may rest in it are looked for anew."""
        self._file = state
        self._config.notify("key")

    def check(self, target: EndpointTarget) -> None:
        """Ask the provider, free of charge, whether the key is good, or whether it answers without one."""
        self._verdicts[target] = KeyCheck("working")
        self._config.notify("key")
        start(self._check(target))

    def remove(self, target: EndpointTarget) -> None:
        """Remove the key of `target` from wherever it rests."""
        start(self._remove(target))

    def is_verified(self, target: EndpointTarget) -> bool:
        """Whether the last check at this address went well."""
        verdict = self._verdicts.get(target)
        return verdict is not None and verdict.state == "verified"

    def state(self, target: EndpointTarget) -> object:
        """Return something that is equal as long as the key of `target` is the same."""
        return (self._versions.get(target.name, 0), self._known.get(target.name))

    async def endpoint(self, target: EndpointTarget) -> Endpoint:
        """Return where calls go, with this flow's key.

        Raises:
            ByokError: There is no key, or no address.
        """
        return await FlowContext(self._config, self._store).endpoint(target.provider)

    async def _look(self, target: EndpointTarget) -> None:
        version = self._versions.get(target.name)
        status = await self._status(target)
        if status != self._known.get(target.name) and version == self._versions.get(target.name):
            self._know(target, status)

    async def _probe(self) -> None:
        self._keyring = await asyncio.to_thread(probe)
        self._config.notify("key")

    def _changed(self, what: str) -> None:
        """Look again at each key that is shown, since a line in a cell may have changed it."""
        if what == "key":
            for target in tuple(self._targets.values()):
                start(self._look(target))

    async def _save(self, secret: Secret, target: EndpointTarget, place: str, override: bool, done: Done) -> None:  # noqa: FBT001
        try:
            status = await asyncio.to_thread(self._keep, secret, target, place, override)
        except ByokError as fault:
            done(_refusal(fault, place))
            return
        except Exception:  # noqa: BLE001 - its text could hold what was typed
            done(refusal("failed", key_messages.NOT_SAVED))
            return
        del secret
        self._know(target, status, announce=False)
        try:
            self.check(target) if status.available else self._config.notify("key")
        finally:
            done(SAVED)

    def _keep(self, secret: Secret, target: EndpointTarget, place: str, override: bool) -> KeyStatus:  # noqa: FBT001
        provider, host = target.provider.name, target.host
        if place == "env":
            return self._refer(secret, provider, host)
        where = place if place in ("keyring", "session", "file") else None
        return self._store.save(provider, host, secret, place=where, override=override)  # type: ignore[arg-type]

    def _refer(self, name: Secret, provider: str, host: str) -> KeyStatus:
        status = self._store.refer(provider, host, name.reveal())
        if status.place == "env":
            return status
        self._store.remove(provider, host)  # the person chose the variable over the key that was saved
        return self._store.refer(provider, host, name.reveal())

    async def _remove(self, target: EndpointTarget) -> None:
        problem = None
        try:
            await asyncio.to_thread(self._store.remove, target.provider.name, target.host)
        except ByokError as fault:
            problem = fault
        self._know(target, await self._status(target), announce=False)
        if problem:
            self._verdicts[target] = KeyCheck.now("unverified", problem)
        self._config.notify("key")

    async def _check(self, target: EndpointTarget) -> None:
        version = self._versions.get(target.name)
        verdict = await check_key(target, self.endpoint)
        if version != self._versions.get(target.name):
            return  # it was removed or replaced meanwhile: this is not about the key that is there now
        self._verdicts[target] = verdict
        self._config.notify("key")

    async def _status(self, target: EndpointTarget) -> KeyStatus:
        return await asyncio.to_thread(self._store.status, target.provider.name, target.host)

    def _know(self, target: EndpointTarget, status: KeyStatus, *, announce: bool = True) -> None:
        self._targets[target.name] = target
        self._known[target.name] = status
        self._versions[target.name] = self._versions.get(target.name, 0) + 1
        for address in [known for known in self._verdicts if known.name == target.name]:
            self._verdicts.pop(address, None)
        if announce:
            self._config.notify("key")


async def _unlock(passphrase: Secret, new: bool, done: Done) -> None:  # noqa: FBT001
    answer = UNLOCKED
    try:
        await asyncio.to_thread(encrypted_file.create if new else encrypted_file.unlock, passphrase)
    except ByokError as fault:
        answer = refused(fault)
    except Exception:  # noqa: BLE001 - its text could hold what was typed
        answer = refusal("failed", key_messages.NOT_UNLOCKED)
    del passphrase
    try:
        state = await asyncio.to_thread(encrypted_file.state)
        for desk in tuple(_controllers.values()):
            desk.know_file(state)
    finally:
        done(answer)


def _refusal(fault: ByokError, place: str) -> Any:
    if fault.kind == "misplaced_key":
        return refusal(fault.kind, key_messages.NAME_ONLY, clear=True)
    suggested = getattr(fault, "suggested_provider", None)
    if fault.kind != "wrong_provider" or suggested is None or place == "env":
        return refused(fault)
    return refused(fault, switch_to={"name": suggested, "label": PROVIDERS[suggested].label}, anyway=True)
