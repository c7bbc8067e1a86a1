"""`byok-widgets demo`: the tutorials, a model that needs no key, and JupyterLab on the first page."""

from __future__ import annotations

import contextlib
import importlib.util
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from byok_widgets.cli import tutorials
from byok_widgets.cli.fetch import fetch_with_bar
from byok_widgets.cli.running_lab import RunningLab, opened_in_browser, running_servers
from byok_widgets.errors import ConfigError, LocalModelError
from byok_widgets.secrets import redact

DEFAULT_FOLDER = "byok_widgets_tutorials"
DEFAULT_PORT = 8888
_START_S = 90.0
_STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl-C, a plain kill, a closed terminal, and Ctrl-Break; Windows and POSIX each lack one."""


@dataclass(frozen=True)
class Demo:
    """One run of the demo.

    Attributes:
        folder: Where the tutorials go.
        port: Port to listen on; if it is in use, another one is taken.
        model: The local model that the tutorials start on.
        browser: Whether to open one.
    """

    folder: Path
    port: int
    model: str
    browser: bool

    def run(self) -> int:
        """Run until JupyterLab exits or is asked to stop, and return the exit code.

        Raises:
            ConfigError: JupyterLab is not installed, or the folder cannot be used.
        """
        _require_lab()
        notebooks, kept = tutorials.bring(self.folder)
        print(f"The tutorials are in {self.folder.resolve()}.")
        for address in _open_on(self.folder, notebooks[0].name):
            print(
                f"JupyterLab is already running there:\n\n    {address}\n\n"
                "A second one starts now. Save each notebook in only one of the two."
            )
        if kept:
            print(f"Not overwritten, since you changed them: {', '.join(kept)}.")
        with tempfile.TemporaryFile() as log:
            lab = RunningLab.start(self.folder, self.port, self.model, log)
            try:
                self._fetch()  # meanwhile JupyterLab starts, which takes seconds
                return self._serve(lab, notebooks[0].name, log)
            finally:
                lab.end()

    def _fetch(self) -> None:
        try:
            fetch_with_bar(self.model)
        except LocalModelError as error:
            print(
                f"{error}\nJupyterLab opens anyway: with an API key of your own you can do everything.",
                file=sys.stderr,
            )

    def _serve(self, lab: RunningLab, first: str, log: IO[bytes]) -> int:
        stopping = _Stop()
        try:
            port = _answering_port(lab, stopping)
            if port is None:
                return _failed(lab, log) if not stopping.asked else 0
            if port != self.port:
                print(f"Port {self.port} is in use; taking {port}.")
            address = f"http://127.0.0.1:{port}/lab/tree/{first}?token={lab.token}"
            print(f"\nJupyterLab is ready:\n\n    {address}\n\nPress Ctrl-C to stop it.", flush=True)
            kernel = threading.Thread(target=lab.start_kernel, args=(port, first), name="byok-kernel", daemon=True)
            kernel.start()  # beside the browser, which takes its time to appear
            with contextlib.ExitStack() as opened:
                if self.browser and not opened.enter_context(opened_in_browser(address)):
                    print("No browser could be opened: open the address above yourself.", flush=True)
                while lab.process.poll() is None and not stopping.asked:
                    time.sleep(0.2)
            return 0 if stopping.asked else lab.process.returncode or 0
        finally:
            if stopping.asked:
                lab.end()
                with contextlib.suppress(OSError):  # the terminal may be gone
                    print("JupyterLab has stopped. Your notebooks are where they were.", flush=True)


class _Stop:
    """Whether the user or the system asked to stop."""

    def __init__(self) -> None:
        self.asked = False
        for name in _STOP_SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and not _is_ignored_by_nohup(number):
                signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.asked = True


def _is_ignored_by_nohup(number: int) -> bool:
    return number == getattr(signal, "SIGHUP", None) and signal.getsignal(number) is signal.SIG_IGN


def _require_lab() -> None:
    if importlib.util.find_spec("jupyterlab") is None:
        raise ConfigError(
            "JupyterLab is not installed.",
            kind="no_jupyterlab",
            fix='Install it with: pip install "byok-widgets[lab]"',
        )


def _answering_port(lab: RunningLab, stopping: _Stop) -> int | None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and lab.process.poll() is None and not stopping.asked:
        port = lab.port()
        if port is not None:
            return port
        time.sleep(0.2)
    return None


def _open_on(folder: Path, first: str) -> list[str]:
    """Return the addresses of the running JupyterLab servers that show this folder."""
    return [
        f"{server['url']}lab/tree/{first}?token={server.get('token', '')}"
        for server in running_servers()
        if server.get("root_dir") == str(folder.resolve())
    ]


def _failed(lab: RunningLab, log: IO[bytes]) -> int:
    """Quote what JupyterLab and its kernels wrote, which may be anything that runs there."""
    log.seek(0)
    print(redact(log.read().decode(errors="replace").replace(lab.token, "…")), file=sys.stderr)
    print("JupyterLab did not start; its output is above.", file=sys.stderr)
    return lab.process.poll() or 1
