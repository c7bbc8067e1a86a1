"""Imports and single calls beside the raw SDK."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from typing import Literal

from pydantic import BaseModel

from tests.bench.rows import Row, interleaved

FRESH_RUNS = 9


class Booking(BaseModel):
    """The fields of the extraction row."""

    name: str | None
    weekday: Literal["Mon", "Tue", "Wed"] | None
    urgent: bool | None


def _fresh(code: str, environment: dict[str, str]) -> tuple[float, float]:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-c", code]
    subprocess.run(command, check=True, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def fresh_rows(base_url: str, folder: str) -> list[Row]:
    """Compare fresh interpreters."""
    environment = {"BYOK_WIDGETS_CONFIG_DIR": folder, "STUB": base_url}
    raw_answer = (
        "import os, openai; c = openai.OpenAI(api_key='none', base_url=os.environ['STUB'])\n"
        "c.chat.completions.create(model='text-10', messages=[{'role': 'user', 'content': 'Hi'}])"
    )
    our_answer = (
        "import os; from byok_widgets import Flow; f = Flow('bench')\n"
        "f.set_base_url('compatible', os.environ['STUB'])\n"
        "f.model = 'compatible:text-10'; print(f.conversation('ask', 'Be brief.').run('Hi'))"
    )
    pairs = {
        "import": ("import openai", "import byok_widgets"),
        "import and Flow": ("import openai", "from byok_widgets import Flow"),
        "import + first answer": (raw_answer, our_answer),
    }
    bounds = {"import": (1.0, 0.35), "import and Flow": (1.0, 0.35), "import + first answer": (1.3, 1.0)}
    rows = []
    for name, (raw, ours) in pairs.items():
        _fresh(raw, environment), _fresh(ours, environment)
        times = [(_fresh(raw, environment), _fresh(ours, environment)) for _ in range(FRESH_RUNS)]
        for number, unit in enumerate(("wall", "CPU")):
            raw_s, ours_s = [raw[number] for raw, _ in times], [ours[number] for _, ours in times]
            rows.append(Row(f"{name}, {unit}", raw_s, ours_s, *bounds[name]))
    return rows


def process_rows(base_url: str) -> list[Row]:
    """Compare calls in this process."""
    import openai

    from byok_widgets import Flow

    client = openai.OpenAI(api_key="none", base_url=base_url)
    flow = Flow("bench rows")
    flow.set_base_url("compatible", base_url)
    flow.model = "compatible:text-10"
    ask = flow.conversation("ask", "Be brief.")
    data = flow.extraction("data", Booking, model="compatible:record")
    hello = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]

    def raw_call() -> object:
        return client.chat.completions.create(model="text-10", messages=hello).choices[0].message.content

    def raw_extraction() -> object:
        answer = client.chat.completions.parse(model="record", messages=hello, response_format=Booking)
        assert answer.choices[0].message.parsed.name == "Ana"
        return answer

    def our_extraction() -> object:
        result = data.run("I am Ana, Tuesday please, no hurry", show=False)
        assert result.record.name == "Ana"
        return result

    def raw_stream() -> object:
        chunks = client.chat.completions.create(
            model="text-1000", messages=hello, stream=True, stream_options={"include_usage": True}
        )
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert len(text) == 5000
        return text

    def our_stream() -> object:
        reply = ask.run("Hi", model="compatible:text-1000")
        assert len(reply.text) == 5000
        return reply

    return [
        interleaved("one call, CPU", raw_call, lambda: ask.run("Hi"), 40, 1.25, 0.9),
        interleaved("one extraction, CPU", raw_extraction, our_extraction, 40, 1.0, 0.55),
        interleaved("1,000 streamed chunks, CPU", raw_stream, our_stream, 3, 1.1, 0.2),
    ]
