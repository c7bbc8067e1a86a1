"""What panels know about keys: a look-up that began before a key was saved or removed says nothing of it."""

from __future__ import annotations

import pytest

from byok_widgets import Flow
from byok_widgets.keys import KeyStatus
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
from byok_widgets.widgets.panel.known_keys import KnownKeys

NONE = KeyStatus("none", "No key", "<where>", available=False)
SAVED = KeyStatus("session", "This session's memory", "<where>", available=True)


@pytest.fixture
def target() -> EndpointTarget:
    flow = Flow("known keys", fresh=True)
    flow.provider = "openai"
    return EndpointTarget.of(flow)


def test_what_was_found_is_news_once(target: EndpointTarget) -> None:
    known = KnownKeys()
    assert known.take_found(target, NONE, version=0)
    assert not known.take_found(target, NONE, version=known.version(target))
    assert known.status(target) == NONE


def test_an_older_look_up_does_not_replace_a_key_that_was_saved(target: EndpointTarget) -> None:
    known = KnownKeys()
    began = known.version(target)
    known.set_status(target, SAVED)
    assert not known.take_found(target, NONE, version=began)
    assert known.status(target) == SAVED
