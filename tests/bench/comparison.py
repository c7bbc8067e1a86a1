"""Comparisons: `python -m tests.bench comparison`, about five minutes; each of its parts can be named alone.

`compare-fan` makes the calls of the load bench as cells of a comparison, beside the raw SDK. `compare-cell` is the
CPU of a cell beyond its call: commit and compression included, scoring not. `compare-memory` is the peak of 10,000
cells, `compare-board` the CPU of a live board, `compare-million` a store of a million cells.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from unittest import mock

from byok_widgets.compare.comparison import Comparison
from byok_widgets.engine import Governor
from byok_widgets.engine.garbage import few_collections
from byok_widgets.providers import governors
from tests.bench.calls import stub_flow
from tests.bench.load import _raw_run, _Run, _verdict
from tests.bench.stub_server import ANSWER_S

Lines = list[tuple[str, bool]]
CELLS = 10_000
MILLION = 1_000_000
_MEMORY = """\
import os, resource, psutil
from tests.bench.comparison import compared
compared(os.environ["STUB"], "text-10", 10, "bench memory").verdicts()  # imports numpy and scipy
idle = psutil.Process().memory_info().rss
compared(os.environ["STUB"], "text-10", {cells}, "bench memory").verdicts()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - idle)"""


def comparison_lines(base_url: str, parts: Iterable[str] = ()) -> tuple[list[str], bool]:
    """Return the lines of this bench, or of some of its parts, and whether each `must` is kept."""
    made = [line for part in parts or PARTS for line in PARTS[part](base_url)]
    return [line for line, _ in made], all(kept for _, kept in made)


def compared(base_url: str, model: str, cells: int, name: str) -> Comparison:
    """Compare two names of one model, in so many cells."""
    with tempfile.TemporaryDirectory() as folder:
        greet = stub_flow(name, base_url).conversation("greet", "Be brief.")
        cases = [{"text": f"Hi, number {number}", "contains": "word"} for number in range(cells // 2)]
        models = [f"compatible:{model}@{side}" for side in "ab"]
        return greet.compare(models, cases, store=Path(folder) / "cells.sqlite", wait=True)


def _fan(base_url: str) -> Lines:
    lines = []
    for count, at_once, rounds in ((1_000, 50, 3), (CELLS, 200, 1)):
        pairs = []
        share = at_once // 2  # of each of the two models
        with mock.patch.object(governors, "Governor", partial(Governor, share)):
            for _ in range(rounds):
                pairs.append((_raw_run(base_url, "slow-10", count, at_once), _cells_run(base_url, count)))
        name = f"{count:,} cells x 200 ms, {at_once} in flight"
        lost = sum(ours.lost for _, ours in pairs)
        if count == CELLS:
            wall = statistics.median(ours.wall_s / raw.wall_s for raw, ours in pairs)
            lines.append(_line(f"{name}, wall, {lost} lost", wall, 0.85, ok=not lost))
        else:
            efficiency = statistics.median(count * ANSWER_S / at_once / ours.wall_s for _, ours in pairs)
            kept = efficiency >= 0.94 and not lost
            shown = f"{name}, efficiency"
            lines.append((f"{shown:55} {efficiency:.3f}  must >= 0.94 {_verdict(kept=kept)}", kept))
        cpu = statistics.median(ours.cpu_s / raw.cpu_s for raw, ours in pairs)
        lines.append(_line(f"{name}, CPU", cpu, 0.8))
    return lines


def _cells_run(base_url: str, count: int) -> _Run:
    wall, cpu = time.perf_counter(), time.process_time()
    found = compared(base_url, "slow-10", count, "bench fan")
    failed = sum(cell.status == "failed" for _, _, cell, _ in found.results.items())
    return _Run(time.perf_counter() - wall, time.process_time() - cpu, count - len(found.results) + failed)


def _cell(base_url: str) -> Lines:
    """Return the CPU of a cell beyond that of the same call made by the engine alone.

    Garbage is collected rarely on both sides, as it is while a comparison runs.
    """
    over = []
    for _ in range(5):
        with few_collections():
            alone = _cpu(lambda: asyncio.run(_calls(base_url, 1_000)))
        found: list[Comparison] = []
        took = _cpu(lambda: found.append(compared(base_url, "text-10", 1_000, "bench cell")))  # noqa: B023
        scoring = _cpu(lambda: [found[0].metric.scored(c, cell) for _, c, cell, _ in found[0].results.items()])  # noqa: B023
        over.append((took - alone - scoring) / 1_000)
    return [_line("CPU of a cell over its call, ms", 1000 * statistics.median(over), 0.25)]


async def _calls(base_url: str, count: int) -> None:
    greet, places = stub_flow("bench engine", base_url).conversation("greet", "Be brief."), asyncio.Semaphore(50)

    async def one(number: int) -> None:
        async with places:
            await greet.arun(f"Hi, number {number}")

    await asyncio.gather(*(one(number) for number in range(count)))


def _memory(base_url: str) -> Lines:
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY.format(cells=CELLS)],
        check=True,
        env={**os.environ, "STUB": base_url},
        stdout=subprocess.PIPE,
        text=True,
    )
    return [_line(f"peak memory of {CELLS:,} cells over the idle kernel, MB", int(done.stdout) / 2**20, 150)]


def _board(base_url: str) -> Lines:
    """Return the share of the CPU of a run that its board takes, with a page that listens."""
    from byok_widgets.widgets.board.board import Board

    compared(base_url, "text-10", 20, "bench warm").verdicts()  # numpy and scipy are imported once in a kernel
    spent = 0.0
    tell = Board._tell_next

    def metered(board: Board) -> bool:
        nonlocal spent
        began = time.thread_time()
        owed = tell(board)
        spent += time.thread_time() - began
        return owed

    with mock.patch.object(Board, "_tell_next", metered), mock.patch.object(Board, "send"):
        greet = stub_flow("bench board", base_url).conversation("greet", "Be brief.")
        cases = [{"text": f"Hi, number {number}", "contains": "word"} for number in range(1_000)]
        models = [f"compatible:slow-10@{side}" for side in "abc"]
        began = time.process_time()
        running = greet.compare(models, cases, wait=False)
        board = Board(running, mode="owner")
        board._receive(board, {"kind": "hello"}, None)
        running.wait()
        time.sleep(1)
        took = time.process_time() - began
        board.close()
    return [_line("share of a live board in the CPU of a run, 3 x 1,000", spent / took, 0.10)]


def _million(base_url: str) -> Lines:
    """Return how long pages of a million cells take: the first one, one in the middle, and with each filter."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.sqlite"
        flow = stub_flow("bench million", base_url)
        greet = flow.conversation("greet", "Be brief.")
        cases = [{"text": f"Hi, number {number}", "contains": "word"} for number in range(20)]
        greet.compare([f"compatible:text-10@{side}" for side in "abcd"], cases, store=path, wait=True)
        (past,) = flow.comparisons(store=path)
        _fill(path, past.ids)
        lines, pages = (
            [],
            {
                "first page": past.page,
                "a page in the middle": lambda: past.page((sorted(past.ids)[2], "case 0120000", 1)),
                "failed cells": lambda: past.page(status="failed"),
                "cells of one variant that failed": lambda: past.page(
                    variant=list(past.variants)[3], status="failed"
                ),
                "cells below a score": lambda: past.page(metric="checks", below=0.001),
            },
        )
        for name, page in pages.items():
            began = time.perf_counter()
            assert len(page())
            must = 0.5 if "page" in name else 1.0
            lines.append(_line(f"a million cells: {name}, s", time.perf_counter() - began, must))
        return lines


def _fill(path: Path, variants: Sequence[str]) -> None:
    """Add cells like one that is there, with scores: the rarest are found last."""
    base = sqlite3.connect(path)
    (reply,) = base.execute("SELECT body FROM reply LIMIT 1").fetchone()
    (request,) = base.execute("SELECT id FROM request LIMIT 1").fetchone()
    each = MILLION // len(variants)
    with base:
        for at, variant in enumerate(variants):
            ids = range(at * each + 1, (at + 1) * each + 1)
            base.executemany(
                "INSERT INTO cell(id, request, variant, case_id, repeat, status, error, message, model, cost_nano,"
                " wait_s, retries, started_at) VALUES(?, ?, ?, ?, 1, ?, '', '', 'compatible:x', 0, 0.0, 0, 0.0)",
                ((own, request, variant, f"case {own - at * each:07}", _status(own)) for own in ids),
            )
            base.executemany("INSERT INTO reply VALUES(?, ?)", ((own, reply) for own in ids))
            base.executemany(
                "INSERT INTO score VALUES(?, 'checks@x', ?, '')", ((own, float(own % each != 0)) for own in ids)
            )
    base.close()


def _status(number: int) -> str:
    return "done" if number % 50_000 else "failed"


def _line(name: str, value: float, must: float, *, ok: bool = True) -> tuple[str, bool]:
    kept = value <= must and ok
    return f"{name:55} {value:.3f}  must <= {must:g} {_verdict(kept=kept)}", kept


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


PARTS: dict[str, Callable[[str], Lines]] = {
    "compare-fan": _fan,
    "compare-cell": _cell,
    "compare-memory": _memory,
    "compare-board": _board,
    "compare-million": _million,
}
