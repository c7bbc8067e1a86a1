"""Dialogues land at the right node, however their clients change what was said."""

from __future__ import annotations

import concurrent.futures
from pathlib import Path

from tests.scripted_server import ScriptedServer
from tests.serve.conftest import Served
from tests.serve.fruit import MangledDialogue, answer, fruit_flow
from tests.serve.talking import Caller


def test_every_reply_comes_from_the_right_node(server: ScriptedServer, tmp_path: Path) -> None:
    server.script(answer)
    served = Served(fruit_flow("fruit", server.base_url), tmp_path / "calls.sqlite")
    try:
        caller = Caller(served.server.port, served.token)
        dialogues = [MangledDialogue(caller, seed) for seed in range(24)]
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            list(pool.map(MangledDialogue.run, dialogues))
    finally:
        served.server.stop()
    assert sum(dialogue.turns for dialogue in dialogues) == 24 * 5
    assert [wrong for dialogue in dialogues for wrong in dialogue.wrong] == []
