"""The file: readable lines that several processes may write, and that survive a kill, an editor and a merge."""

from __future__ import annotations

import codecs
import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow, KeyFormatError, ProviderError, ReplayMissError
from byok_widgets.cli import main
from byok_widgets.recording.cassette import Cassette
from tests.fake_keys import fake_key
from tests.scripted_server import Say, ScriptedServer

WRITER = """
import sys, time
from pathlib import Path
from byok_widgets.recording.cassette import Cassette
cassette = Cassette(Path(sys.argv[1]), must_exist=False)
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    digest = f"{sys.argv[2]}{number:062x}"
    cassette.append({"digest": digest, "node": "ask", "answer": {"text": "x" * 2000}})
"""


def _writer(path: Path, name: str, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def entry(number: int, text: str = "Hello.") -> dict[str, object]:
    request = {"provider": "compatible", "model": "m", "system": "", "messages": []}
    answer = {"text": text, "finish_reason": "stop"}
    return {"digest": f"{number:064x}", "node": "ask", "lane": ["", "", 0], "request": request, "answer": answer}


def digest(number: int) -> str:
    return f"{number:064x}"


@pytest.fixture
def written(cassette: Path) -> Path:
    made = Cassette(cassette, must_exist=False)
    for number in range(5):
        made.append(entry(number, f"Answer {number}"))
    return cassette


def test_lines_can_be_read_and_the_latest_of_two_holds(written: Path) -> None:
    first, *lines = written.read_text(encoding="utf-8").splitlines()
    assert json.loads(first)["cassette"] == 1
    assert [json.loads(line)["digest"] for line in lines] == [digest(number) for number in range(5)]
    made = Cassette(written, must_exist=True)
    made.append(entry(2, "newer"))
    made.refresh()
    assert len(made) == len(Cassette(written, must_exist=True)) == 5
    assert made.find(digest(2)) == entry(2, "newer")
    assert [each["answer"]["text"] for each in made.entries()][-1] == "newer"


def test_what_was_read_before_is_not_given_once_its_file_is_another_one(written: Path, tmp_path: Path) -> None:
    made = Cassette(written, must_exist=True)
    assert [made.find(digest(2)) for _ in range(2)] == [entry(2, "Answer 2")] * 2
    other = Cassette(tmp_path / "other.cassette", must_exist=False)
    for number in range(5):
        other.append(entry(number, f"Replay {number}"))
    other.path.replace(written)
    made.refresh()
    assert made.find(digest(2)) == entry(2, "Replay 2")


def test_calls_are_found_while_another_thread_sees_that_the_file_was_replaced(
    written: Path, tmp_path: Path
) -> None:
    for number in range(5):
        Cassette(tmp_path / "other.cassette", must_exist=False).append(entry(number, "Replay " * (number + 9)))
    contents = [written.read_bytes(), (tmp_path / "other.cassette").read_bytes()]
    made, done = Cassette(written, must_exist=True), threading.Event()

    def look() -> set[str]:
        found = set()
        while not done.is_set():
            found |= {(made.find(digest(number)) or {"digest": "none"})["digest"] for number in range(5)}
        return found

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        looking = [pool.submit(look) for _ in range(2)]
        for number in range(100):
            (tmp_path / "new").write_bytes(contents[number % 2])
            (tmp_path / "new").replace(written)
            made.refresh()
        done.set()
        assert [each.result() for each in looking] == [{digest(number) for number in range(5)}] * 2


@pytest.mark.parametrize("cut", [1, 20, 60, 100])
def test_a_line_that_was_not_written_to_the_end_is_told_and_cut_off(written: Path, cut: int) -> None:
    content = written.read_bytes()
    line = content.splitlines(keepends=True)[-1]
    written.write_bytes(content[: -len(line)] + line[:cut])
    torn = Cassette(written, must_exist=True)
    assert len(torn) == 4
    assert len(torn.notices) == 1
    torn.append(entry(9))
    whole = Cassette(written, must_exist=True)
    assert (len(whole), whole.notices) == (5, ())


def test_what_editors_and_merges_leave_is_taken(written: Path) -> None:
    content = written.read_bytes()
    written.write_bytes(content.rstrip(b"\n"))
    made = Cassette(written, must_exist=True)
    assert (len(made), made.notices) == (5, ())
    made.append(entry(7))
    assert len(Cassette(written, must_exist=True)) == 6
    written.write_bytes(content.replace(b"\n", b"\r\n"))
    assert Cassette(written, must_exist=True).find(digest(4)) == entry(4, "Answer 4")
    lines = content.splitlines(keepends=True)
    written.write_bytes(b"".join([*lines[:3], b"<<<<<<< HEAD\n", *lines[3:]]))
    damaged = Cassette(written, must_exist=True)
    assert (len(damaged), len(damaged.notices)) == (5, 1)
    assert "4" in damaged.notices[0]


@pytest.mark.parametrize(
    "form",
    [{"separators": (",", ":")}, {"sort_keys": True}, {"ensure_ascii": True}],
    ids=["dense", "sorted", "ascii"],
)
def test_calls_that_another_program_has_formatted_anew_are_found(written: Path, form: dict[str, Any]) -> None:
    entries = [json.loads(line) for line in written.read_text(encoding="utf-8").splitlines()]
    written.write_text("".join(f"{json.dumps(each, **form)}\n" for each in entries), encoding="utf-8")
    made = Cassette(written, must_exist=True)
    made.append(entry(7))
    made.refresh()
    assert [made.find(digest(number)) for number in (0, 4, 7)] == [
        entry(0, "Answer 0"),
        entry(4, "Answer 4"),
        entry(7),
    ]
    assert made.notices == ()


def test_joined_cassettes_are_one_unless_a_newer_recorder_wrote_a_part(written: Path) -> None:
    content = written.read_bytes()
    for joined in (content + content, content + codecs.BOM_UTF8 + content):
        written.write_bytes(joined)
        made = Cassette(written, must_exist=True)
        assert (len(made), made.notices) == (5, ())
    written.write_bytes(content + b'{"cassette": 99}\n')
    with pytest.raises(ConfigError):
        Cassette(written, must_exist=True)


@pytest.mark.parametrize("content", [b"{}\n", b"hello\n", b"hello", b'{"cassette": 99}\n', b'{"cells": []}'])
def test_what_is_no_cassette_of_ours_is_refused(cassette: Path, content: bytes, flow: Flow) -> None:
    cassette.write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        flow.replay(cassette)
    assert raised.value.kind == "cassette"
    assert cassette.read_bytes() == content


def test_a_file_that_took_the_place_of_a_cassette_is_left_as_it_is(cassette: Path) -> None:
    made = Cassette(cassette, must_exist=False)
    cassette.write_bytes(b"hello")
    with pytest.raises(OSError, match="not a cassette"):
        made.append(entry(1))
    assert cassette.read_bytes() == b"hello"


@pytest.mark.parametrize("name", ["missing.cassette", "lesson.jsonl", "folder/lesson.cassette"])
def test_a_path_that_cannot_be_used_is_said(flow: Flow, tmp_path: Path, name: str) -> None:
    for begin in (flow.replay, flow.record):
        if begin == flow.record and name == "missing.cassette":
            continue
        with pytest.raises(ConfigError) as raised:
            begin(tmp_path / name)
        assert raised.value.kind == "cassette"
    with pytest.raises(KeyFormatError):
        flow.record(tmp_path / f"{fake_key('openai')}.cassette")


def test_two_processes_on_one_cassette_lose_nothing(cassette: Path) -> None:
    writers = [_writer(cassette, name, 150) for name in ("aa", "bb")]
    for writer in writers:
        assert writer.wait(timeout=60) == 0
    made = Cassette(cassette, must_exist=True)
    assert (len(made), made.notices) == (300, ())
    assert sum(b'{"cassette"' in line for line in cassette.read_bytes().splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="permissions differ there")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_refused_before_a_call_is_made(
    flow: Flow, server: ScriptedServer, cassette: Path
) -> None:
    flow.conversation("ask", "Be brief.")
    with flow.record(cassette):
        flow.node("ask").run("Hi")
    cassette.parent.chmod(0o555)
    try:
        for begin in (flow.record, partial(flow.replay, missing="record")):
            with pytest.raises(ConfigError) as raised:
                begin(cassette)
            assert raised.value.kind == "cassette"
        with flow.replay(cassette):
            assert flow.node("ask").run("Hi").origin == "replay"
    finally:
        cassette.parent.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_a_kill_loses_at_most_the_last_line(cassette: Path) -> None:
    writer = _writer(cassette, "aa", 100_000)
    assert writer.stdout is not None
    writer.stdout.readline()
    while not cassette.exists() or cassette.stat().st_size < 200_000:
        assert writer.poll() is None
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    lines = cassette.read_bytes().count(b"\n") - 1
    made = Cassette(cassette, must_exist=True)
    assert len(made) == lines
    made.append(entry(1))
    assert len(Cassette(cassette, must_exist=True)) == lines + 1


def test_what_another_process_records_meanwhile_is_found(flow: Flow, cassette: Path) -> None:
    ask = flow.conversation("ask", "Be brief.")
    with flow.record(cassette):
        ask.run("Hi")
    flow.replay(cassette)
    content = cassette.read_bytes()
    with flow.record(cassette):
        ask.run("Bye")
    assert cassette.read_bytes().startswith(content)
    assert ask.run("Bye").origin == "replay"
    with pytest.raises(ReplayMissError):
        ask.run("Other")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions differ there")
def test_an_answer_that_cannot_be_written_is_not_lost(
    flow: Flow, cassette: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = flow.conversation("ask", "Be brief.")
    recording = flow.record(cassette)
    ask.run("Hi")
    before = cassette.read_bytes()

    def full(descriptor: int, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("byok_widgets.recording.cassette.os.write", full)
    reply = ask.run("Bye")
    assert reply.text == "Hello."
    assert any("not recorded" in notice for notice in reply.notices)
    assert recording.problem
    assert recording.problem in repr(recording)
    assert cassette.read_bytes() == before


def test_no_key_and_no_header_is_in_it_and_scan_finds_one_that_was_put_there(
    server: ScriptedServer, cassette: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key, said = fake_key("openai"), fake_key("anthropic")
    monkeypatch.setenv("OPENAI_API_KEY", key)
    flow = Flow("lesson", fresh=True)
    flow.provider, flow.model = "openai", "gpt-6-luna"
    flow.set_base_url("openai", server.base_url)
    flow.use_key("env:OPENAI_API_KEY")
    server.script(
        Say(f"Your key is {key}, and {said}."), Say(status=401, body={"error": {"message": f"bad {key}"}})
    )
    ask = flow.conversation("ask", f"My key is {said}.")
    with flow.record(cassette):
        ask.run(f"It is {key}")
        with pytest.raises(ProviderError):
            ask.run("Again")
    content = cassette.read_text(encoding="utf-8")
    assert server.headers[0]["authorization"] == f"Bearer {key}"
    assert len(content.splitlines()) == 3
    for secret in (key, said):
        assert not any(secret[at : at + 12] in content for at in range(len(secret) - 12))
    for word in ("authorization", "bearer", "x-api-key", "user-agent"):
        assert word not in content.lower()
    assert main(["scan", str(cassette)]) == 0
    held = json.loads(content.splitlines()[1])
    held["answer"]["text"] = f"A line\n{key}\nand another"
    cassette.write_text("\n".join([*content.splitlines(), json.dumps(held), ""]), encoding="utf-8")
    assert main(["scan", str(cassette)]) == 1
    out = capsys.readouterr().out
    assert "line 4, recorded call: OpenAI key" in out
    assert key not in out
    assert main(["scan", "--fix", str(cassette)]) == 1
    assert main(["scan", str(cassette)]) == 0
    assert len(Cassette(cassette, must_exist=True)) == 2
