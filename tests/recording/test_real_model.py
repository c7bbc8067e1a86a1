"""A real local model, recorded, and replayed where there is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from byok_widgets.providers.local import models
from tests.local_model import require_model

TALK = """
import json, sys
from byok_widgets import Flow
flow = Flow("lesson", fresh=True)
flow.model = "local:smollm2-135m"
flow.conversation("ask", "You take orders in a restaurant. Be brief.", max_tokens=12)
flow.extraction("read", dish=["soup", "pizza"], people=int, max_tokens=60)
flow.connect("ask", "read")
flow.connect("read", "ask")
getattr(flow, sys.argv[1])("talk.cassette")
s = flow.start()
s.say("A pizza for two, please.")
other = s.fork(turn=0)
other.say("Soup, please.")
turns = [*s.turns, *other.turns]
told = [[str(turn), turn.path, turn.latency_s, turn.usage.output_tokens, turn.variables] for turn in turns]
print(json.dumps([told, s.summary.split(" · ")[0], [str(s.cost), s.cost.calls]]))
"""


@pytest.mark.model
def test_a_real_model_is_replayed_where_there_is_none(tmp_path: Path) -> None:
    require_model("smollm2-135m")

    def run(how: str, cache: Path) -> list[object]:
        environment = {**os.environ, "BYOK_WIDGETS_CACHE_DIR": str(cache)}
        command = [sys.executable, "-c", TALK, how]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=240
        )
        return list(json.loads(done.stdout.splitlines()[-1]))

    recorded = run("record", models.cache_folder().parent)
    entries = [json.loads(line) for line in (tmp_path / "talk.cassette").read_text().splitlines()[1:]]
    answers = [entry["answer"] for entry in entries]
    assert all(answer["chunks"][-1][0] <= answer["latency_s"] for answer in answers if answer.get("chunks"))
    replayed = run("replay", tmp_path / "no models")
    assert replayed[0] == recorded[0]
    assert (recorded[1], replayed[1]) == ("LOCAL", "REPLAY")
    assert recorded[2] == ["free", 2]
    assert replayed[2] == ["replayed, free when recorded", 2]
