"""Keys that stand where a name belongs are refused, and one that is held later is shown nowhere."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

import pytest

from byok_widgets import Flow, KeyFormatError
from byok_widgets.cases.case import Case, Cases
from tests.compare.flows import compatible_flow
from tests.fake_keys import fake_key
from tests.scripted_server import Say, ScriptedServer

OTHER = "compatible:other"


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    flow = compatible_flow(server, "compatible:one")
    flow.extraction("read", weekday=["Mon", "Tue"])
    server.script(Say(json.dumps({"weekday": "Tue"})))
    return flow


def cases(name: str = "c0") -> list[dict]:
    return [{"name": name, "text": "Tuesday", "values": {"weekday": "Tue"}}]


def test_a_key_in_any_name_is_refused(flow: Flow, server: ScriptedServer) -> None:
    key = fake_key("openai")

    def metric(case: Case, output: dict) -> bool:
        return bool(case and output)

    metric.__name__ = key
    given = [
        ({"now": {}, key: {"read": OTHER}}, cases(), {}),
        ({"now": {}, "other": {"read": OTHER}}, [Case(key, text="Tue", values={"weekday": "Tue"})], {}),
        ({"now": {}, "other": {"read": OTHER}}, Cases([Case("c0", text=key, values={"weekday": "Tue"})]), {}),
        ({"now": {}, "other": {"read": OTHER}}, cases(), {"stubs": {key: {}}}),
        ({"now": {}, "other": {"read": OTHER}}, cases(), {"metric": metric}),
        ({"now": {}, "other": {"read": OTHER}}, cases(), {"baseline": key}),
    ]
    for variants, these, options in given:
        with pytest.raises(KeyFormatError) as caught:
            flow.compare(variants, these, **options)
        assert key not in "".join(traceback.format_exception(caught.value))
    assert server.requests == []


def test_a_held_key_that_looks_like_a_word_is_refused(flow: Flow, server: ScriptedServer) -> None:
    key = "-".join(["correct", "horse", "battery", "staple"])
    flow.key_store.save("openai", "api.openai.com", key, backend="session")
    with pytest.raises(KeyFormatError):
        flow.compare({"now": {}, key: {"read": OTHER}}, cases())
    assert server.requests == []


def test_a_name_that_becomes_a_key_later_is_shown_nowhere(flow: Flow, tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    key = "-".join(["quiet", "harbour", "seven", "lanterns"])
    result = flow.compare({"now": {}, key: {"read": OTHER}}, cases("c0"))
    flow.key_store.save("openai", "api.openai.com", key, backend="session")
    best = result.best()
    result.save(tmp_path / "report.html")
    shown = [repr(result), result._repr_html_(), repr(best), str(best), flow.apply(best), repr(result.verdicts())]
    shown += [json.dumps(result.rows(), default=str), (tmp_path / "report.html").read_text()]
    shown += [repr(flow.comparisons()), repr(result.diff("c0")), repr(result.divergences())]
    assert [key in text for text in shown] == [False] * len(shown)
