"""The engine of a browser's tab: no threads, and sync calls only where the browser can suspend the cell."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from byok_widgets import Flow
from byok_widgets.compare.results import evidence
from byok_widgets.engine import daemon_executor, workers
from byok_widgets.engine.daemon_executor import DaemonExecutor
from byok_widgets.engine.tab import TabEngine
from byok_widgets.engine.workers import LateFunctionError, call_in_worker
from byok_widgets.errors import ConfigError
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
from byok_widgets.widgets.panel.key_controller import KeyController

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


async def _work(log: list[str], seconds: float = 0.05) -> str:
    try:
        await asyncio.sleep(seconds)
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
        engine.run(_work(log, seconds=60), tick=stop)
    engine.loop.run_until_complete(asyncio.sleep(0))
    assert log == ["cancelled"]


@pytest.mark.usefixtures("page")
def test_work_that_is_cancelled_ends_as_it_does_where_there_are_threads() -> None:
    async def give_up() -> None:
        raise asyncio.CancelledError

    with pytest.raises(concurrent.futures.CancelledError):
        TabEngine().run(give_up())


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
def cells(page):
    found = json.load(open(page, encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]
def run(cell):
    shell.run_cell(cell).raise_error()
    loop.run_until_complete(asyncio.sleep(0.05))  # boards are told between cells
"""
ALL_CELLS = """
for page in sys.argv[1:]:
    shell.reset()
    for cell in cells(page):
        run(cell)
assert not logged, logged
"""
NOTHING_HEAVY = """
loaded = [name for name in ("openai", "anthropic", "numpy") if name in sys.modules]
assert not loaded, loaded
"""
NO_CELL_CAN_WAIT = """
from byok_widgets.errors import ConfigError
ffi.can_run_sync = lambda: False
told, shown, begun, *_ = cells(sys.argv[1])
for cell in (told, shown, begun):
    run(cell)
result = shell.user_ns["result"]
while result.running:
    loop.run_until_complete(asyncio.sleep(0.05))
assert [str(each.outcome) for each in result.outcomes] == ["passed", "passed", "failed"]
assert not result.passed and len(result.problems) == 1, "what has ended can be asked without waiting"
before = asyncio.all_tasks(loop)
try:
    shell.user_ns["flow"].test(shell.user_ns["cases"], wait=True)
except ConfigError as error:
    assert error.kind == "sync_call_on_loop"
    assert asyncio.all_tasks(loop) == before, "nothing has begun"
else:
    raise AssertionError("it waited")
assert not logged, logged
"""


def _run_in_a_tab(script: str, folder: Path, *names: str) -> str:
    """Run a script with tutorials, where there are no threads and a page shows boards; return what is printed."""
    for name in names:
        cassette = f"{name}.cassette"
        (folder / cassette).write_bytes((NOTEBOOKS / cassette).read_bytes())
    command = [sys.executable, "-c", IN_A_TAB + script, *(str(NOTEBOOKS / f"{name}.ipynb") for name in names)]
    done = subprocess.run(
        command, env=os.environ | {"CI": "1"}, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_tutorials_replay_where_there_are_no_threads_and_no_encryption(tmp_path: Path) -> None:
    names = ("03_a_flow_that_moves", "06_testing_a_flow")
    shown = _run_in_a_tab(ALL_CELLS + NOTHING_HEAVY, tmp_path, *names)
    assert "2 passed · 1 failed" in shown, "the board's saved form"
    assert "2 passed · 1 broken" in shown, "a test that is printed in the cell that ran it"


def test_a_comparison_is_finished_when_it_returns(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    shown = _run_in_a_tab(ALL_CELLS, tmp_path, "05_which_model_for_which_node")
    assert "48 of 48 cells" in shown
    assert "running" not in shown


def test_where_no_cell_can_wait_a_board_fills_between_the_cells(tmp_path: Path) -> None:
    _run_in_a_tab(NO_CELL_CAN_WAIT, tmp_path, "06_testing_a_flow")


def test_a_panel_finds_out_at_once_that_there_is_no_key(
    page: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    """What it looks up is done in place, and tells the panel while it is still being made."""
    flow = Flow("in a tab", fresh=True)
    flow.provider = "openai"
    target, keys = EndpointTarget.of(flow), KeyController.of(flow)
    flow.config.observe(panel := lambda _: keys.update_status(target))
    panel(())
    assert keys.known(target) is not None
    assert not caplog.records


def test_what_a_tab_cannot_do_is_told_with_what_to_do_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = Flow("in a tab", fresh=True)
    flow.conversation("hello", "Hello.", static=True, end=True)
    monkeypatch.setattr("byok_widgets.flow.serving.HAS_THREADS", False)
    with pytest.raises(ConfigError, match="tab") as caught:
        flow.serve()
    assert "byok-widgets serve" in caught.value.fix
    monkeypatch.setattr("byok_widgets.compare.results.evidence.HAS_THREADS", False)
    monkeypatch.setattr("byok_widgets.compare.results.evidence.are_possible", lambda: False)
    with pytest.raises(ConfigError) as caught:
        evidence.require_statistics()
    assert caught.value.kind == "missing_package"
    assert not caught.value.fix.startswith("pip")
