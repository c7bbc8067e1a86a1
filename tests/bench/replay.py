"""Recording and replaying: what a call costs, opening a large cassette, and explaining a miss.

Times are CPU times of this process, all threads included.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from byok_widgets import Flow, ReplayMissError
from byok_widgets.nodes.prompt_version import PROMPT_VERSION
from byok_widgets.recording.cassette import Cassette, line_of
from tests.bench.calls import stub_flow

ROUNDS = 15
CALLS = 100
ENTRIES = 10_000
LIVE_MS = 200.0
"""What a short answer of a provider takes."""
MUST_REPLAY_MS, MUST_RECORD, MUST_OPEN_S, MUST_MEMORY, MUST_EXPLAIN_S = 0.3, 0.03, 0.1, 2.0, 0.5


def replay_lines(base_url: str) -> tuple[list[str], bool]:
    """Return a line for each measure, and whether each `must` is kept."""
    os.environ["CI"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        found = [*_calls(base_url, Path(folder)), *_large(Path(folder) / "large.cassette")]
    return [line for line, _ in found], all(fine for _, fine in found)


def _line(name: str, value: float, unit: str, must: float, more: str = "") -> tuple[str, bool]:
    fine = value <= must
    return f"{name:44} {value:7.3f} {unit:8} must <= {must:g} {'ok' if fine else 'MISSED'}{more}", fine


def _calls(base_url: str, folder: Path) -> Iterator[tuple[str, bool]]:
    flow = stub_flow("bench replay", base_url)
    ask = flow.conversation("ask", "Be brief.")
    plain, recorded = [], []
    for number in range(ROUNDS):
        plain.append(_cpu_ms(lambda: ask.run("Hi")))
        with flow.record(folder / f"{number}.cassette"):
            recorded.append(_cpu_ms(lambda: ask.run("Hi")))
    adds = statistics.median(recorded) - statistics.median(plain)
    more = f"  ({adds:.3f} ms of CPU beside {statistics.median(plain):.3f} ms)"
    yield _line(f"recording adds to a call of {LIVE_MS:g} ms", adds / LIVE_MS, "", MUST_RECORD, more)
    with flow.replay(folder / "0.cassette"):
        run = [_cpu_ms(lambda: ask.run("Hi")) for _ in range(ROUNDS)]

        async def many() -> None:
            for _ in range(CALLS):
                await ask.arun("Hi")

        arun = [_cpu_ms(lambda: asyncio.run(many()), calls=1) / CALLS for _ in range(ROUNDS)]
    yield _line("a replayed call", statistics.median(run), "ms", MUST_REPLAY_MS)
    yield _line("a replayed call, async", statistics.median(arun), "ms", MUST_REPLAY_MS)


def _cpu_ms(work: Callable[[], object], calls: int = CALLS) -> float:
    start = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - start) * 1000 / calls


def _large(path: Path) -> Iterator[tuple[str, bool]]:
    """Open a cassette of many entries, all of one node, and ask for what is not in it."""
    flow = Flow("bench large")
    flow.model = "compatible:any"
    flow.set_base_url("compatible", "http://127.0.0.1:9/v1")
    flow.conversation("ask", "Ask for the weekday. Be brief.")
    path.write_bytes(b"".join(map(line_of, _entries())))
    took = []
    for _ in range(ROUNDS):
        start = time.process_time()
        Cassette(path, must_exist=True)
        took.append(time.process_time() - start)
    size = path.stat().st_size
    more = f"  ({ENTRIES} entries, {size / 1e6:.1f} MB)"
    yield _line("opening a large cassette", statistics.median(took), "s", MUST_OPEN_S, more)
    tracemalloc.start()
    kept = Cassette(path, must_exist=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    yield _line("its memory, beside its size", peak / size, "", MUST_MEMORY)
    assert len(kept) == ENTRIES
    with flow.replay(path):
        missed = [_cpu_ms(lambda: _miss(flow), calls=1) / 1000 for _ in range(3)]
    yield _line("explaining a miss in it", statistics.median(missed), "s", MUST_EXPLAIN_S)


def _miss(flow: Flow) -> None:
    with pytest.raises(ReplayMissError) as raised:
        flow.node("ask").run("The caller says word 77777 and wants an appointment.")
    assert raised.value.changes


def _entries() -> Iterator[dict[str, object]]:
    yield {"cassette": 1}
    for number in range(ENTRIES):
        said = f"The caller says word {number} and wants an appointment. " + "Once more. " * 30
        words = {
            "provider": "compatible",
            "model": "any",
            "system": "Ask for the weekday. Be brief.",
            "messages": [["user", "Hello"], ["assistant", "Which day?"], ["user", said]],
            "max_tokens": None,
            "output": None,
            "settings": {},
        }
        own = {"digest": f"{number:064x}", "node": "ask", "lane": ["", "", 0], "request": words}
        answer = {"text": "Tuesday it is. " * 20, "finish_reason": "stop", "chunks": [[0.1, 5]] * 20}
        yield own | {"answer": answer, "own_words": PROMPT_VERSION}
