"""`SettingsStore`: the settings of one flow, saved at each change and announced to observers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

from byok_widgets.config.change_signal import ChangeSignal, Observer
from byok_widgets.config.notice import SettingsNotice
from byok_widgets.config.settings import Change, Defaults, Document, Settings
from byok_widgets.config.settings_file import SettingsFile, checked_name
from byok_widgets.engine import ENGINE, DaemonExecutor
from byok_widgets.errors import ConfigError
from byok_widgets.misplaced_keys import reject_key

_SECTIONS = {
    "provider": "provider",
    "base_urls": "base_url",
    "key_references": "key",
    "models": "model",
    "overrides": "override",
    "judge_model": "override",
    "tuning": "model_settings",
}
"""Sections of the file, and the name of the change that observers get, in the panel's order."""

_SAVING = DaemonExecutor("byok-settings", 1)


class SettingsStore:
    """Holds a flow's settings in memory and in a file. Neither ever holds an API key.

    Readers take `current` and never wait: a change holds in memory at once, and only its setter waits until it is
    saved. On the engine's loop not even that one does.

    Attributes:
        name: The flow's name.
    """

    def __init__(self, name: str, defaults: Defaults, folder: Path | None = None) -> None:
        """Read what is saved.

        Raises:
            ConfigError: The name cannot be used.
            KeyFormatError: The name looks like an API key.
        """
        self.name = checked_name(name)
        self._file = SettingsFile(self.name, folder)
        self._current = Settings.parse(self._file.load(), defaults)
        self._unsaved: list[Change] = []
        self._memory = threading.Lock()  # held for a moment
        self._disk = threading.Lock()  # held while the file is written
        self._signal = ChangeSignal()

    @property
    def current(self) -> Settings:
        """The settings now."""
        return self._current

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    @property
    def notice(self) -> SettingsNotice | None:
        """Why the settings are not saved, or were reset; `None` when all is well."""
        return self._file.notice

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer(changes)` after each change; returns the function that ends that.

        `changes` is a tuple of `"provider"`, `"base_url"`, `"key"`, `"model"`, `"override"`, `"model_settings"`,
        in this order, or of what `notify` was called with. The observer is called in the thread that made the
        change, or in another one when that is the engine's. What another kernel changed is announced when it is
        seen: at this kernel's next change.
        """
        return self._signal.connect(observer)

    def notify(self, what: str) -> None:
        """Announce a change made outside this object, such as a saved key."""
        self._signal.emit(what)

    def change(self, what: str, change: Change) -> None:
        """Make a change, save it if that is possible now, and announce it as `what`.

        Raises:
            ConfigError: It would write what a file of JSON cannot hold.
            KeyFormatError: It would write an API key, whichever field that was pasted into.
        """
        _check(change)
        with self._memory:
            before = self._current
            self._current = before.changed(change)
            self._unsaved.append(change)
        if ENGINE.is_current_thread:
            _SAVING.submit(self._save_and_announce, what, before)
        else:
            self._save_and_announce(what, before)

    def _save_and_announce(self, what: str, before: Settings) -> None:
        with self._disk:
            self._save()
        self._signal.emit(*_differences(before, self._current, what))

    def _save(self) -> None:
        """Save all changes that are not saved yet; those that cannot be are saved with the next one."""
        with self._memory:
            changes, known = tuple(self._unsaved), self._current
        if not changes:  # another thread has saved them
            return
        saved = self._file.update(changes, known.document)
        if saved is None:
            return
        with self._memory:
            del self._unsaved[: len(changes)]
            self._current = Settings.parse(saved, known.defaults).changed(*self._unsaved)


def _differences(before: Settings, after: Settings, what: str) -> tuple[str, ...]:
    changes = {
        name: None
        for section, name in _SECTIONS.items()
        if name == what or before.document.get(section) != after.document.get(section)
    }
    return tuple(changes)


def _check(change: Change) -> None:
    """Make a change to nothing, to see what it writes: a bad one must not stay among those to be saved."""
    written: Document = {}
    change(written)
    try:
        json.dumps(written, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        why = type(error).__name__
    else:
        reject_key(written)
        return
    raise ConfigError(
        f"The settings cannot hold this value ({why}).",
        kind="setting_not_json",
        fix="Give text, numbers, true, false, None, or lists and mappings of them.",
    )
