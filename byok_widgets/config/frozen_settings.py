"""A snapshot of a flow's settings, which later changes to the flow do not affect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from byok_widgets.config.change_signal import Observer
from byok_widgets.config.notice import SettingsNotice
from byok_widgets.config.settings import Change, Settings
from byok_widgets.errors import ConfigError


class FrozenSettings:
    """The settings of one flow at one moment."""

    elsewhere: None = None

    def __init__(self, name: str, current: Settings, path: Path | None, notice: SettingsNotice | None) -> None:
        self.name, self.current, self.path, self.notice = name, current, path, notice

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Do nothing: nothing changes."""
        del observer
        return lambda: None

    def notify(self, what: str) -> None:
        """Do nothing: there are no observers."""

    def change(self, what: str, change: Change) -> None:
        """Refuse.

        Raises:
            ConfigError: Always.
        """
        del what, change
        raise ConfigError(f"These settings of flow {self.name!r} are a snapshot and cannot be changed.")

    def keep_in_memory(self) -> None:
        """Do nothing: nothing is saved."""

    look = take_theirs = keep_mine = keep_in_memory
