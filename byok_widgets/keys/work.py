"""The executor for key work that may wait for a keyring or a disk: off the loop, and never behind other work."""

from __future__ import annotations

from byok_widgets.engine import DaemonExecutor

KEY_WORK = DaemonExecutor("byok-keys", 8)
