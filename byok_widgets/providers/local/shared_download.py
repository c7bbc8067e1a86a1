"""One download for each model, shared by all callers that wait for it and stopped when none is left."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from byok_widgets.engine import DaemonExecutor
from byok_widgets.engine.callbacks import Fetching, OnProgress
from byok_widgets.providers.local import models

_WORK = DaemonExecutor("byok-download", 4)  # daemon threads: a download never keeps the process from exiting
_lock = threading.Lock()
_running: dict[str, _Download] = {}


async def fetch(model_id: str, on_progress: OnProgress) -> Path:
    """Return the file of a model, like `models.fetch`; callers at the same time share one download.

    Cancelling the last waiting caller stops the download; the next call resumes it.

    Args:
        model_id: A known id, or the path of a GGUF file.
        on_progress: Called with how far the download is.

    Raises:
        LocalModelError: As for `models.fetch`.
    """
    name = models.title(model_id)
    with _lock:
        download = _running.get(model_id)
        if download is None:
            download = _running[model_id] = _Download(model_id)
        watcher = download.add(lambda done, total: on_progress(Fetching(name, done, total)))
    try:
        return await asyncio.shield(asyncio.wrap_future(download.future))  # others may be waiting for it, too
    finally:
        with _lock:
            if download.remove(watcher) and _running.get(model_id) is download:
                del _running[model_id]


class _StoppedError(Exception):
    """Nobody is waiting for the download any more."""


class _Download:
    """Runs in a thread and reports progress to all who wait. `add` and `remove` are called under the lock."""

    def __init__(self, model_id: str) -> None:
        self._model_id = model_id
        self._watchers: dict[object, models.Progress] = {}
        self._is_stopped = False
        self.future = _WORK.submit(self._fetch)

    def add(self, report: models.Progress) -> object:
        """Add a waiting caller; returns the handle that `remove` takes."""
        watcher = object()
        # a new one: the download's thread may be going through it
        self._watchers = {**self._watchers, watcher: report}
        return watcher

    def remove(self, watcher: object) -> bool:
        """Remove a waiting caller, and stop if it was the last; returns whether it was."""
        self._watchers = {known: report for known, report in self._watchers.items() if known is not watcher}
        self._is_stopped = not self._watchers
        return self._is_stopped

    def _fetch(self) -> Path:
        try:
            return models.fetch(self._model_id, self._report)
        except _StoppedError:
            return Path()  # nobody is waiting for it

    def _report(self, done: int, total: int) -> None:
        if self._is_stopped:
            raise _StoppedError
        for report in self._watchers.values():
            report(done, total)
