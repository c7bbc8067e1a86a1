"""Answers and lists without an end stop at a bound, through both SDKs."""

from __future__ import annotations

import gzip

import pytest

from byok_widgets import ProviderError
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
