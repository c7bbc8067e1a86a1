"""`Served`: a program that serves pages to the test's browser, in a home of its own."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import byok_widgets
from byok_widgets.providers.local import models

START_S = 200.0
"""For a machine that does many other things: a program that fails ends, and is not waited for."""


class Served:
    """Starts with `start()`; everything it and its kernels write is below `base`."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.root, self.home, self.log = base / "project", base / "home", base / "server.log"
        self.token = secrets.token_hex(16)
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        for folder in (self.root, self.home):
            folder.mkdir(parents=True)
        _link_models(base / "cache" / "models")

    def start(self) -> None:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self.command()],
                cwd=self.root,
                env=self.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait()

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def command(self) -> list[str]:
        """Return the module to run, with its arguments."""
        raise NotImplementedError

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            with urllib.request.urlopen(self.url, timeout=10):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def _wait(self) -> None:
        end = time.monotonic() + START_S
        while time.monotonic() < end and self._process is not None and self._process.poll() is None:
            if self.is_ready():
                return
            time.sleep(0.2)
        raise RuntimeError(f"It did not start:\n{self.log.read_text(errors='replace')[-2000:]}")

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in os.environ}
        package = str(Path(byok_widgets.__file__).parents[1])
        return kept | {
            "HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")])),
            "JUPYTER_CONFIG_DIR": str(self.base / "config"),
            "JUPYTER_DATA_DIR": str(self.base / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.base / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(self.base / "lab-settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self.base / "lab-workspaces"),
            "IPYTHONDIR": str(self.base / "ipython"),
            "BYOK_WIDGETS_CONFIG_DIR": str(self.base / "byok-config"),
            "BYOK_WIDGETS_CACHE_DIR": str(self.base / "cache"),
            "BYOK_WIDGETS_LOCAL_MODEL": "smollm2-135m",
        }


def _link_models(folder: Path) -> None:
    """Put the local models that are on this machine into a cache of its own: they are large."""
    folder.mkdir(parents=True)
    for file in models.cache_folder().glob("*.gguf"):
        (folder / file.name).symlink_to(file)


def _free_port() -> int:
    """Return a port below those that systems give out: a kernel that starts meanwhile may get any of them."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
