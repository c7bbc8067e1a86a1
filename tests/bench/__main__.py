"""Compares byok_widgets with the raw SDK on a stub server, interleaved, as ratios: `python -m tests.bench`.

Each row alternates raw and ours in one run, so that a noisy machine disturbs both alike.
In-process rows count CPU time of the whole process, all threads included; the others count wall time and CPU of
fresh interpreters. `python -m tests.bench fresh calls streams transports turns cells redaction chat gear graph
models replay voice` runs the parts that are named; `load`, which takes about ten minutes, runs only if it or one
of its parts (`thousand ten-thousand faults quota memory`) is named; so do `comparison`, which takes about five,
and `serving`, about four, or one of its parts (`serving-turns serving-memory serving-saturation serving-proxy`).
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial

from tests.bench import peers
from tests.bench.calls import call_rows
from tests.bench.cells import cell_rows
from tests.bench.chat import chat_lines
from tests.bench.comparison import PARTS as COMPARISONS
from tests.bench.comparison import comparison_lines
from tests.bench.fresh import fresh_rows
from tests.bench.gear import gear_lines
from tests.bench.graph import graph_lines
from tests.bench.load import LOADS, load_lines
from tests.bench.models import model_lines
from tests.bench.redaction import redaction_rows
from tests.bench.replay import replay_lines
from tests.bench.rows import Row
from tests.bench.serving import PARTS as SERVING
from tests.bench.serving import serving_lines
from tests.bench.streams import stream_rows
from tests.bench.stub_server import stub_server
from tests.bench.transports import transport_rows
from tests.bench.turns import turn_rows
from tests.bench.voice import voice_lines


def main(parts: list[str]) -> int:
    """Print the table; the exit code says whether every `must` is kept."""
    kept = True
    with tempfile.TemporaryDirectory() as folder, stub_server() as base_url:
        os.environ["BYOK_WIDGETS_CONFIG_DIR"] = folder
        rows: dict[str, Callable[[], list[Row]]] = {
            "fresh": lambda: fresh_rows(base_url, folder),
            "calls": lambda: call_rows(base_url),
            "streams": lambda: stream_rows(base_url),
            "transports": lambda: transport_rows(base_url),
            "turns": lambda: turn_rows(base_url),
            "cells": cell_rows,
            "redaction": redaction_rows,
        }
        seen: dict[str, Callable[[], tuple[list[str], bool]]] = {
            "chat": lambda: chat_lines(base_url),
            "gear": gear_lines,
            "graph": graph_lines,
            "models": model_lines,
            "replay": lambda: replay_lines(base_url),
            "voice": voice_lines,
        }
        long: dict[str, Callable[[], tuple[list[str], bool]]] = {
            "load": lambda: load_lines(base_url),
            **{part: partial(load_lines, base_url, [part]) for part in LOADS},
            "comparison": lambda: comparison_lines(base_url),
            **{part: partial(comparison_lines, base_url, [part]) for part in COMPARISONS},
            "serving": lambda: serving_lines(base_url),
            **{part: partial(serving_lines, base_url, [part]) for part in SERVING},
        }
        for part in parts or [*rows, *seen]:
            if part in seen or part in long:
                lines, fine = (seen | long)[part]()
            else:
                lines = [row.line() for row in rows[part]()]
                fine = not any("MISSED" in line for line in lines)
                lines += peers.missing(part)
            print(*lines, sep="\n", flush=True)
            kept = kept and fine
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
