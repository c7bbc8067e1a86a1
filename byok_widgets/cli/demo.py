"""`byok-widgets demo`: the tutorials, a model that needs no key, and JupyterLab on the first page."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from byok_widgets.cli import tutorials
from byok_widgets.cli.fetch import fetch_with_bar
from byok_widgets.errors import ConfigError, LocalModelError

DEFAULT_FOLDER = "byok_widgets_tutorials"
DEFAULT_PORT = 8888
_LAB_SERVER = "byok_widgets.cli.lab_server"
_START_S = 90.0
_STOP_S = 10.0  # a little longer than the server allows itself
_PORTS_TRIED = 50
_STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl-C, a plain kill, a closed terminal, and Ctrl-Break; Windows and POSIX each lack one."""


@dataclass(frozen=True)
class Demo:
    """One run of the demo.

    Attributes:
        folder: Where the tutorials go.
        port: Port to listen on; if it is in use, the next free one is taken.
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
            ConfigError: JupyterLab is not installed, the folder cannot be used, or no port is free.
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
        self._fetch()
        port = _free_port(self.port)
        if port != self.port:
            print(f"Port {self.port} is in use; taking {port}.")
        with tempfile.TemporaryFile() as log:
            return self._serve(port, notebooks[0].name, log)

    def _fetch(self) -> None:
        try:
            fetch_with_bar(self.model)
        except LocalModelError as error:
            print(
                f"{error}\nJupyterLab opens anyway: with an API key of your own you can do everything.",
                file=sys.stderr,
            )

    def _serve(self, port: int, first: str, log: IO[bytes]) -> int:
        token = secrets.token_urlsafe(24)
        stopping = _Stop()
        # In its own process group, so that Ctrl-C reaches only this process, which then stops JupyterLab cleanly.
        lab = subprocess.Popen(  # noqa: S603 - our own arguments
            self._command(port),
            env=self._environment(token),
            start_new_session=True,
            stdin=subprocess.PIPE,  # it exits when this is closed, even if this process is killed
            stdout=log,
            stderr=log,
        )
        try:
            address = f"http://127.0.0.1:{port}/lab/tree/{first}?token={token}"
            if not _answers(f"http://127.0.0.1:{port}/api?token={token}", lab, stopping):
                return _failed(lab, log) if not stopping.asked else 0
            print(f"\nJupyterLab is ready:\n\n    {address}\n\nPress Ctrl-C to stop it.", flush=True)
            if self.browser and not _open(address):
                print("No browser could be opened: open the address above yourself.", flush=True)
            while lab.poll() is None and not stopping.asked:
                time.sleep(0.2)
            return 0 if stopping.asked else lab.returncode or 0
        finally:
            _end(lab)
            if stopping.asked:
                with contextlib.suppress(OSError):  # the terminal may be gone
                    print("JupyterLab has stopped. Your notebooks are where they were.", flush=True)

    def _command(self, port: int) -> list[str]:
        command = [sys.executable, "-m", _LAB_SERVER, "--no-browser", "--ServerApp.ip=127.0.0.1"]
        command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--log-level=WARN"]
        command.append(f"--ServerApp.root_dir={self.folder.resolve()}")
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            print("Running as root, as in a container: JupyterLab is started with --allow-root.")
            command.append("--allow-root")
        return command

    def _environment(self, token: str) -> dict[str, str]:
        """Return the environment: it hides the token from process lists and turns off JupyterLab's news prompt."""
        config_path = [str(Path(__file__).parent), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
        return {
            **os.environ,
            "JUPYTER_TOKEN": token,
            "JUPYTER_CONFIG_PATH": os.pathsep.join(config_path),
            "BYOK_WIDGETS_LOCAL_MODEL": self.model,
        }


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


def _free_port(wanted: int) -> int:
    for port in range(wanted, min(wanted + _PORTS_TRIED, 65536)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ConfigError(
        f"No port from {wanted} upwards is free.", kind="no_free_port", fix="Give another one with --port."
    )


def _answers(url: str, lab: subprocess.Popen[bytes], stopping: _Stop) -> bool:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and lab.poll() is None and not stopping.asked:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own address on this machine
                return True
        except OSError:
            time.sleep(0.2)
    return False


def _open_on(folder: Path, first: str) -> list[str]:
    """Return the addresses of the running JupyterLab servers that show this folder."""
    from jupyter_server.serverapp import list_running_servers

    return [
        f"{server['url']}lab/tree/{first}?token={server.get('token', '')}"
        for server in list_running_servers()
        if server.get("root_dir") == str(folder.resolve())
    ]


def _failed(lab: subprocess.Popen[bytes], log: IO[bytes]) -> int:
    log.seek(0)
    print(log.read().decode(errors="replace"), file=sys.stderr)
    print("JupyterLab did not start; its output is above.", file=sys.stderr)
    return lab.poll() or 1


def _open(address: str) -> bool:
    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False


def _end(lab: subprocess.Popen[bytes]) -> None:
    """Stop JupyterLab and its kernels: ask once, by closing its input, then kill it."""
    assert lab.stdin is not None  # noqa: S101 - for the type checker: it is a pipe
    lab.stdin.close()
    try:
        lab.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        lab.kill()
        lab.wait()
