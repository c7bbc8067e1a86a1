"""`SettingsStore`: the settings of one flow, saved after each change and announced to observers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from byok_widgets.config.change_elsewhere import ChangeElsewhere, copy_sections
from byok_widgets.config.change_signal import ChangeSignal, Observer
from byok_widgets.config.notice import SettingsNotice
from byok_widgets.config.settings import Change, Defaults, Document, Settings
from byok_widgets.config.settings_file import SettingsFile, checked_name
from byok_widgets.config.unsaved_settings import UnsavedSettings
from byok_widgets.engine import ENGINE, DaemonExecutor
from byok_widgets.errors import ConfigError
from byok_widgets.misplaced_keys import reject_key, reject_whole_key

_SECTIONS = {
    "provider": "provider",
    "base_urls": "base_url",
    "key_references": "key",
    "models": "model",
    "overrides": "override",
    "judge_model": "override",
    "tuning": "model_settings",
    "turn_limits": "turn_limits",
}
"""Sections of the file and the name of the change reported to observers, in the panel's order."""

_SAVING = DaemonExecutor("byok-settings", 1)


class SettingsStore:
    """Keeps a flow's settings in memory and in a file. Neither ever contains an API key.

    Readers use `current` and never wait: a change takes effect in memory at once, and only its setter waits until
    it is saved. On the engine's loop, not even the setter waits.

    What another kernel has saved for this flow stays in the file and does not hold here: `elsewhere` tells of it,
    until somebody takes it or keeps what holds here.

    Attributes:
        name: The flow's name.
    """

    def __init__(
        self,
        name: str,
        defaults: Defaults,
        folder: Path | None = None,
        *,
        saved: bool = True,
        on_elsewhere: Callable[[], None] | None = None,
    ) -> None:
        """Read what is saved.

        Args:
            name: The flow's name.
            defaults: What holds where nothing was chosen.
            folder: Folder of the files; by default in the user's config folder.
            saved: Whether there is a file at all.
            on_elsewhere: Called when another kernel's change is seen, in the thread that saw it.

        Raises:
            ConfigError: The name cannot be used.
            KeyFormatError: The name looks like an API key.
        """
        self.name = checked_name(name)
        self._file: SettingsFile | UnsavedSettings
        self._file = SettingsFile(self.name, folder) if saved else UnsavedSettings()
        self._current = Settings.parse(self._file.load(), defaults)
        self._made_here = Settings.parse({}, defaults)
        self._unsaved: list[Change] = []
        self._elsewhere: ChangeElsewhere | None = None
        self._on_elsewhere = on_elsewhere
        self._memory = threading.Lock()  # held for a moment
        self._disk = threading.Lock()  # held while the file is written
        self._signal = ChangeSignal()

    @property
    def current(self) -> Settings:
        """The current settings."""
        return self._current

    @property
    def path(self) -> Path | None:
        """The file; `None` where nothing is saved."""
        return self._file.path

    @property
    def notice(self) -> SettingsNotice | None:
        """Why the settings are not saved, or were reset; `None` if all is well."""
        return self._file.notice

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer(changes)` after each change; return a function that stops this.

        `changes` is a tuple of `"provider"`, `"base_url"`, `"key"`, `"model"`, `"override"`, `"model_settings"`,
        `"turn_limits"`, in this order, or of what `notify` was called with. The observer is called in the thread
        that made the change, or in another one when that is the engine's. What another kernel changed is announced
        as `"elsewhere"` when it is seen: at this kernel's next change, or by `look`.
        """
        return self._signal.connect(observer)

    def notify(self, what: str) -> None:
        """Announce a change made outside this object, such as a saved key."""
        self._signal.emit(what)

    def change(self, what: str, change: Change) -> None:
        """Make a change, save it if possible, and announce it as `what`.

        Raises:
            ConfigError: It would write what a file of JSON cannot hold.
            KeyFormatError: It would write an API key, whichever field that was pasted into.
        """
        _check(change)
        with self._memory:
            before = self._current
            self._current = before.changed(change)
            self._made_here = self._made_here.changed(change)
            self._unsaved.append(change)
        if ENGINE.is_current_thread:
            _SAVING.submit(self._save_and_notify, what, before)
        else:
            self._save_and_notify(what, before)

    @property
    def elsewhere(self) -> ChangeElsewhere | None:
        """What another kernel has saved for this flow; `None` where that is what holds here."""
        return self._elsewhere

    def keep_in_memory(self) -> None:
        """Forget what was saved, keep what was set in this kernel, and write nothing from now on."""
        with self._disk, self._memory:  # in this order everywhere, so that no two threads wait for each other
            before, self._current = self._current, self._made_here
            self._file, self._elsewhere = UnsavedSettings(), None
            self._unsaved.clear()
        self._signal.emit(*_differences(before, self._current, ""))

    def look(self) -> None:
        """Check whether another kernel has changed the file, which takes one look at the disk."""
        with self._disk:
            before, saved = self._current, None if self._unsaved else self._file.peek()
            news = saved is not None and self._compare(before, saved)
        self._signal.emit(*_differences(before, self._current, ""))
        self._tell(news=news)

    def take_theirs(self) -> None:
        """Adopt what another kernel has saved."""
        with self._disk:
            saved = self._file.load()
            with self._memory:
                before = self._current
                self._current = Settings.parse(saved, before.defaults).changed(*self._unsaved)
                self._elsewhere = None
        self._signal.emit(*_differences(before, self._current, ""), "elsewhere")

    def keep_mine(self) -> None:
        """Save what is in effect here over what another kernel has saved."""
        mine = dict(self._current.document)
        self.change("elsewhere", lambda document: copy_sections(mine, document))

    def _save_and_notify(self, what: str, before: Settings) -> None:
        with self._disk:
            news = self._save()
        changes = _differences(before, self._current, what)
        self._signal.emit(*changes, *(["elsewhere"] if what == "elsewhere" else []))
        self._tell(news=news)

    def _save(self) -> bool:
        """Save all changes that are not saved yet; those that cannot be are saved with the next one.

        Returns:
            Whether another kernel's change was seen.
        """
        with self._memory:
            changes, known = tuple(self._unsaved), self._current
        if not changes:  # another thread has saved them
            return False
        saved = self._file.update(changes, known.document)
        if saved is None:
            return False
        with self._memory:
            del self._unsaved[: len(changes)]  # more may have been made while the file was written
        return self._compare(known, saved)

    def _compare(self, mine: Settings, saved: Document) -> bool:
        """Note what another kernel has saved; return whether that is new."""
        theirs = Settings.parse(saved, mine.defaults)
        known, found = self._elsewhere, ChangeElsewhere.between(mine, theirs)
        with self._memory:
            self._elsewhere = found
            if not found:
                self._current = theirs.changed(*self._unsaved)
            else:  # where a key is stored says nothing of what runs
                self._current = self._current.changed(partial(_take_references, saved))
        return found is not None and found.is_news(known)

    def _tell(self, *, news: bool) -> None:
        if news:
            self._signal.emit("elsewhere")
            if self._on_elsewhere:
                self._on_elsewhere()


def _differences(before: Settings, after: Settings, what: str) -> tuple[str, ...]:
    changes = {
        name: None
        for section, name in _SECTIONS.items()
        if name == what or before.document.get(section) != after.document.get(section)
    }
    return tuple(changes)


def _take_references(saved: Document, document: Document) -> None:
    document.pop("key_references", None)
    document.update({name: saved[name] for name in ("key_references",) if name in saved})


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
        # not the names of variables: what is typed into a key field is held there, also such a name
        reject_whole_key({name: value for name, value in written.items() if name != "key_references"})
        return
    raise ConfigError(
        f"The settings cannot hold this value ({why}).",
        kind="setting_not_json",
        fix="Give text, numbers, true, false, None, or lists and mappings of them.",
    )
