"""A served flow whose models run on this machine: they are here before anybody calls."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from byok_widgets import Flow, LocalModelError
from byok_widgets.cli import main
from byok_widgets.providers.local.models import LocalModel
from tests.providers.file_server import FileServer
from tests.providers.local.conftest import CONTENT, cache, hub, small
from tests.scripted_server import ScriptedServer
from tests.serve.test_command import free_port

__all__ = ["cache", "hub", "small"]


@pytest.fixture
def local(small: LocalModel) -> Flow:
    flow = Flow("served here", fresh=True)
    flow.model = f"local:{small.id}"
    flow.conversation("ask", "Be brief.")
    return flow


def test_a_model_is_fetched_before_the_port_opens(local: Flow, hub: FileServer, cache: Path) -> None:
    port = free_port()
    hub.status = 503
    with pytest.raises(LocalModelError):
        local.serve(port=port)
    with socket.socket() as free:
        free.bind(("127.0.0.1", port))
    hub.status = None
    served = local.serve(port=port)
    assert (cache / "small.gguf").read_bytes() == CONTENT
    served.stop()


def test_so_is_that_of_a_new_version_and_the_one_for_failures(
    server: ScriptedServer, small: LocalModel, cache: Path
) -> None:
    flow = Flow("not served here yet", fresh=True)
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    flow.conversation("ask", "Be brief.")
    first = flow.serve()
    assert not (cache / "small.gguf").exists()
    flow.model = f"local:{small.id}"
    assert flow.serve() is first
    assert (cache / "small.gguf").read_bytes() == CONTENT
    first.stop()
    (cache / "small.gguf").unlink()
    flow.model = "compatible:scripted"
    flow.serve(fallback_model=f"local:{small.id}").stop()
    assert (cache / "small.gguf").read_bytes() == CONTENT


def test_the_command_tells_how_far_it_is(
    local: Flow, hub: FileServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    local.save(tmp_path / "local.flow.json")
    hub.content = bytes(len(CONTENT))  # all of it comes, and is another file
    assert main(["serve", str(tmp_path / "local.flow.json"), "--port", str(free_port())]) == 1
    told = capsys.readouterr()
    assert "Fetching Small, which is not on this machine." in told.err
    assert " of 4 MB" in told.err
    assert "served at" not in told.out
