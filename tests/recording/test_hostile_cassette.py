"""A cassette that somebody sends: whatever it holds, it gives an answer or an error of ours, and true figures."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.errors import ConfigError, ProviderError, ReplayMissError
from byok_widgets.recording import cassette as cassettes

NAN, INFINITY = float("nan"), float("inf")


@pytest.fixture
def path(flow: Flow, tmp_path: Path) -> Path:
    """A cassette with one call."""
    path = tmp_path / "a.cassette"
    flow.conversation("ask", "Be brief.")
    with flow.record(path):
        flow.node("ask").run("Hi")
    return path


def edited(path: Path, **parts: Any) -> None:
    """Change the parts of the one entry; `None` takes one away."""
    head, line = path.read_text(encoding="utf-8").splitlines()
    entry = {name: value for name, value in {**json.loads(line), **parts}.items() if value is not None}
    path.write_text(f"{head}\n{json.dumps(entry)}\n", encoding="utf-8")


def answer(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8").splitlines()[1])["answer"]
    return found


def refused(flow: Flow, path: Path) -> None:
    with pytest.raises(ConfigError) as caught, flow.replay(path):
        flow.node("ask").run("Hi")
    assert caught.value.kind == "cassette"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("text", value) for value in (5, None, ["a"], {"a": 1})),
        *(("finish_reason", value) for value in (None, "made up", 5)),
        *(("usage", {"input_tokens": value}) for value in ("7", -5, NAN, True, 10**13)),
        ("usage", {"another": 1}),
        *(("cost", {"usd": value, "source": "provider"}) for value in ("NaN", "-5", "1e999999", "Infinity", "x")),
        *(("cost", value) for value in (5, {"usd": "1", "source": "made up"}, {"usd": "1"})),
        *((field, value) for field in ("latency_s", "waited_s") for value in (NAN, INFINITY, 1e9, -1, "1")),
        *(("chunks", value) for value in (5, [[1e9, 3]], [["x", 3]], [[0, -5]], [[NAN, 1]], [[1]])),
        *(("notices", value) for value in (5, [{"a": 1}], "abc")),
        ("attempts", 10**6),
        ("reported_model", 5),
        ("left_out", [5]),
    ],
)
def test_an_answer_that_no_call_gives_is_refused(name: str, value: Any, flow: Flow, path: Path) -> None:
    edited(path, answer={**answer(path), name: value})
    refused(flow, path)


@pytest.mark.parametrize(
    "parts",
    [
        {"answer": None},
        {"answer": []},
        {"answer": None, "fault": []},
        {"answer": None, "fault": {"problem": {"a": 1}}},
        {"answer": None, "fault": {"problem": "x", "kind": 5}},
        {"answer": None, "fault": {"problem": "x", "took_s": 1e9}},
        {"answer": None, "fault": {"problem": "x", "retry_after_s": NAN}},
        {"answer": None, "fault": {"problem": "x", "cost": {"usd": "NaN", "source": "provider"}}},
        {"lane": 5},
        {"given": ["Hello"]},
        {"lane": [{"a": []}, "", 0]},
        {"node": {}},
        {"request": 5},
        {"of_another_version": NAN},
        {"request": {"provider": "compatible"}},
    ],
)
def test_an_entry_that_is_none_is_refused_and_left_out_elsewhere(
    parts: dict[str, Any], flow: Flow, path: Path
) -> None:
    edited(path, **parts)
    refused(flow, path)
    with flow.replay(path) as replay:
        assert replay.contents.calls == 0
        assert str(replay)
    with flow.replay(path, missing="nearest"), pytest.raises(ReplayMissError):
        flow.node("ask").run("Another question")


def test_an_error_names_the_line_and_the_place_of_what_was_edited(flow: Flow, path: Path) -> None:
    edited(path, answer={**answer(path), "usage": {"input_tokens": -5}})
    with flow.replay(path) as replay:
        assert "1 call in it" in str(replay)
        with pytest.raises(ConfigError, match=r"[Ll]ine 2 .*answer\.usage\.input_tokens"):
            flow.node("ask").run("Hi")


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", ' https://x" onclick="']
)
def test_a_recorded_link_that_is_no_page_is_shown_as_text(link: str, flow: Flow, path: Path) -> None:
    edited(path, answer=None, fault={"problem": "It failed.", "kind": "auth", "link": link})
    with flow.replay(path), pytest.raises(ProviderError) as caught:
        flow.node("ask").run("Hi")
    assert "href" not in caught.value._repr_html_()


def test_a_cassette_out_of_all_measure_is_not_read(
    flow: Flow, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.truncate(path, cassettes.MAX_BYTES + 1)  # a file with a hole: it takes no place
    for begin in (flow.replay, flow.record):
        with pytest.raises(ConfigError) as caught:
            begin(path)
        assert caught.value.kind == "cassette"


def test_a_recording_that_is_full_says_so_and_stays_readable(
    flow: Flow, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cassettes, "MAX_BYTES", path.stat().st_size + 10)
    with flow.record(path) as recording:
        reply = flow.node("ask").run("Another question")
    assert recording.problem
    assert reply.text
    with flow.replay(path):
        assert flow.node("ask").run("Hi").origin == "replay"


def test_the_mark_of_a_windows_editor_is_no_part_of_the_file(flow: Flow, path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    with flow.replay(path) as replay:
        assert flow.node("ask").run("Hi").text
    assert replay.played == 1
    with flow.record(path):
        flow.node("ask").run("Hi again")
    with flow.replay(path):
        assert flow.node("ask").run("Hi again").text


def test_a_miss_says_what_could_not_be_read(flow: Flow, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ReplayMissError, match="its last line was not written to the end"), flow.replay(path):
        flow.node("ask").run("Hi")


def test_a_folder_that_is_not_there_is_named(flow: Flow, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no folder"):
        flow.record(tmp_path / "none" / "lesson.cassette")
