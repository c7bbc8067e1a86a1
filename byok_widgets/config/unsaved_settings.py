"""`UnsavedSettings`: in place of a file, for settings that are never saved and never read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from byok_widgets.config.notice import SettingsNotice
from byok_widgets.config.settings import Change, Document


class UnsavedSettings:
    """Knows nothing and keeps nothing: the settings live in this kernel's memory.

    Attributes:
        path: There is no file.
        notice: There is nothing to tell.
    """

    path: Path | None = None
    notice: SettingsNotice | None = None

    def load(self) -> Document:
        """Return that nothing is saved."""
        return {}

    def peek(self) -> Document | None:
        """Return that nothing has changed elsewhere."""
        return None

    def update(self, changes: Sequence[Change], known: Mapping[str, Any]) -> Document | None:
        """Return what the kernel knows, the changes included."""
        del changes
        return dict(known)
