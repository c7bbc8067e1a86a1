"""The file of one flow's settings: atomic, locked, private, and kind to what it does not know."""

from __future__ import annotations

import copy
import errno
import hashlib
import json
import unicodedata
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from byok_widgets.config.notice import NoticeKind, SettingsNotice
from byok_widgets.errors import ConfigError
from byok_widgets.files import config_dir, describe_os_error, replace_file
from byok_widgets.misplaced_keys import reject_key

VERSION = 1
LOCK_TIMEOUT_S = 5.0
MAX_NAME_CHARS = 300

Data = dict[str, Any]


def checked_name(name: str) -> str:
    """Return a flow's name in its one normal form (NFC).

    Raises:
        ConfigError: Empty or blank, longer than 300 characters, or not text that can be saved.
        KeyFormatError: It looks like an API key.
    """
    if not isinstance(name, str) or not name.strip():
        raise ConfigError(
            "A flow needs a name.", kind="flow_name_missing", fix='Give it one, like Flow("dentist").'
        )
    reject_key(name)
    name = unicodedata.normalize("NFC", name)
    if len(name) > MAX_NAME_CHARS:
        raise ConfigError(
            f"A flow's name has at most {MAX_NAME_CHARS} characters; this one has {len(name)}.",
            kind="flow_name_too_long",
            fix="Shorten it.",
        )
    if any(0xD800 <= ord(char) <= 0xDFFF for char in name):
        raise ConfigError(
            "The flow's name holds half a character that cannot be saved.",
            kind="flow_name_not_text",
            fix="Type it anew.",
        )
    return name


class ConfigFile:
    """Reads and changes one flow's file.

    The name is hashed into the file's name, so no flow name can leave the folder, collide, or be refused by a
    disk; the readable name stands inside. Saving replaces the whole file in one step, so a reader sees the old
    or the new version and never half of one. Unknown fields survive. No key is ever in it.

    Attributes:
        notice: Why the settings are not saved or were reset; `None` when all is well.
    """

    def __init__(self, name: str, folder: Path | None = None) -> None:
        digest = hashlib.sha256(name.encode("utf-8")).hexdigest()[:32]
        self.path = (folder or config_dir() / "flows") / f"{digest}.json"
        self.notice: SettingsNotice | None = None
        self._name = name
        self._writable = True

    def load(self) -> Data:
        """Return what is saved, or an empty mapping."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            return self._session_only(NoticeKind.UNREADABLE, error)
        try:
            data = json.loads(content)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict) or not isinstance(data.get("version", VERSION), int):
            return self._set_aside()
        if data.get("version", VERSION) > VERSION:
            self._writable = False
            self.notice = SettingsNotice(NoticeKind.NEWER)
        return data

    def update(self, change: Callable[[Data], None], known: Data) -> Data | None:
        """Apply `change` to the newest saved version and save it; `None` where it could not be saved.

        Another kernel's change to other fields is kept: the file is read again under the lock. Where it is gone or
        damaged, `known`, what this session knows, takes its place.
        """
        if not self._writable:
            return None
        from filelock import FileLock, Timeout

        try:
            self._make_folder()
            with FileLock(self.path.with_suffix(".lock"), timeout=LOCK_TIMEOUT_S, mode=0o600):
                self._clear_stale()
                data = self.load() or copy.deepcopy(known)
                if not self._writable:
                    return None
                change(data)
                data |= {"version": VERSION, "flow": self._name}
                text = json.dumps(data, ensure_ascii=False, indent=2)
                content = text.encode("utf-8", "backslashreplace")  # half a character: its JSON escape
                replace_file(self.path, content, mode=0o600)
        except Timeout:
            self.notice = SettingsNotice(NoticeKind.BUSY)
            return None
        except OSError as error:
            self.notice = _of_fault(NoticeKind.UNSAVED, error)
            return None
        if self.notice and self.notice.kind is not NoticeKind.RESET:
            self.notice = None
        return data

    def _make_folder(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.path.is_symlink():
            raise OSError(errno.ELOOP, "the settings file is a link, which is not followed")

    def _clear_stale(self) -> None:
        for part in self.path.parent.glob(f".{self.path.stem}.*.part"):
            part.unlink(missing_ok=True)

    def _set_aside(self) -> Data:
        kept = self.path.with_name(f"{self.path.stem}.corrupt-{datetime.now():%Y%m%d-%H%M%S-%f}.json")
        try:
            self.path.replace(kept)
        except OSError as error:
            return self._session_only(NoticeKind.DAMAGED, error)
        self.notice = SettingsNotice(NoticeKind.RESET, kept.name)
        return {}

    def _session_only(self, kind: NoticeKind, error: OSError) -> Data:
        self._writable = False
        self.notice = _of_fault(kind, error)
        return {}


def _of_fault(kind: NoticeKind, error: OSError) -> SettingsNotice:
    return SettingsNotice(kind, describe_os_error(error), error.errno)
