"""How long a flow of 5, 15, 30 and 200 nodes takes to be laid out and drawn, in CPU time of one process."""

from __future__ import annotations

import random
import statistics
import time

from byok_widgets import Flow
from byok_widgets.graph.svg import as_svg

ROUNDS = 7
MUST_MS = {5: 20.0, 15: 50.0, 30: 100.0, 200: 1000.0}


def graph_lines() -> tuple[list[str], bool]:
    """Return a line for each size, and whether each `must` is kept."""
    lines, kept = [], True
    for count, must in MUST_MS.items():
        graph = flow_of(count).graph
        took = []
        for _ in range(ROUNDS):
            start = time.process_time()
            svg = as_svg(graph, "bench")
            took.append((time.process_time() - start) * 1000)
        fine = statistics.median(took) <= must
        kept = kept and fine
        name = f"a flow of {count} nodes and {len(graph.edges)} edges, drawn"
        verdict = "ok" if fine else "MISSED"
        lines.append(
            f"{name:44} median {statistics.median(took):7.1f} ms  {len(svg) / 1000:5.0f} kB  "
            f"must <= {must:g} ms {verdict}"
        )
    return lines, kept


def flow_of(count: int) -> Flow:
    """Return a flow with edges onwards, back and to the same node, most of them with a condition."""
    chance, flow = random.Random(count), Flow(f"bench graph {count}")
    for number in range(count):
        if number % 3 == 1:
            flow.extraction(f"read_{number}", name=str, weekday=["Mon", "Tue"])
        else:
            flow.conversation(f"ask_{number}", "Ask.", end=number == count - 1)
    names = list(flow.nodes)
    for number, name in enumerate(names[:-1]):
        flow.connect(name, names[number + 1], when="the caller has said all that is needed")
        if number % 2:
            other = min(count - 1, max(0, number + chance.randrange(-5, 6)))
            flow.connect(name, names[other], if_="weekday is not None")
    return flow
