"""Real kernels that have made calls leave no connection behind, however they end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import textwrap
from collections.abc import AsyncIterator
from typing import Any

import pytest
from jupyter_client.manager import AsyncKernelManager

from tests.providers.transport.byte_server import ByteServer, Play, serving, until, whole

_SAID = {"choices": [{"message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}]}
SILENCE = Play((), "silence")
ANSWER = whole(json.dumps(_SAID).encode(), b"content-type: application/json")
PATIENCE_S = 200.0
"""For kernels that start on a busy machine."""

pytestmark = pytest.mark.timeout(3 * PATIENCE_S)


class Kernel:
    """A kernel, and what a person does with it."""

    def __init__(self, server: ByteServer) -> None:
        self._url = f"{server.url}v1"
        self.manager = AsyncKernelManager(kernel_name="python3")
        self._client: Any = None

    async def start(self) -> None:
        await self.manager.start_kernel(env={**os.environ, "IPYTHONDIR": os.devnull}, extra_arguments=["--quiet"])
        await self._connect()

    async def restart(self) -> None:
        self._client.stop_channels()
        await self.manager.restart_kernel()
        await self._connect()

    async def ask(self) -> str:
        """Run a cell that makes a call, and return what it prints."""
        return await self.run(f"""
            from byok_widgets import Flow
            flow = Flow("kernels", fresh=True)
            flow.set_base_url("compatible", {self._url!r})
            flow.model = "compatible:m"
            node = flow.conversation("ask", "Be brief.")
            print(node.run("Hi", show=False).text)
        """)

    async def run(self, cell: str) -> str:
        said: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            said.append(content.get("text") or "".join(content.get("traceback", ())))

        await self._client.execute_interactive(
            textwrap.dedent(cell), timeout=PATIENCE_S, output_hook=hear, allow_stdin=False
        )
        return "".join(said).strip()

    def send(self, cell: str) -> None:
        """Begin with a cell, and do not wait for its end."""
        self._client.execute(textwrap.dedent(cell), allow_stdin=False)

    async def end(self, *, kill: bool = False) -> None:
        if self._client is not None:
            self._client.stop_channels()
        if self.manager.has_kernel:
            await self.manager.shutdown_kernel(now=kill)

    async def _connect(self) -> None:
        self._client = self.manager.client()
        self._client.start_channels()
        await self._client.wait_for_ready(timeout=PATIENCE_S)


@contextlib.asynccontextmanager
async def kernels(server: ByteServer, number: int = 1) -> AsyncIterator[list[Kernel]]:
    made = [Kernel(server) for _ in range(number)]
    try:
        for at in range(0, number, 5):  # a few at a time, as people start them
            await asyncio.gather(*(kernel.start() for kernel in made[at : at + 5]))
        yield made
    finally:
        await asyncio.gather(*(kernel.end(kill=True) for kernel in made))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_thirty_kernels_at_once_leave_no_connection_behind() -> None:
    async def test() -> None:
        async with serving(ANSWER) as server, kernels(server, 30) as thirty:
            assert await asyncio.gather(*(kernel.ask() for kernel in thirty)) == ["Hello."] * 30
            assert await asyncio.gather(*(kernel.run("print(node.run('Hi').text)") for kernel in thirty))
            assert server.connections == server.open == 30, "each kernel uses its one connection again"
            await asyncio.gather(*(kernel.end(kill=at % 2 == 0) for at, kernel in enumerate(thirty)))
            await until(lambda: server.open == 0, PATIENCE_S)

    asyncio.run(test())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_kernel_that_is_restarted_leaves_nothing_and_calls_again() -> None:
    async def test() -> None:
        async with serving(ANSWER) as server, kernels(server) as (kernel,):
            assert await kernel.ask() == "Hello."
            assert server.open == 1
            await kernel.restart()
            await until(lambda: server.open == 0, PATIENCE_S)
            assert await kernel.ask() == "Hello."
            assert (server.connections, server.open) == (2, 1)
            await kernel.end()
            await until(lambda: server.open == 0, PATIENCE_S)

    asyncio.run(test())


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", ["interrupt", "restart", "end"])
def test_a_call_that_is_under_way_ends_with_the_kernel(way: str) -> None:
    async def test() -> None:
        async with serving(ANSWER, SILENCE) as server, kernels(server) as (kernel,):
            assert await kernel.ask() == "Hello."
            kernel.send("node.run('Are you there?')")
            await until(lambda: len(server.requests) == 2, PATIENCE_S)
            if way == "interrupt":
                await kernel.manager.interrupt_kernel()
            else:
                await (kernel.restart() if way == "restart" else kernel.end())
            await until(lambda: server.open == 0, PATIENCE_S)

    asyncio.run(test())


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_pool_of_forked_workers_in_a_kernel_leaves_no_connection_behind() -> None:
    async def test() -> None:
        async with serving(ANSWER) as server, kernels(server) as (kernel,):
            assert await kernel.ask() == "Hello."
            said = await kernel.run("""
                import multiprocessing, warnings
                warnings.simplefilter("ignore")
                def work(_):
                    return node.run("Hi", show=False).text
                with multiprocessing.get_context("fork").Pool(3) as pool:
                    print(set(pool.map(work, range(6))))
                print(node.run("Hi", show=False).text)
            """)
            assert said.split() == ["{'Hello.'}", "Hello."]
            await until(lambda: server.open == 1, PATIENCE_S)
            await kernel.end()
            await until(lambda: server.open == 0, PATIENCE_S)

    asyncio.run(test())


def test_an_interpreter_that_ends_while_a_call_is_under_way_does_not_wait_for_it() -> None:
    program = """
        import faulthandler, sys, threading
        faulthandler.dump_traceback_later(float(sys.argv[2]), exit=True)  # where it hangs, that is said
        from byok_widgets import Flow
        flow = Flow("exit", fresh=True)
        flow.set_base_url("compatible", sys.argv[1])
        flow.model = "compatible:m"
        node = flow.conversation("ask", "Be brief.")
        threading.Thread(target=node.run, args=("Hi",), daemon=True).start()
        sys.stdin.readline()
    """

    async def test() -> None:
        started = Play((b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: thinking\n\n",), "silence")
        async with serving(started) as server:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", textwrap.dedent(program), f"{server.url}v1", str(PATIENCE_S)),
                stdin=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            ended = asyncio.ensure_future(process.wait())
            await until(lambda: server.requests or ended.done(), 2 * PATIENCE_S)
            _, error = await process.communicate(b"end\n")
            assert (process.returncode, error) == (0, b"")
            await until(lambda: server.open == 0)

    asyncio.run(test())
