"""llama.cpp's own server, in this process: one per model file, shared by all flows, unloaded when idle.

Two faults of that server shape this file.
Dropping it while a request runs hangs the whole process forever, so a server is dropped only if nothing holds it
and it reports that nothing is running, and is kept otherwise. And a process that exits in mid-generation crashes,
so running requests are cancelled first at exit.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from byok_widgets.errors import LocalModelError
from byok_widgets.providers.local import llama_server, system_info
from byok_widgets.secrets import Secret

IDLE_UNLOAD_S = 15 * 60.0
"""A server that has been idle for this many seconds is unloaded; the next request starts it again."""
WATCH_S = 5.0
EXIT_WAIT_S = 3.0
_POLL_S = 0.05

_lock = threading.Lock()
_starting = threading.Lock()
_servers: dict[Path, LocalServer] = {}
_kept: list[LocalServer] = []
"""Servers that could not be stopped yet, or that belong to the process from which this one was forked."""
_watcher: threading.Thread | None = None
_forked = False


class LocalServer:
    """A running server for one model file. Made by `serve`.

    Attributes:
        base_url: Address of its OpenAI-compatible API, on loopback.
        key: The key it requires; random for this server, never written to disk.
        alias: The model name it answers with.
        context_tokens: Maximum length of prompt and answer together, in tokens.
    """

    def __init__(self, path: Path, *, alias: str, context_tokens: int, threads: int) -> None:
        self.alias = alias
        self.context_tokens = context_tokens
        plain = secrets.token_urlsafe(32)
        self.key = Secret(plain)
        self._path = path
        self._guard = threading.Lock()
        self._holders: dict[object, Callable[[], object]] = {}
        self._closing = False
        self._last_used = time.monotonic()
        self._native: Any = llama_server.start(
            path, alias=alias, context_tokens=context_tokens, threads=threads, key=plain
        )
        self.base_url = f"{self._native.listening_address}/v1"

    def __repr__(self) -> str:
        return f"LocalServer({self.alias!r}, {'running' if self.running else 'stopped'})"

    @property
    def running(self) -> bool:
        """Whether it accepts requests."""
        return self._native is not None and not self._closing

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep the server alive around one request, from before it is sent until its stream is closed.

        Raises:
            LocalModelError: It was stopped in the meantime; `serve` returns a new one.
        """
        me = object()
        with self._guard:
            usable = self.running
            if usable:
                self._holders[me] = _canceller()
        if not usable:
            raise LocalModelError(
                "The local model was unloaded.", kind="local_server_stopped", fix="Try again.", retryable=True
            )
        try:
            yield
        finally:
            with self._guard:
                self._holders.pop(me, None)
                self._last_used = time.monotonic()

    def _touch(self) -> bool:
        with self._guard:
            self._last_used = time.monotonic()
            return self.running

    def _close_if_idle(self, idle_s: float) -> bool:
        """Refuse further requests if none has run for `idle_s` seconds; return whether they are refused."""
        with self._guard:
            if self.running and not self._holders and time.monotonic() - self._last_used >= idle_s:
                self._closing = True
            return self._closing

    def _close(self) -> None:
        with self._guard:
            self._closing = True

    def _cancel_holders(self) -> None:
        with self._guard:
            cancellers = list(self._holders.values())
        for cancel in cancellers:
            cancel()

    def _drop_when_quiet(self, timeout_s: float) -> bool:
        """Free the memory as soon as nothing runs; return whether that happened in time."""
        deadline = time.monotonic() + timeout_s
        while not self._drop_if_quiet():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def _drop_if_quiet(self) -> bool:
        with self._guard:
            native, held = self._native, bool(self._holders) or not self._closing
        if native is None:
            return True
        # It is closing, so nobody can take hold of it between this check and dropping it.
        if held or llama_server.is_generating(native):
            return False
        self._native = None
        return True


def serve(path: Path, *, alias: str, context_tokens: int = 4096, threads: int | None = None) -> LocalServer:
    """Return the server for a model file, starting it if it is not running (about a second).

    A server that is already running is returned as it was started, whatever the other arguments say. Blocks while
    loading: call it in a thread if an event loop must keep running.

    Args:
        path: The GGUF file.
        alias: Model name to answer with; never the path, which would end up in saved notebooks.
        context_tokens: Maximum length of prompt and answer together, in tokens.
        threads: Number of threads. By default `BYOK_WIDGETS_LOCAL_THREADS`, or one less than the number of cores:
            threads that must share a core wait for each other.

    Raises:
        LocalModelError: `local_server_missing` (xllamacpp is not installed), `local_server_unsupported` (this
            machine cannot run it), `local_processor_unsupported` (it lacks AVX2),
            `local_model_file_missing`, `local_model_unreadable`, `local_model_not_gguf`, `local_model_file` (it
            does not load), `local_model_memory` (not enough memory).
    """
    key = path.expanduser().absolute()
    # One at a time, and not under `_lock`: loading takes a second, and nobody else may wait for that.
    with _starting:
        with _lock:
            server = _servers.get(key)
        if server is not None and server._touch():  # noqa: SLF001 - same module
            return server
        llama_server.check_file(key)
        _make_room(key)
        server = LocalServer(
            key, alias=alias, context_tokens=context_tokens, threads=llama_server.thread_count(threads)
        )
        with _lock:
            _servers[key] = server
        _watch()
    return server


def stop(server: LocalServer, timeout_s: float = 5.0) -> bool:
    """Unload a server once its running requests have ended.

    Args:
        server: What `serve` returned.
        timeout_s: How long to wait for them. A server that cannot be unloaded by then accepts no further requests
            and is unloaded in the background later.

    Returns:
        Whether its memory was freed.
    """
    server._close()  # noqa: SLF001
    with _lock:
        if _servers.get(server._path) is server:  # noqa: SLF001
            del _servers[server._path]  # noqa: SLF001
    stopped = not _forked and server._drop_when_quiet(timeout_s)  # noqa: SLF001
    with _lock:
        if stopped and server in _kept:
            _kept.remove(server)
        elif not stopped and server not in _kept:
            _kept.append(server)
    return stopped


def _make_room(path: Path) -> None:
    """Unload idle servers if memory is short; raise if the model still would not fit."""
    needed = int(path.stat().st_size * 1.5) + (200 << 20)  # as measured with both models
    free = system_info.free_memory_bytes()
    if free is None or free >= needed:
        return
    _unload_idle(0.0)
    free = system_info.free_memory_bytes()
    if free is not None and free < needed:
        raise LocalModelError(
            f"{path.name} needs {needed >> 20} MB of memory, and only {free >> 20} MB are free.",
            kind="local_model_memory",
            fix="Close other notebooks, or choose the smaller model local:smollm2-135m.",
            retryable=True,
        )


def _canceller() -> Callable[[], object]:
    """Return a function that cancels the caller if it is an asyncio task; other callers cannot be cancelled."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    if task is None:
        return lambda: None
    loop, cancel = task.get_loop(), task.cancel
    return lambda: None if loop.is_closed() else loop.call_soon_threadsafe(cancel)


def _unload_idle(idle_s: float) -> None:
    with _lock:
        servers, waiting = list(_servers.values()), [] if _forked else list(_kept)
    for server in servers:
        if server._close_if_idle(idle_s):  # noqa: SLF001
            stop(server, _POLL_S)
    for server in waiting:
        stop(server, 0.0)


def _watch() -> None:
    global _watcher  # noqa: PLW0603 - one thread per process
    if _watcher is None or not _watcher.is_alive():
        _watcher = threading.Thread(target=_keep_watch, name="byok-widgets-local-idle", daemon=True)
        _watcher.start()


def _keep_watch() -> None:
    while True:
        time.sleep(WATCH_S)
        _unload_idle(IDLE_UNLOAD_S)


def _at_exit() -> None:
    if _forked:
        return
    with _lock:
        servers = [*_servers.values(), *_kept]
    for server in servers:
        server._close()  # noqa: SLF001
        server._cancel_holders()  # noqa: SLF001
    for server in servers:
        server._drop_when_quiet(EXIT_WAIT_S)  # noqa: SLF001


def _after_fork() -> None:
    """Set the parent's servers aside in a child process. Dropping them would hang: their threads are not here.

    A server that the child itself starts works, but is not dropped either, since that would end the child.
    """
    global _lock, _starting, _watcher, _forked  # noqa: PLW0603
    _lock, _starting, _watcher = threading.Lock(), threading.Lock(), None
    _forked = _forked or bool(_servers or _kept)
    _kept.extend(_servers.values())
    _servers.clear()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
