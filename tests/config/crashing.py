"""Saves a flow's settings and is killed meanwhile: a separate program, so that it can fork safely."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from byok_widgets.config import FlowConfig
from byok_widgets.keys import KeyStore

FILLER = "much to write " * 7_000


def open_config(folder: Path) -> FlowConfig:
    return FlowConfig("dentist", providers=("local",), folder=folder)


def saved_number(folder: Path) -> int:
    """Return the number of the saved version; fails if it is a mixture of versions."""
    config = open_config(folder)
    (path,) = folder.glob("*.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    assert not config.notice, config.notice
    assert data["filler"] == FILLER, "a partial version"
    return int(config.model or 0)


def save_until_killed(config: FlowConfig, number: int, began: int) -> None:
    os.write(began, b"!")
    while True:
        number += 1
        config.model = str(number)


def main() -> None:
    folder, rounds, key = Path(sys.argv[1]), int(sys.argv[2]), sys.stdin.read()
    number, parts = 1, 0
    config = open_config(folder)
    KeyStore("dentist", config.key_references).save("openai", "api.openai.com", key, backend="session")
    config.model = str(number)
    (path,) = folder.glob("*.json")
    large = json.loads(path.read_text(encoding="utf-8")) | {"filler": FILLER}
    path.write_text(json.dumps(large), encoding="utf-8")
    started = time.perf_counter()
    config.model = str(number := number + 1)
    a_save_s = time.perf_counter() - started
    begins, began = os.pipe()
    for _ in range(rounds):
        child = os.fork()
        if not child:
            save_until_killed(config, number, began)
        os.read(begins, 1)
        time.sleep(random.uniform(0, 4 * a_save_s))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        parts += len(list(folder.glob(".*.part")))
        now = saved_number(folder)
        assert now >= number, "an older version came back"
        assert not list(folder.glob(".*.part")), "the next start removes what the killed kernel left"
        number = now
    print(number, parts)


if __name__ == "__main__":
    main()
