"""The settings file of one flow: atomic, locked and private; unknown fields are kept."""

from __future__ import annotations

import copy
import errno
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from byok_widgets.config.notice import NoticeKind, SettingsNotice
from byok_widgets.config.settings import Change, Document
from byok_widgets.errors import ConfigError
from byok_widgets.files import (
    PrivateFolder,
    describe_os_error,
    finite_json,
    nested_deeper,
    private_config,
    remove_dead_parts,
    set_aside,
)
from byok_widgets.misplaced_keys import reject_whole_key
from byok_widgets.text_forms import normalized

VERSION = 1
LOCK_TIMEOUT_S = 5.0
MAX_NAME_CHARS = 300
MAX_BYTES = 20_000_000
"""Largest file that is read or written."""
MAX_DEPTH = 50
"""How deep what a file holds may be nested."""
_TOO_DEEP = "it is nested too deeply"


def checked_name(name: str) -> str:
    """Return a flow's name in Unicode normal form (NFC).

    Raises:
        ConfigError: Empty or blank, longer than 300 characters, or not text that can be saved.
        KeyFormatError: It looks like an API key.
    """
    if not isinstance(name, str) or not name.strip():
        raise ConfigError(
            "A flow needs a name.", kind="flow_name_missing", fix='Give it one, like Flow("dentist").'
        )
    reject_whole_key(name)
    name = normalized("NFC", name)
    if len(name) > MAX_NAME_CHARS:
        raise ConfigError(
            f"A flow's name has at most {MAX_NAME_CHARS} characters; this one has {len(name)}.",
            kind="flow_name_too_long",
            fix="Shorten it.",
        )
    if any(0xD800 <= ord(char) <= 0xDFFF for char in name):
        raise ConfigError(
            "The flow's name contains an unpaired surrogate, which cannot be saved.",
            kind="flow_name_not_text",
            fix="Retype it.",
        )
    return name


def flows_folder() -> PrivateFolder:
    """Return the folder in which flows are saved; it may not exist."""
    return private_config().sub("flows")


class SettingsFile:
    """Reads and changes one flow's file.

    The file is named by a hash of the flow's name, so no flow name can escape the folder, collide, or be rejected
    by the file system; the readable name is stored inside. Saving replaces the whole file atomically, so a reader
    sees the old or the new version, never a partial one. Unknown fields are kept. The file never contains a key.

    What another user of this machine could have written is not read, and nothing is written where another user
    could replace it: the settings say where a key is sent. `byok_widgets.files.trust` says what is checked.

    Attributes:
        path: The file; it may not exist.
        notice: Why the settings are not saved or were reset; `None` when all is well.
    """

    def __init__(self, name: str, folder: Path | None = None) -> None:
        digest = hashlib.sha256(name.encode("utf-8")).hexdigest()[:32]
        self._folder = PrivateFolder(folder) if folder else flows_folder()
        self._file: Path = self._folder.path / f"{digest}.json"
        self.path: Path | None = self._file
        self.notice: SettingsNotice | None = None
        self._name = name
        self._writable = True
        self._seen: object = None

    def load(self) -> Document:
        """Return what is saved, or an empty mapping."""
        self._seen = self._state()  # before reading: a change in between then counts as one
        try:
            content = self._read()
        except FileNotFoundError:
            content = None
        except OSError as error:
            return self._session_only(NoticeKind.UNREADABLE, error)
        remove_dead_parts(self._folder.path)
        if content is None:
            return {}
        try:
            data = _parsed(content)
        except ValueError:
            data = None
        if not isinstance(data, dict) or not isinstance(data.get("version", VERSION), int):
            return self._set_aside()
        if data.get("version", VERSION) > VERSION:
            self._writable = False
            self.notice = SettingsNotice(NoticeKind.NEWER)
        return data

    def peek(self) -> Document | None:
        """Return what is saved, where it was changed since it was last read or written here; changes nothing."""
        state = self._state()
        if not self._writable or state is None or state == self._seen:
            return None
        try:
            data = _parsed(self._read())
        except (OSError, ValueError):
            return None  # the next change reports it
        self._seen = state
        return data if isinstance(data, dict) and data.get("version", VERSION) == VERSION else None

    def update(self, changes: Sequence[Change], known: Mapping[str, Any]) -> Document | None:
        """Apply `changes` to the latest saved version and save it.

        Changes that another kernel made to other fields are kept: the file is reread under the lock. If it is
        missing or damaged, it is rewritten from `known`, the settings of this session.

        Returns:
            The saved document; `None` if it could not be saved, in which case `notice` says why.
        """
        if not self._writable:
            return None
        from byok_widgets.files.locking import file_lock

        try:
            self._folder.make()
            with file_lock(self._file.with_suffix(".lock"), timeout_s=LOCK_TIMEOUT_S, mode=0o600):
                self._require_no_link()
                data = self.load() or copy.deepcopy(dict(known))
                if not self._writable:
                    return None
                for change in changes:
                    change(data)
                data |= {"version": VERSION, "flow": self._name}
                text = json.dumps(data, ensure_ascii=False, indent=2)
                content = text.encode("utf-8", "backslashreplace")  # an unpaired surrogate becomes its JSON escape
                self._folder.write(self._file.name, content, most_bytes=MAX_BYTES)
                self._seen = self._state()
        except TimeoutError:
            self.notice = SettingsNotice(NoticeKind.BUSY)
            return None
        except OSError as error:
            self.notice = _notice_of(NoticeKind.UNSAVED, error)
            return None
        if self.notice and self.notice.kind is not NoticeKind.RESET:
            self.notice = None
        return data

    def _state(self) -> object:
        """Return something that differs when the file was replaced."""
        try:
            found = self._file.stat()
        except OSError:
            return None
        # the clock may be too coarse to tell two savings apart
        return (found.st_ino, found.st_mtime_ns, found.st_size)

    def _read(self) -> bytes:
        return self._folder.read(self._file.name, most_bytes=MAX_BYTES)

    def _require_no_link(self) -> None:
        if self._file.is_symlink():
            raise OSError(errno.ELOOP, "the settings file is a link, which is not followed")

    def _set_aside(self) -> Document:
        try:
            kept = set_aside(self._file)
        except OSError as error:
            return self._session_only(NoticeKind.DAMAGED, error)
        self.notice = SettingsNotice(NoticeKind.RESET, kept.name)
        return {}

    def _session_only(self, kind: NoticeKind, error: OSError) -> Document:
        self._writable = False
        self.notice = _notice_of(kind, error)
        return {}


def _parsed(content: bytes) -> Any:
    """Return JSON data that can be copied and written again.

    Raises:
        ValueError: It is not JSON, or nested too deeply.
    """
    try:
        data = finite_json(content)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if nested_deeper(data, MAX_DEPTH):
        raise ValueError(_TOO_DEEP)
    return data


def _notice_of(kind: NoticeKind, error: OSError) -> SettingsNotice:
    return SettingsNotice(kind, describe_os_error(error), error.errno)
