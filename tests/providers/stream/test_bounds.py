"""Answers and lists without an end stop at a bound, through both SDKs."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

import byok_widgets
from byok_widgets import ConfigError, ProviderError
from byok_widgets.engine import ENGINE
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.stream import bounds
from tests.providers.asking import ask, endpoint, fault
from tests.providers.fault_server import FaultServer, Reply, says
from tests.providers.protocols.writing import BOTH, said


@BOTH
@pytest.mark.parametrize(
    ("bound", "value", "excess"),
    [
        ("MAX_ANSWER_BYTES", 20_000, "longer than 20,000 bytes"),
        ("MAX_EVENTS", 50, "more than 50 events"),
        ("MAX_EVENT_BYTES", 5_000, "one of its events is longer than 5,000 bytes"),
    ],
)
def test_an_endless_answer_stops_at_a_bound_and_keeps_its_text(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch, of: str, bound: str, value: int, excess: str
) -> None:
    monkeypatch.setattr(bounds, bound, value)
    texts = ["Hello"] + (["x" * 6_000] if bound == "MAX_EVENT_BYTES" else ["x"] * 400)
    reply = said(*texts)(of)
    answer = ask(faulty, reply, of=of)
    assert answer.text.startswith("Hello")
    assert answer.finish_reason == "incomplete"
    told = " ".join(answer.notices)
    assert excess in told
    assert f"bounds.{bound}" in told
    assert ask(faulty, said("Hello")(of), of=of).finish_reason == "stop"


@BOTH
@pytest.mark.parametrize("frame", [b": hm\n\n", b"\n", b'data: {"type": "ping"}\n\n', b"data: ping\n\n"])
def test_an_answer_of_keep_alives_stops_at_a_bound_that_text_resets(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch, of: str, frame: bytes
) -> None:
    monkeypatch.setattr(bounds, "MAX_IDLE_LINES", 100)
    body = said("Hello", " there")(of).body
    few = body.replace(b"\n\n", b"\n\n" + frame * 40)
    assert ask(faulty, Reply(few, kind="text/event-stream"), of=of).text == "Hello there"
    begun = body[: body.index(b"\n\n", body.index(b"Hello")) + 2]
    endless = Reply(begun + frame * 400, kind="text/event-stream", pieces=(len(begun),), pause_s=0.01)
    answer = ask(faulty, endless, of=of)
    assert "bounds.MAX_IDLE_LINES" in " ".join(answer.notices)
    assert answer.finish_reason == "incomplete"


@BOTH
def test_a_bound_before_any_text_is_an_error_that_names_it(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    monkeypatch.setattr(bounds, "MAX_ANSWER_BYTES", 1_000)
    comments = Reply(b": keep-alive\n\n" * 200, kind="text/event-stream")
    bomb = Reply(gzip.compress(b" " * 1_000_000 + b"{}"), headers={"content-encoding": "gzip"})
    for reply in (comments, bomb, Reply(b"\n" * 2_000), says({"x": "y" * 2_000})):
        error = fault(faulty, reply, of=of)
        assert (error.kind, error.retryable) == ("too_large", False)
        assert "MAX_ANSWER_BYTES" in error.fix


@BOTH
def test_a_list_past_its_bound_is_an_error_that_names_it(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    monkeypatch.setattr(bounds, "MAX_LIST_BYTES", 1_000)
    faulty.script(says({"data": [{"id": "x" * 2_000}]}))
    with pytest.raises(ProviderError) as caught:
        ENGINE.run(PROVIDERS[of].list_models(endpoint(PROVIDERS[of], faulty)))
    assert caught.value.kind == "too_large"
    assert "MAX_LIST_BYTES" in caught.value.fix


@BOTH
def test_a_list_of_too_many_models_is_an_error_that_names_its_bound(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    monkeypatch.setattr(bounds, "MAX_LIST_ROWS", 3)
    models = [{"id": f"m{at}"} for at in range(4)]
    faulty.script(says({"data": models[:3]}), says({"data": models}))
    assert len(ENGINE.run(PROVIDERS[of].list_models(endpoint(PROVIDERS[of], faulty)))) == 3
    with pytest.raises(ProviderError) as caught:
        ENGINE.run(PROVIDERS[of].list_models(endpoint(PROVIDERS[of], faulty)))
    assert (caught.value.kind, caught.value.retryable) == ("too_large", False)
    assert "MAX_LIST_ROWS" in caught.value.fix


@pytest.mark.parametrize("value", ["64", None, 0, -1, True, 1.5, float("nan"), float("inf"), [1]], ids=repr)
@pytest.mark.parametrize("name", [name for name in vars(bounds) if name.isupper()])
def test_a_bound_is_a_number_above_zero(name: str, value: Any) -> None:
    before = getattr(bounds, name)
    if (name, value) == ("MAX_ERROR_S", 1.5):
        return
    with pytest.raises(ConfigError) as caught:
        setattr(bounds, name, value)
    assert (caught.value.kind, getattr(bounds, name)) == ("bad_setting", before)


def test_the_package_offers_the_bounds_that_calls_look_up() -> None:
    assert byok_widgets.bounds is bounds


def test_a_bound_that_does_not_exist_cannot_be_set() -> None:
    with pytest.raises(ConfigError):
        bounds.MAX_ANSWER_BYTE = 5  # type: ignore[attr-defined]
    assert not hasattr(bounds, "MAX_ANSWER_BYTE")
