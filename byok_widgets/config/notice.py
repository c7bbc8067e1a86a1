"""`SettingsNotice`: why a flow's settings are not saved, or were reset."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class NoticeKind(Enum):
    """What happened to the settings; the value is the message that says so."""

    RESET = "The saved settings were damaged and set aside as {detail}; this flow continues without them."
    """Damaged; the file was kept under another name."""
    DAMAGED = "The saved settings are damaged ({detail}). Changes are kept for this session only."
    """Damaged, and the file could not be set aside."""
    UNREADABLE = "The saved settings could not be read ({detail}). Changes are kept for this session only."
    """The operating system did not let the file be read."""
    NEWER = (
        "These settings were saved by a newer byok-widgets and are read-only here. "
        "Update with: pip install -U byok-widgets"
    )
    """Written by a later version; never overwritten."""
    BUSY = "Settings are kept for this session only: another program holds the settings file."
    """The file's lock was not free in time; the next change tries again."""
    UNSAVED = "Settings are kept for this session only: {detail}. The next change tries to save them again."
    """The operating system did not let the file be written; the next change tries again."""


class SettingsNotice(NamedTuple):
    """Why a flow's settings are not saved, or were reset; `str()` returns the message for the user.

    Attributes:
        kind: What happened.
        detail: Name of the file that was set aside, or the cause in a few words; empty if there is none.
        errno: Number of the operating system's error, as in the module `errno`; `None` if there is none.
    """

    kind: NoticeKind
    detail: str = ""
    errno: int | None = None

    def __str__(self) -> str:
        return self.kind.value.format(detail=self.detail)
