"""Imports, and the first answer, in fresh interpreters."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time

from tests.bench.rows import ROUNDS, Row

_RAW_ANSWER = """\
import os, openai
client = openai.OpenAI(api_key=os.environ["BENCH_KEY"], base_url=os.environ["STUB"])
hello = [{"role": "user", "content": "Hi"}]
print(client.chat.completions.create(model="text-10", messages=hello).choices[0].message.content)"""
_OUR_ANSWER = """\
import os
from byok_widgets import Flow
flow = Flow("bench")
flow.set_base_url("compatible", os.environ["STUB"])
flow.use_key("env:BENCH_KEY", provider="compatible")
flow.model = "compatible:text-10"
print(flow.conversation("ask", "Be brief.").run("Hi"))"""
_PAIRS = {
    "import": ("import openai", "import byok_widgets", 0.35, 0.20),
    "import and Flow": ("import openai", "from byok_widgets import Flow", 0.35, 0.20),
    "import + first answer": (_RAW_ANSWER, _OUR_ANSWER, 1.05, 0.97),
}


def fresh_rows(base_url: str, folder: str) -> list[Row]:
    """Compare fresh interpreters, in wall time and in CPU time."""
    environment = {
        "BYOK_WIDGETS_CONFIG_DIR": folder,
        "STUB": base_url,
        "BENCH_KEY": "key-of-the-stub-server",
    }
    rows = []
    for name, (raw, ours, must, moonshot) in _PAIRS.items():
        _run(raw, environment), _run(ours, environment)  # the first time compiles, and writes what it compiled
        times = [(_run(raw, environment), _run(ours, environment)) for _ in range(ROUNDS)]
        for number, unit in enumerate(("wall", "CPU")):
            raw_s, ours_s = [raw[number] for raw, _ in times], [ours[number] for _, ours in times]
            rows.append(Row(f"{name}, {unit}", raw_s, ours_s, must, moonshot))
    return rows


def _run(code: str, environment: dict[str, str]) -> tuple[float, float]:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-c", code]
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, check=True, env={**inherited, **environment}, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
