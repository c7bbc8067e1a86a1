"""A real load balancer for tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.serve.service import Service

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


class LoadBalancer(Service):
    """Runs Debian's haproxy: each request goes to the next server that is ready."""

    def __init__(self, folder: Path, ports: Iterable[int]) -> None:
        config = folder / "haproxy.cfg"
        servers = "\n".join(f"    server s{port} 127.0.0.1:{port}" for port in ports)

        def command(program: str, port: int) -> list[str]:
            config.write_text(_CONFIG.format(port=port, servers=servers))
            return [program, "-f", str(config), "-db"]

        super().__init__("haproxy", command)
