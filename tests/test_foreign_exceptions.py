"""Exceptions of somebody else's code are told without keys, even if their own text cannot be made."""

from __future__ import annotations

import sys

import pytest

from byok_widgets import last_traceback
from byok_widgets.foreign_exceptions import describe_exception
from tests.fake_keys import fake_key


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_type_and_text_stand_in_one_line_without_a_key() -> None:
    key = fake_key()
    described = describe_exception(ValueError(f"bad\n  value {key}"))
    assert described == "ValueError: bad value [API key]"
    assert describe_exception(UnspeakableError()) == "UnspeakableError"
    assert len(describe_exception(ValueError("x" * 10_000))) < 300


def test_the_stack_holds_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    key = fake_key()
    monkeypatch.setattr(sys, "last_value", RuntimeError(f"a library quotes {key}"), raising=False)
    assert "a library quotes [API key]" in last_traceback()
    assert key[-12:] not in last_traceback()


def test_without_an_error_there_is_no_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(sys, "last_value", raising=False)
    assert last_traceback() == "No error has been shown in this session."
