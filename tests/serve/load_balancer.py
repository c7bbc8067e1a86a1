"""A real load balancer for tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

_CONFIG = """
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    option redispatch
    retries 3
frontend phones
    bind 127.0.0.1:{port}
    default_backend flows
backend flows
    balance roundrobin
    option httpchk GET /ready
    http-check send hdr Host 127.0.0.1
    default-server check inter 500ms fall 2 rise 1
{servers}
"""


class LoadBalancer:
    """Runs Debian's haproxy on a free port: each request goes to the next server that is ready."""

    def __init__(self, folder: Path, ports: Iterable[int]) -> None:
        program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
        if program is None:
            if os.environ.get("BYOK_WIDGETS_REQUIRE_ALL"):
                pytest.fail("there is no haproxy")
            pytest.skip("there is no haproxy")
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        config = folder / "haproxy.cfg"
        servers = "\n".join(f"    server s{port} 127.0.0.1:{port}" for port in ports)
        config.write_text(_CONFIG.format(port=self.port, servers=servers))
        self._process = subprocess.Popen([program, "-f", str(config), "-db"], stderr=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError("haproxy did not start")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
