"""One download for each model: shared by all that wait, stopped when nobody does, no hindrance to exiting."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from byok_widgets import LocalModelError
from byok_widgets.engine import ENGINE
from byok_widgets.engine.callbacks import Fetching, Waiting
from byok_widgets.providers.local import shared_download
from byok_widgets.providers.local.models import LocalModel
from tests.providers.file_server import FileServer
from tests.providers.local.conftest import CONTENT
from tests.widgets.wire import eventually


class Waiter:
    """Waits for the model `small`, and notes what it is told."""

    def __init__(self) -> None:
        self.seen: list[Fetching | Waiting] = []
        self.result = ENGINE.submit(shared_download.fetch("small", self.seen.append))


def part_size(cache: Path) -> int:
    part = cache / "small.gguf.part"
    return part.stat().st_size if part.exists() else 0


def test_all_who_wait_share_one_download(small: LocalModel, hub: FileServer) -> None:
    hub.pause_s = 0.02
    first = Waiter()
    eventually(lambda: first.seen)
    second = Waiter()
    paths = [waiter.result.result(20) for waiter in (first, second)]
    assert paths[0] == paths[1]
    assert paths[0].read_bytes() == CONTENT
    assert len(hub.asked) == 1
    assert first.seen[-1] == second.seen[-1] == Fetching("Small", len(CONTENT), len(CONTENT))


def test_one_who_stops_waiting_leaves_the_download_to_the_others(small: LocalModel, hub: FileServer) -> None:
    hub.pause_s = 0.02
    first, second = Waiter(), Waiter()
    eventually(lambda: first.seen and second.seen)
    first.result.cancel()
    told = len(first.seen)
    assert second.result.result(20).read_bytes() == CONTENT
    assert len(first.seen) <= told + 1
    assert len(hub.asked) == 1


def test_when_the_last_one_stops_waiting_the_download_stops_and_can_be_continued(
    small: LocalModel, hub: FileServer, cache: Path
) -> None:
    hub.pause_s = 0.05
    waiter = Waiter()
    eventually(lambda: waiter.seen)
    waiter.result.cancel()
    eventually(lambda: "byok-download" not in [thread.name for thread in threading.enumerate()])
    kept = part_size(cache)
    assert 0 < kept < len(CONTENT)
    hub.pause_s = 0
    assert Waiter().result.result(20).read_bytes() == CONTENT
    assert hub.asked == ["", f"bytes={kept}-"]


def test_who_comes_after_a_stop_does_not_get_the_stopped_one(small: LocalModel, hub: FileServer) -> None:
    hub.pause_s = 0.02
    waiter = Waiter()
    eventually(lambda: waiter.seen)
    waiter.result.cancel()
    assert Waiter().result.result(20).read_bytes() == CONTENT


def test_all_who_wait_get_the_error_and_the_next_one_tries_again(small: LocalModel, hub: FileServer) -> None:
    hub.status = 404
    for waiter in (Waiter(), Waiter()):
        with pytest.raises(LocalModelError) as caught:
            waiter.result.result(20)
        assert caught.value.kind == "local_model_missing"
    hub.status = None
    assert Waiter().result.result(20).read_bytes() == CONTENT


def test_the_loop_goes_on_meanwhile(small: LocalModel, hub: FileServer) -> None:
    hub.pause_s = 0.01
    waiter = Waiter()

    async def tick() -> int:
        ticks = 0
        while not waiter.result.done():
            await asyncio.sleep(0.001)
            ticks += 1
        return ticks

    assert ENGINE.run(tick()) > 50


_EXITS = """
import dataclasses, sys
from byok_widgets.engine import ENGINE
from byok_widgets.providers.local import models as m, shared_download, sources as s
q = m.LOCAL_MODELS['qwen2.5-coder-0.5b']
m.LOCAL_MODELS['small'] = dataclasses.replace(q, id='small', file_name='small.gguf', size_bytes=int(sys.argv[2]),
    sources=(s.UrlSource('hub', sys.argv[1]),))
class Begun(Exception): pass
def tick():
    if seen: raise Begun
seen = []
try:
    ENGINE.run(shared_download.fetch('small', lambda *told: seen.append(told)), tick=tick)
except Begun:
    print("exits")
"""


def test_the_process_exits_while_a_download_hangs(small: LocalModel, hub: FileServer) -> None:
    hub.pause_s = 30
    command = [sys.executable, "-c", _EXITS, hub.url, str(small.size_bytes)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    assert ran.stdout == "exits\n", ran.stderr
