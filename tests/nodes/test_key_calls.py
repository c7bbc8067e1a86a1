"""What calls show of keys: a refusal is news, and so is the first answer after it; nothing else is."""

from __future__ import annotations

import copyreg
import gc
import pickle
from types import TracebackType
from typing import Any

import pytest

from byok_widgets.errors import ProviderError
from byok_widgets.nodes.key_calls import KeyCalls
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key

PLACE = ("openai", "https://api.openai.com/v1")
FAULT = ProviderError("No.", kind="auth")


def test_an_answer_is_news_only_after_a_refusal() -> None:
    calls, key = KeyCalls(), Secret(fake_key())
    assert not calls.note(PLACE, key, None)
    assert calls.take(PLACE) is None
    assert calls.note(PLACE, key, FAULT)
    refused = calls.take(PLACE)
    assert refused is not None
    assert (refused.key(), refused.fault.kind) == (key, "auth")
    assert calls.take(PLACE) is None, "it is told once"
    assert calls.note(PLACE, key, None)
    taken = calls.take(PLACE)
    assert taken is not None
    assert taken.fault is None
    assert not calls.note(PLACE, key, None)


def test_each_address_is_told_of_itself() -> None:
    calls, key = KeyCalls(), Secret(fake_key())
    calls.note(PLACE, key, FAULT)
    assert calls.take(("openai", "https://elsewhere.example/v1")) is None
    assert not calls.note(("openai", "https://elsewhere.example/v1"), key, None)
    assert calls.take(PLACE) is not None


def with_its_frames(fault: ProviderError) -> tuple[Any, ...]:
    return _rebuilt, (fault.problem, fault.__traceback__, fault.__context__)


def _rebuilt(problem: str, frames: TracebackType, context: BaseException) -> ProviderError:
    rebuilt = ProviderError(problem, kind="auth").with_traceback(frames)
    rebuilt.__context__ = context
    return rebuilt


def test_neither_a_key_nor_the_frames_of_a_call_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(copyreg.dispatch_table, ProviderError, with_its_frames)  # as libraries of workers do
    calls, key = KeyCalls(), Secret(fake_key())
    try:
        try:
            raise ValueError
        except ValueError:
            raise ProviderError("No.", kind="auth")  # noqa: B904 - its context is what is looked for
    except ProviderError as fault:
        calls.note(PLACE, key, fault)
    copied = pickle.loads(pickle.dumps(calls))
    assert copied.take(PLACE) is None
    del key
    gc.collect()
    refused = calls.take(PLACE)
    assert refused is not None
    assert refused.key() is None
    assert refused.fault.__traceback__ is refused.fault.__context__ is None
