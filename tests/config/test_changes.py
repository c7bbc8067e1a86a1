"""Changes while a disk is slow: readers and the engine's loop keep running, and observers are called elsewhere."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from byok_widgets.config import FlowConfig
from byok_widgets.engine import ENGINE
from tests.config.conftest import Open

_HOLDER = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held_elsewhere(config: FlowConfig) -> Iterator[Callable[[], None]]:
    """Hold the lock of the settings file in another process; yield the function that releases it."""
    command = [sys.executable, "-c", _HOLDER, str(config.path.with_suffix(".lock"))]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout.readline().strip() == b"held"

    def release() -> None:
        holder.communicate(b"\n", timeout=20)

    try:
        yield release
    finally:
        holder.kill()
        holder.wait(20)


@pytest.fixture
def config(open_config: Open) -> FlowConfig:
    opened = open_config()
    opened.model = "openai:old"
    return opened


def eventually(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_the_loop_keeps_running_while_a_setter_waits_for_the_file(config: FlowConfig, open_config: Open) -> None:
    observed: list[str] = []
    config.observe(observed.extend)

    async def work_of_a_turn() -> list[str]:
        seen = []
        for _ in range(20):
            config.notify("key")
            seen.append(str(config.resolve("ask").ref))
            await asyncio.sleep(0.001)
        return seen

    with held_elsewhere(config) as release:
        setter = threading.Thread(target=setattr, args=(config, "model", "anthropic:new"))
        setter.start()
        eventually(lambda: config.model == "new")
        seen = ENGINE.run(work_of_a_turn())
        assert setter.is_alive(), "it is still waiting for the file"
        eventually(lambda: "key" in observed)
        assert "model" not in observed
        release()
        setter.join(20)
    assert seen == ["anthropic:new"] * 20
    assert observed[-2:] == ["provider", "model"]
    assert open_config().model == "new"


def test_a_setter_on_the_loop_waits_for_nothing(config: FlowConfig, open_config: Open) -> None:
    threads: set[threading.Thread] = set()
    observed: list[str] = []
    config.observe(lambda changes: (threads.add(threading.current_thread()), observed.extend(changes)))

    async def set_it() -> tuple[str | None, threading.Thread]:
        config.model = "anthropic:new"
        return config.model, threading.current_thread()

    with held_elsewhere(config) as release:
        model, engine_thread = ENGINE.run(set_it())
        assert (model, observed) == ("new", []), "it takes effect at once, and is announced when it is saved"
        release()
        eventually(lambda: "model" in observed)
    assert engine_thread not in threads
    assert open_config().model == "new"


def test_changes_announced_on_the_loop_are_coalesced_and_delivered_elsewhere(config: FlowConfig) -> None:
    calls: list[tuple[str, ...]] = []
    threads: set[threading.Thread] = set()
    announced = threading.Event()

    def observer(changes: tuple[str, ...]) -> None:
        assert announced.wait(5)
        threads.add(threading.current_thread())
        calls.append(changes)

    config.observe(observer)

    async def announce() -> threading.Thread:
        for number in range(1000):
            config.notify(("key", "models")[number % 2])
        return threading.current_thread()

    engine_thread = ENGINE.run(announce())
    announced.set()
    eventually(lambda: {change for changes in calls for change in changes} == {"key", "models"})
    assert len(calls) <= 2
    assert engine_thread not in threads


def test_settings_that_were_read_do_not_change(config: FlowConfig) -> None:
    before = config.current
    config.model = "anthropic:new"
    config.set_override("ask", "m")
    assert (before.provider, before.model, dict(before.overrides)) == ("openai", "old", {})
    with pytest.raises(dataclasses.FrozenInstanceError):
        before.provider = "local"
    with pytest.raises(TypeError):
        before.overrides["ask"] = "m"


def test_provider_and_model_are_always_consistent(config: FlowConfig) -> None:
    pairs = [("openai", "one"), ("anthropic", "other")]
    config.model = "openai:one"

    def change() -> None:
        for number in range(60):
            config.model = ":".join(pairs[number % 2])

    changing = threading.Thread(target=change)
    changing.start()
    seen = set()
    while changing.is_alive():
        now, ref = config.current, config.resolve("ask").ref
        seen |= {(now.provider, now.model), (ref.provider, ref.model)}
    assert seen == set(pairs)


def test_a_change_made_while_another_thread_waits_is_saved_too(config: FlowConfig, open_config: Open) -> None:
    with held_elsewhere(config) as release:
        setters = [threading.Thread(target=config.set_override, args=(f"node {n}", "m")) for n in range(4)]
        for setter in setters:
            setter.start()
        eventually(lambda: len(config.current.overrides) == 4)
        release()
        for setter in setters:
            setter.join(20)
    assert dict(open_config().current.overrides) == {f"node {n}": "openai:m" for n in range(4)}


def test_reading_a_new_flow_loads_no_signal_library(folder: Path) -> None:
    code = (
        "import sys; from byok_widgets import Flow; flow = Flow('x'); flow.model = 'local:m'; "
        "print([name for name in ('psygnal', 'pydantic') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "[]"
