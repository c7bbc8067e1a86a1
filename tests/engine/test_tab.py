"""The engine of a browser's tab: no threads, and sync calls only where the browser can suspend the cell."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from byok_widgets.engine import daemon_executor, workers
from byok_widgets.engine.daemon_executor import DaemonExecutor
from byok_widgets.engine.tab import TabEngine
from byok_widgets.engine.workers import LateFunctionError, call_in_worker
from byok_widgets.errors import ConfigError

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture
def page() -> Iterator[ModuleType]:
    """What Pyodide gives in a page that can suspend a cell; threads cannot be started."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    ffi = ModuleType("pyodide.ffi")
    ffi.run_sync, ffi.can_run_sync = loop.run_until_complete, lambda: True
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pyodide", ModuleType("pyodide"))
        patch.setitem(sys.modules, "pyodide.ffi", ffi)
        for module in (daemon_executor, workers):
            patch.setattr(module, "HAS_THREADS", False)
        patch.setattr(threading.Thread, "start", _refuse)
        yield ffi
    asyncio.set_event_loop(None)
    loop.close()


def _refuse(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


async def _work(log: list[str]) -> str:
    try:
        await asyncio.sleep(0.05)
    except asyncio.CancelledError:
        log.append("cancelled")
        raise
    return "done"


@pytest.mark.usefixtures("page")
def test_a_sync_call_waits_and_ticks_on_the_loop_of_the_page() -> None:
    ticks: list[None] = []
    assert TabEngine().run(_work([]), tick=lambda: ticks.append(None)) == "done"
    assert ticks


def test_a_browser_that_cannot_wait_refuses_a_sync_call_and_begins_nothing(page: ModuleType) -> None:
    page.can_run_sync = lambda: False
    work = _work([])
    with pytest.raises(ConfigError) as caught:
        TabEngine().run(work)
    assert caught.value.kind == "sync_call_on_loop"
    assert work.cr_frame is None, "it is closed"


@pytest.mark.usefixtures("page")
def test_what_interrupts_a_sync_call_cancels_its_work() -> None:
    log: list[str] = []

    def stop() -> None:
        raise KeyboardInterrupt

    engine = TabEngine()
    with pytest.raises(KeyboardInterrupt):
        engine.run(_work(log), tick=stop)
    engine.loop.run_until_complete(asyncio.sleep(0))
    assert log == ["cancelled"]


@pytest.mark.usefixtures("page")
def test_async_calls_and_functions_run_without_threads() -> None:
    async def both() -> list[object]:
        executor = DaemonExecutor("here", 1)
        engine = TabEngine()
        items = [item async for item in engine.astream(_emitting)]
        call = call_in_worker(lambda: _work([]), limit_s=5, flow="f", name="a")
        return [await engine.arun(_work([])), items, await executor.run(len, "abc"), await call]

    found = asyncio.get_event_loop().run_until_complete(both())
    assert found == ["done", [1, 2], 3, "done"]


async def _emitting(emit: object) -> None:
    for item in (1, 2):
        emit(item)  # type: ignore[operator]
        await asyncio.sleep(0)


@pytest.mark.usefixtures("page")
def test_a_function_that_is_awaited_too_long_is_ended() -> None:
    log: list[str] = []
    call = call_in_worker(lambda: _work(log), limit_s=0.01, flow="f", name="a")
    with pytest.raises(LateFunctionError):
        asyncio.get_event_loop().run_until_complete(call)
    assert log == ["cancelled"]


IN_A_TAB = """
import asyncio, json, logging, sys, threading, time, types
from IPython.core.interactiveshell import InteractiveShell
from byok_widgets.engine import threads
def refuse(thread):
    raise RuntimeError("can't start new thread")
threading.Thread.start = refuse
threads.HAS_THREADS = False
del time.thread_time  # as in Pyodide
sys.modules["cryptography"] = None
for name in [name for name in sys.modules if name.startswith("byok_widgets") and name != threads.__name__]:
    del sys.modules[name]
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
def in_place(executor, function, *args):
    done = loop.create_future()
    done.set_result(function(*args))
    return done
loop.run_in_executor = in_place  # as Pyodide's loop does
ffi = types.ModuleType("pyodide.ffi")
ffi.run_sync, ffi.can_run_sync = loop.run_until_complete, lambda: True
sys.modules |= {"pyodide": types.ModuleType("pyodide"), "pyodide.ffi": ffi}
shell = InteractiveShell.instance(colors="nocolor")
shell.kernel = object()  # so there is a page, on which boards live
logged = []
logging.getLogger("byok_widgets").addHandler(handler := logging.Handler())
handler.emit = lambda record: logged.append(record.getMessage())
for page in sys.argv[1:]:
    shell.reset()
    for cell in json.load(open(page, encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            shell.run_cell("".join(cell["source"])).raise_error()
            loop.run_until_complete(asyncio.sleep(0.05))  # boards are told between cells
assert not logged, logged
loaded = [name for name in ("openai", "anthropic", "numpy") if name in sys.modules]
assert not loaded, loaded
"""


def test_tutorials_replay_where_there_are_no_threads_and_no_encryption(tmp_path: Path) -> None:
    for cassette in NOTEBOOKS.glob("0[36]*.cassette"):
        (tmp_path / cassette.name).write_bytes(cassette.read_bytes())
    pages = [str(page) for page in sorted(NOTEBOOKS.glob("0[36]*.ipynb"))]
    command = [sys.executable, "-c", IN_A_TAB, *pages]
    done = subprocess.run(
        command, env=os.environ | {"CI": "1"}, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
