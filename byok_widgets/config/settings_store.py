"""`SettingsStore`: settings in a file, saved at each change and told to those who observe them."""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from byok_widgets.config.notice import SettingsNotice
from byok_widgets.config.settings_file import ConfigFile, Data, checked_name
from byok_widgets.misplaced_keys import reject_key

Observer = Callable[[str], None]

_PARTS = {
    "provider": "provider",
    "base_urls": "base_url",
    "key_references": "key",
    "models": "model",
    "overrides": "override",
    "tuning": "tuning",
}
"""Sections of the settings, and what observers are told when one changes, in the panel's order."""

_log = logging.getLogger(__name__)


class SettingsStore:
    """The sections of one flow's file. None of them ever holds an API key.

    Attributes:
        name: The flow's name.
    """

    def __init__(self, name: str, folder: Path | None) -> None:
        self.name = checked_name(name)
        self._file = ConfigFile(self.name, folder)
        self._lock = threading.RLock()
        self._observers: list[Observer] = []
        self._data: Data = self._file.load()
        self._unsaved: list[Callable[[Data], None]] = []

    @property
    def notice(self) -> SettingsNotice | None:
        """Why the settings are not saved, or were reset; `None` when all is well."""
        return self._file.notice

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer(what)` after each change, in the thread that made it; returns the way to stop that.

        `what` is `"provider"`, `"base_url"`, `"key"`, `"model"`, `"override"` or `"tuning"`; a change of several
        is told in this order. What another kernel changed is told when it is seen: at this kernel's next change.
        """
        with self._lock:
            self._observers.append(observer)
        return lambda: self._forget(observer)

    def notify(self, what: str) -> None:
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
            self.notify(part)

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


def _refuse_keys(change: Callable[[Data], None]) -> None:
    """Make sure that no key gets into the settings, whichever field it was pasted into."""
    written: Data = {}
    change(written)
    reject_key(written)
