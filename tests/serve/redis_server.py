"""A real Redis server for tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.serve.service import Service


class RedisServer(Service):
    """Runs Debian's redis-server in a folder of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        pytest.importorskip("redis")
        fixed = ["--bind", "127.0.0.1", "--dir", str(folder), "--save", "", *options]
        super().__init__("redis-server", lambda program, port: [program, "--port", str(port), *fixed])

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"
