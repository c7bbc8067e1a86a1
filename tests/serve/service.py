"""`Service`: a program of the system that serves on a free port while a test runs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence

import pytest

START_S = 20.0


class Service:
    """Starts a program, and returns when it listens; a test is skipped where it is not installed.

    Attributes:
        port: Where it listens, on 127.0.0.1.
    """

    def __init__(self, name: str, command: Callable[[str, int], Sequence[str]]) -> None:
        """Start `name` by `command(program, port)`."""
        program = shutil.which(name) or shutil.which(name, path="/usr/sbin")
        if program is None:
            if os.environ.get("BYOK_WIDGETS_REQUIRE_ALL"):
                pytest.fail(f"there is no {name}")
            pytest.skip(f"there is no {name}")
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self._name, self._command = name, command(program, self.port)
        self._start()

    def _start(self) -> None:
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(self._command, stdout=quiet, stderr=quiet)
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        self.close()
        raise AssertionError(f"{self._name} did not start")

    def send(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def restart(self) -> None:
        """Start it again on the same port; it is killed before, if it still runs."""
        self.close()
        self._start()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
