"""The panel's key section: shows what the flow's key controller knows, and passes on what the field sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byok_widgets.display.sanitize import sanitize
from byok_widgets.errors import ConfigError
from byok_widgets.keys.formats import validation_rules
from byok_widgets.providers.look_alikes import shown_destination
from byok_widgets.widgets.panel import key_messages, visitor
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
from byok_widgets.widgets.panel.key_controller import KeyController
from byok_widgets.widgets.panel.key_field import Done, KeyField

if TYPE_CHECKING:
    from byok_widgets.keys import KeyStatus
    from byok_widgets.secrets import Secret
    from byok_widgets.widgets.panel.panel_flow import PanelFlow

_REPLACE = "saved; paste to replace"


class KeySection:
    """One panel's view of the keys of its flow.

    Attributes:
        view: The widget.
    """

    def __init__(self, flow: PanelFlow, *, takes_typed: bool = False) -> None:
        self._flow = flow
        self._controller = KeyController.of(flow)
        self._chosen_for = ""
        self.view = KeyField(self, takes_typed=takes_typed)

    def refresh(self) -> None:
        """Show the flow's current settings."""
        target = EndpointTarget.of(self._flow)
        if target.provider.free_of_charge:
            self.view.layout.display = "none"
            return
        self._controller.update_status(target)
        status = self._controller.known(target)
        options = self._controller.choices()
        with self.view.hold_sync():
            self.view.place = shown_destination(target.provider, target.destination)
            self.view.hint = _REPLACE if self._holds_key(status) else target.provider.key_hint
            used = self._flow.key_store.variable(target.provider.name, target.destination)
            is_told = used and not visitor.is_one(self._flow)
            self.view.variable_hint = f"{used} is in use" if is_told else f"{target.provider.name.upper()}_API_KEY"
            self.view.shapes = validation_rules(target.provider.name)
            self.view.target = target.name
            self.view.needs_key = self._controller.needs_key(target)
            self.view.has_key = status is not None and status.backend != "none"
            is_open = target.takes_key and not target.provider.needs_key
            self.view.can_check = not self._is_locked(status) and (self.view.has_key or is_open)
            others = self._controller.others(target) if status and not status.configured else ()
            self.view.other_flows = [{"name": name, "label": sanitize(name)} for name in others]
            self.view.status = dict(self._controller.message(target))
            self.view.storage_options = options
            self._choose_storage(target, [option["id"] for option in options])
        self.view.layout.display = None

    def wait_for_address(self) -> None:
        """Leave it to the field of the address to say that it was refused, where a key cannot be saved without."""
        if not EndpointTarget.of(self._flow).destination:
            self.view.status = dict(key_messages.ADDRESS_REFUSED)

    @staticmethod
    def _is_locked(status: KeyStatus | None) -> bool:
        return status is not None and status.is_locked

    @staticmethod
    def _holds_key(status: KeyStatus | None) -> bool:
        return status is not None and status.is_stored

    def _choose_storage(self, target: EndpointTarget, options: list[str]) -> None:
        status = self._controller.known(target)
        wanted = f"{target.name} {status.backend if status else ''}"
        if wanted != self._chosen_for and status and status.backend in options:
            self._chosen_for, self.view.storage = wanted, status.backend
        elif self.view.storage not in options or self.view.storage == "auto" or not self._chosen_for:
            self._chosen_for, self.view.storage = wanted, options[0]

    def save(self, secret: Secret, *, target: str, storage: str, override: bool, done: Done) -> None:
        """Keep a key; see `KeyOwner`."""
        if storage != visitor.STORAGE:
            visitor.require_owner(self._flow)
        self._controller.save(secret, self._current(target), storage=storage, override=override, done=done)

    def unlock(self, passphrase: Secret, *, storage: str, new: bool, done: Done) -> None:
        """Unlock a storage backend; see `KeyOwner`."""
        visitor.require_owner(self._flow)
        self._controller.unlock(passphrase, storage=storage, new=new, done=done)

    def use_key_of(self, flow: str, *, target: str, done: Done) -> None:
        """Copy the key of another flow; see `KeyOwner`."""
        visitor.require_owner(self._flow)
        self._controller.copy(flow, self._current(target), done=done)

    def remove(self, target: str) -> None:
        """Remove the key; see `KeyOwner`."""
        self._controller.remove(self._current(target))

    def check(self, target: str) -> None:
        """Check the key; see `KeyOwner`."""
        self._controller.check(self._current(target))

    def switch(self, provider: str) -> None:
        """Change the provider; see `KeyOwner`."""
        self._flow.provider = provider

    def _current(self, seen: str) -> EndpointTarget:
        """Return the target if it is still the one that the user saw: a key must not go anywhere else."""
        target = EndpointTarget.of(self._flow)
        if target.name != seen or not target.takes_key:
            problem = key_messages.CHANGED if target.takes_key else self._controller.message(target)["text"]
            raise ConfigError(problem, kind="target_changed" if target.takes_key else "no_address")
        return target
