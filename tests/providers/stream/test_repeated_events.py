"""Events that differ by their words alone are understood as if each were parsed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.protocols.sdk_provider import SdkProvider
from byok_widgets.providers.stream import repeated_events
from byok_widgets.providers.stream.repeated_events import RepeatedEvents
from tests.providers.asking import parse

PROVIDER = PROVIDERS["compatible"]
assert isinstance(PROVIDER, SdkProvider)
WORDS_OF = PROVIDER.plain_words


def event(words: str, **more: Any) -> bytes:
    data = {"id": "x", "model": "m", "choices": [{"index": 0, "delta": {"content": words}, "finish_reason": None}]}
    return json.dumps(data | more, ensure_ascii=False).encode("utf-8", "surrogatepass")


def learned(*words: str, **more: Any) -> RepeatedEvents:
    events = RepeatedEvents()
    for each in words:
        events.learn({}, event(each, **more), each, WORDS_OF)
    return events


@pytest.mark.parametrize("words", ["word", " é", "日本", "x", "m", "content", "a: b, {c}", "' }"])
def test_words_without_escapes_are_found(words: str) -> None:
    assert learned("One", "Two").words_in(event(words)) == words
    assert learned("One", words).words_in(event("Two")) == "Two"


@pytest.mark.parametrize(
    "data",
    [
        event(""),
        event('a "quoted" word'),
        event("back\\slash"),
        event("new\nline"),
        event("\x01"),
        event("a", id="y"),
        event("a", usage={"total_tokens": 1}),
        event("a")[:-1],
        event("a") + b" ",
        event("a").replace(b'"a"', b'"a", "refusal": "b"'),
        event("a").replace(b'"a"', b'"\xff"'),
        b"",
    ],
    ids=repr,
)
def test_any_other_event_is_parsed(data: bytes) -> None:
    assert learned("One", "Two").words_in(data) == ""


def test_words_that_stand_elsewhere_as_well_are_not_taken_for_others() -> None:
    events = learned("One", "same", id="same")
    found = events.words_in(event("same", id="other"))
    assert found == ""
    assert learned("One", "same", "Two", id="same").words_in(event("More", id="same")) == "More"


def test_events_that_all_differ_are_soon_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []
    monkeypatch.setattr(repeated_events, "parse_json", lambda data: parsed.append(data) or json.loads(data))
    events = RepeatedEvents()
    for number in range(50):
        data = event("word", id=f"id {number}")
        assert events.words_in(data) == ""
        events.learn({}, data, "word", WORDS_OF)
    assert len(parsed) < 5
    events = RepeatedEvents()
    for number in range(50):
        events.learn({}, event("word", obfuscation=f"{number}"), "word", WORDS_OF)
    assert len(parsed) < 5


texts = st.lists(st.text(min_size=1, max_size=8).map(lambda text: text.encode("utf-8", "replace").decode()))


@settings(max_examples=100, deadline=None)
@given(texts, texts, st.integers(1, 200))
def test_an_answer_is_the_same_however_alike_its_events_are(one: list[str], other: list[str], cut: int) -> None:
    said: list[str] = []
    events = [event("Hello")]
    events += [event(words) for words in one]
    events += [event(words, id=f"{at}") for at, words in enumerate(other)]
    body = b"".join(b"data: " + each + b"\n\n" for each in events)
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    body += b"data: " + json.dumps(end).encode() + b"\n\ndata: [DONE]\n\n"
    pieces = [body[at : at + cut] for at in range(0, len(body), cut)]
    answer = parse(pieces, of="compatible", on_text=said.append)
    assert answer.text == "".join(said)
    assert answer.text == "".join(["Hello", *one, *other])
    assert answer.finish_reason == "stop"
