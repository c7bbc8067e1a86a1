"""Programs that save: each saver with a way to save a numbered version and to read the number back.

Run as `python -m tests.files.saving SAVER FOLDER ACT ...`, so that they can be killed or run out of space.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from byok_widgets import Flow
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.cells.scoring import Score
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.config import FlowConfig
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.keys import derived_key
from byok_widgets.keys.backends import encrypted_file
from byok_widgets.keys.scope import KeyScope
from byok_widgets.recording.cassette import Cassette
from byok_widgets.secrets import Secret

FILLER = "much to write " * 7_000
SCOPE = KeyScope("dentist", "compatible", "127.0.0.1")
SLOTS = 40
NOISE = random.Random(1).randbytes(5_000).hex()


class Settings:
    """A flow's settings."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, number: int) -> None:
        config = FlowConfig("dentist", providers=("local",), folder=self._folder)
        config.model = f"{number}"
        if config.notice:  # settings that cannot be saved hold in this kernel, and a notice says so
            raise ConfigError(str(config.notice))

    def read(self) -> int:
        return int(FlowConfig("dentist", providers=("local",), folder=self._folder).model or 0)


class FlowFile:
    """A flow file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "saved.flow.json"
        self._flow = Flow("saved", fresh=True)

    def save(self, number: int) -> None:
        self._flow.conversation("ask", f"{number}\n{FILLER}")
        self._flow.save(self._path)

    def read(self) -> int:
        number, filler = Flow.load(self._path, name="read").node("ask").prompt.split("\n")
        assert filler == FILLER, "a mixture"
        return int(number)


class SessionFile:
    """The file of a session."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "session.json"
        self._flow = Flow("saved", fresh=True)
        self._flow.conversation("hello", f"Hello. {FILLER}", static=True)

    def save(self, number: int) -> None:
        self._flow.start(variables={"number": number}).save(self._path)

    def read(self) -> int:
        session = self._flow.load_session(self._path)
        assert session.transcript[0].content.endswith(FILLER), "a part"
        return int(session.variables["number"])


class KeyFile:
    """The encrypted file of keys."""

    def __init__(self, folder: Path) -> None:
        os.environ["BYOK_WIDGETS_CONFIG_DIR"] = str(folder)
        derived_key.COST = 2**4  # the true cost is for people, once in a kernel
        if encrypted_file.state().exists:
            encrypted_file.unlock(Secret("a passphrase of ours"))
        else:
            encrypted_file.create(Secret("a passphrase of ours"))

    def save(self, number: int) -> None:
        encrypted_file.write(SCOPE, Secret(f"{number:020d}" * 10))

    def read(self) -> int:
        stored = encrypted_file.read(SCOPE)
        text = stored.reveal() if stored else "0" * 200
        assert text == text[:20] * 10, "a mixture"
        return int(text[:20])


class Cells:
    """The store of a comparison's cells; the version with a number has one cell more than the one before."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "cells.sqlite"
        self._stores: dict[int, CellStore] = {}  # a connection is of no use to a child

    def save(self, number: int) -> None:
        store = self._stores.get(os.getpid()) or CellStore(self._path)
        self._stores[os.getpid()] = store
        output = {"text": f"{number:020d}" * 10, "filler": NOISE}
        asyncio.run(store.put(ResultCell("one", "case", number, "done", output=output), {"checks": Score(1.0)}))

    def read(self) -> int:
        store = CellStore(self._path)
        found = {cell.repeat: cell.output for cell in store.cells(["one"])}
        assert set(store.scores("checks")) == {("one", "case", number) for number in found}
        store.close()
        assert all(found[number]["text"] == f"{number:020d}" * 10 for number in found), "a mixture"
        assert all(output["filler"] == NOISE for output in found.values()), "a part"
        assert sorted(found) == list(range(1, len(found) + 1)), "a cell is gone"
        return len(found)

    @contextmanager
    def failing(self, call: str, number: int) -> Iterator[None]:
        """Let calls of the system fail below SQLite."""
        library = ctypes.CDLL(None)
        self._stores.clear()
        if call != "open":
            self._stores[os.getpid()] = CellStore(self._path)
        library.set_fault(number, call.encode())
        try:
            yield
        finally:
            library.set_fault(0, b"")


class CaseFile:
    """A file of cases; the version with a number has one case more than the one before."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "saved.cases"
        self._flow = Flow("saved", fresh=True)
        hello = self._flow.conversation("hello", "Hello.", static=True)
        self._flow.connect(hello, self._flow.conversation("bye", "Bye.", static=True, end=True))

    def save(self, number: int) -> None:
        session = self._flow.start(variables={"number": number, "filler": NOISE})
        session.say("Hi")
        self._flow.save_case(session, self._path, name=f"case {number}")

    def read(self) -> int:
        cases = self._flow.cases(self._path)
        assert all(case.variables["filler"] == NOISE for case in cases), "a part"
        numbers = [int(case.variables["number"]) for case in cases]
        assert numbers == sorted({1, *numbers}), "a case is gone"
        return numbers[-1]


class Recorded:
    """A cassette; the version with a number has one call more than the one before."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lesson.cassette"

    def save(self, number: int) -> None:
        request = {"provider": "compatible", "model": "m", "system": NOISE, "messages": []}
        answer = {"text": f"{number}", "finish_reason": "stop"}
        call = {"digest": f"{number:064x}", "node": "ask", "lane": ["", "", 0]}
        try:
            Cassette(self._path, must_exist=False).append({**call, "request": request, "answer": answer})
        except OSError as error:  # which a recording notes, and goes on
            raise ConfigError(str(error)) from None

    def read(self) -> int:
        calls = list(Cassette(self._path, must_exist=True).entries())
        assert all(call["request"]["system"] == NOISE for call in calls), "a part"
        said = [call["answer"]["text"] for call in calls]
        assert said == [str(number) for number in range(1, len(said) + 1)], "a call is gone"
        return len(calls)


Saver = Settings | FlowFile | SessionFile | KeyFile | Cells | CaseFile | Recorded
SAVERS: dict[str, Callable[[Path], Saver]] = {
    "settings": Settings,
    "flow": FlowFile,
    "session": SessionFile,
    "keys": KeyFile,
    "cells": Cells,
    "cases": CaseFile,
    "cassette": Recorded,
}


def kill(name: str, folder: Path, rounds: int) -> None:
    """Kill it again and again while it saves: what is there is whole each time, and never older than before."""
    saver = SAVERS[name](folder)
    number = 1
    saver.save(number)
    for _ in range(rounds):
        told, tell = os.pipe()
        child = os.fork()
        if not child:
            while True:
                number += 1
                saver.save(number)
                os.write(tell, number.to_bytes(8, "big"))
        os.close(tell)
        time.sleep(random.uniform(0.001, 0.1))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(told, "rb") as said:
            saved = said.read()[-8:]
        now = saver.read()
        assert now >= (int.from_bytes(saved, "big") or number), "what was saved is gone"
        number = now
    saver.save(number + 1)
    assert saver.read() == number + 1, "it can go on"
    assert not list(folder.rglob("*.part")), "what killed programs left is gone"
    print(number + 1)


def run_out_of_space(name: str, folder: Path) -> None:
    """Save where files may not grow: it fails with an error of ours, and what was there stays."""
    import resource

    saver = SAVERS[name](folder)
    saver.save(1)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))
    try:
        saver.save(2)
    except ByokError as error:
        told = f"{error.kind}: {error}"
    else:
        told = "nothing was said"
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(saver.read(), told.replace("\n", " "))


def fail(name: str, folder: Path) -> None:
    """Save where the system refuses: to make a file, to write it, or to put it in its place."""
    saver = SAVERS[name](folder)
    saver.save(1)
    failing = saver.failing if isinstance(saver, Cells) else _failing
    calls = ("open", "write", "fsync") if isinstance(saver, Cells) else ("open", "fsync")
    for number in ("EDQUOT", "ENOSPC", "EROFS", "EACCES", "EIO"):
        for call in calls:
            with failing(call, getattr(errno, number)):
                try:
                    saver.save(2)
                except ByokError as error:
                    told = error.kind
                else:
                    told = ""
            assert told, f"{number} at {call}: nothing was said"
            assert saver.read() == 1, f"{number} at {call}: the old version is gone"
            assert not list(folder.rglob("*.part")), f"{number} at {call}: a part is left"
    saver.save(3)
    print(saver.read())


@contextmanager
def _failing(call: str, number: int) -> Iterator[None]:
    """Let a call of the system fail where it would write."""
    real = getattr(os, call)

    def refuse(*arguments: Any, **options: Any) -> Any:
        writes = call != "open" or (arguments[1] & os.O_CREAT and str(arguments[0]).endswith(".part"))
        if writes:
            raise OSError(number, os.strerror(number))
        return real(*arguments, **options)

    setattr(os, call, refuse)
    try:
        yield
    finally:
        setattr(os, call, real)


def jump(name: str, folder: Path) -> None:
    """Save while the clock jumps back and forth, and stands still: the last version is the one that is read."""
    saver, now = SAVERS[name](folder), time.time()
    for number, at in enumerate((now, now + 1e8, now - 1e8, now - 1e8, 0.0, now), 1):
        time.time = lambda at=at: at
        time.time_ns = lambda at=at: int(at * 1e9)
        saver.save(number)
        for path in folder.rglob("*"):
            if path.is_file():
                os.utime(path, (at, at))
        assert saver.read() == number
        assert SAVERS[name](folder).read() == number, "a new kernel reads it too"
    print(number)


ACTS = {"kill": kill, "fill": run_out_of_space, "fail": fail, "jump": jump}

if __name__ == "__main__":
    act, saver, place, *rest = sys.argv[1:]
    ACTS[act](saver, Path(place), *map(int, rest))
