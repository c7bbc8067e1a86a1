"""What calls show of keys: a refusal is news, and so is the first answer after it; nothing else is."""

from __future__ import annotations

import copyreg
import gc
import pickle
import weakref
from types import TracebackType
from typing import Any

import pytest

from byok_widgets.errors import ProviderError
from byok_widgets.nodes.key_verdicts import KeyVerdicts
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key
from tests.key_forms import leaks

PLACE = ("openai", "https://api.openai.com/v1")
FAULT = ProviderError("No.", kind="auth")


def test_an_answer_is_news_only_after_a_refusal() -> None:
    verdicts, key = KeyVerdicts(), Secret(fake_key())
    assert not verdicts.note(PLACE, key, None)
    assert verdicts.latest(PLACE, key) is None
    assert verdicts.note(PLACE, key, FAULT)
    refused = verdicts.latest(PLACE, Secret(key.reveal()))
    assert refused is not None
    assert refused.fault is not None
    assert refused.fault.kind == "auth"
    assert verdicts.note(PLACE, key, None)
    taken = verdicts.latest(PLACE, key)
    assert taken is not None
    assert taken.fault is None
    assert taken.found_at >= refused.found_at
    assert not verdicts.note(PLACE, key, None)


def test_a_verdict_is_about_one_key_at_one_address() -> None:
    verdicts, key = KeyVerdicts(), Secret(fake_key())
    verdicts.note(PLACE, key, FAULT)
    assert verdicts.latest(("openai", "https://elsewhere.example/v1"), key) is None
    assert verdicts.latest(PLACE, Secret(fake_key())) is None
    assert not verdicts.note(("openai", "https://elsewhere.example/v1"), key, None)


def with_its_frames(fault: ProviderError) -> tuple[Any, ...]:
    return _rebuilt, (fault.problem, fault.__traceback__, fault.__context__)


def _rebuilt(problem: str, frames: TracebackType, context: BaseException) -> ProviderError:
    rebuilt = ProviderError(problem, kind="auth").with_traceback(frames)
    rebuilt.__context__ = context
    return rebuilt


def test_neither_a_key_nor_the_frames_of_a_call_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(copyreg.dispatch_table, ProviderError, with_its_frames)  # as libraries of workers do
    verdicts, key = KeyVerdicts(), Secret(fake_key())
    try:
        try:
            raise ValueError
        except ValueError:
            raise ProviderError("No.", kind="auth")  # noqa: B904 - its context is what is looked for
    except ProviderError as fault:
        verdicts.note(PLACE, key, fault)
    copied = pickle.loads(pickle.dumps(verdicts))
    assert copied.latest(PLACE, key) is None
    refused = verdicts.latest(PLACE, key)
    assert refused is not None
    assert refused.fault is not None
    assert refused.fault.__traceback__ is refused.fault.__context__ is None
    holder, text = weakref.ref(key), key.reveal()
    del key
    gc.collect()
    assert holder() is None
    assert not leaks(f"{vars(verdicts)} {verdicts!r}", text)
