"""A flow made of the public parts, and a network that reports any attempt to use it."""

from __future__ import annotations

import itertools
import socket

import pytest

from byok_widgets import Flow

_numbers = itertools.count()


@pytest.fixture
def name() -> str:
    """The name of a flow that no other test has."""
    return f"flow file {next(_numbers)}"


@pytest.fixture
def flow(name: str) -> Flow:
    return Flow(name)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was looked up or connected to; nothing gets through."""
    wanted: list[object] = []

    def refuse(*args: object, **_: object) -> None:
        wanted.append(args)
        raise OSError("no network here")

    for what in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, what, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return wanted
