"""What an endpoint refuses is left out, renamed or rearranged, at most four times, and that is remembered."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.errors import ProviderError
from byok_widgets.messages import Message
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.exchange import Answer
from tests.providers.adaptation.refusal_rows import ROWS, SYSTEM, UNCHANGEABLE, Row, error
from tests.providers.asking import ask, letter, shape, talk
from tests.providers.fault_server import FaultServer, Reply, stream

_numbers = itertools.count()
PLAIN = Reply(b"Internal Server Error", 500, "text/plain")


def good(of: str) -> Reply:
    return letter("Good day.") if of == "anthropic" else talk("Good day.")


def asked(server: FaultServer, row: Row, *replies: Reply) -> Answer:
    server.script(*replies)
    return ask(server, of=row.of, **row.changes)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_refused_request_is_sent_again_without_what_was_refused(faulty: FaultServer, row: Row) -> None:
    answer = asked(faulty, row, row.refusal, good(row.of))
    first, second = (request.body for request in faulty.asked)
    assert not row.accepted(first), "the row can fail"
    assert row.accepted(second)
    assert (answer.text, answer.attempts) == ("Good day.", 2)
    assert row.notice in " ".join(answer.notices)
    assert bool(answer.notices) == bool(row.notice), "what nobody set is dropped silently"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_next_request_to_the_model_is_right_at_once(faulty: FaultServer, row: Row) -> None:
    asked(faulty, row, row.refusal, good(row.of))
    answer = asked(faulty, row, good(row.of))
    assert row.accepted(faulty.asked[0].body)
    assert answer.attempts == len(faulty.asked) == 1
    assert row.notice in " ".join(answer.notices)


def test_a_quirk_belongs_to_one_model_of_one_endpoint(faulty: FaultServer) -> None:
    faulty.script(error("Unrecognized request argument: stream_options"), talk("Yes."))
    ask(faulty, of="compatible")
    other = FaultServer()
    for server, changes in ((faulty, {"model": "another"}), (other, {})):
        ask(server, talk("Yes."), of="compatible", **changes)
        assert "stream_options" in server.asked[0].body
    other.close()


@pytest.mark.parametrize(("what", "reply"), UNCHANGEABLE, ids=[what for what, _ in UNCHANGEABLE])
def test_an_error_about_something_else_changes_nothing(faulty: FaultServer, what: str, reply: Reply) -> None:
    settings = {"settings": {"temperature": 0.2}, "max_tokens": 50}
    with pytest.raises(ProviderError) as caught:
        ask(faulty, reply, of="compatible", **settings)
    assert caught.value.attempts == len(faulty.asked) == 1
    ask(faulty, talk("Yes."), of="compatible", **settings)
    assert {"temperature", "max_tokens", "stream_options"} <= faulty.asked[0].body.keys(), what


def _refuses_one_after_the_other(*names: str) -> list[Reply]:
    return [error(f"Unsupported parameter: '{name}'", param=name) for name in names]


def test_several_refusals_are_answered_one_by_one_four_times_at_most(faulty: FaultServer) -> None:
    names = ["stream_options", "temperature", "top_p", "seed", "stop"]
    settings = {"temperature": 0.2, "top_p": 0.9, "seed": 7, "stop": ["x"]}
    faulty.script(*_refuses_one_after_the_other(*names[:4]), talk("Yes."))
    answer = ask(faulty, of="compatible", settings=settings)
    assert [len(set(names) & request.body.keys()) for request in faulty.asked] == [5, 4, 3, 2, 1]
    assert (answer.attempts, len(answer.notices), answer.left_out) == (5, 3, {"temperature", "top_p", "seed"})
    faulty.script(*_refuses_one_after_the_other(*names))
    with pytest.raises(ProviderError, match="'stop'") as caught:
        ask(faulty, of="compatible", model="another", settings=settings)
    assert caught.value.attempts == len(faulty.asked) == 5


def test_a_change_that_does_not_help_is_no_quirk(faulty: FaultServer) -> None:
    faulty.script(error("Unsupported: 'stream_options'"))
    with pytest.raises(ProviderError):
        ask(faulty, of="compatible")
    assert [("stream_options" in request.body) for request in faulty.asked] == [True, False]
    ask(faulty, talk("Yes."), of="compatible")
    assert "stream_options" in faulty.asked[0].body


def test_a_failure_on_the_way_proves_nothing(faulty: FaultServer) -> None:
    faulty.script(error("Unsupported: 'stream_options'"), error("slow down", 429))
    with pytest.raises(ProviderError) as caught:
        ask(faulty, of="compatible")
    assert (caught.value.kind, caught.value.attempts) == ("rate_limit", 2)
    ask(faulty, talk("Yes."), of="compatible")
    assert "stream_options" in faulty.asked[0].body


def test_only_the_refused_value_of_a_choice_is_left_out(faulty: FaultServer) -> None:
    reply = error(
        "Unsupported value: 'reasoning_effort' does not support 'minimal'. Supported values are: 'low', 'high'.",
        param="reasoning_effort",
        code="unsupported_value",
    )
    faulty.script(reply, talk("Yes."))
    assert ask(faulty, settings={"reasoning_effort": "minimal"}).left_out == {"reasoning_effort"}
    faulty.script(talk("Yes."))
    assert ask(faulty, settings={"reasoning_effort": "low"}).left_out == frozenset()
    assert faulty.asked[0].body["reasoning_effort"] == "low"


def test_a_limit_refused_under_both_names_is_left_out_with_a_notice(faulty: FaultServer) -> None:
    faulty.script(*_refuses_one_after_the_other("max_tokens", "max_completion_tokens"), talk("Yes."))
    answer = ask(faulty, of="compatible", max_tokens=50)
    limits = {"max_tokens", "max_completion_tokens"}
    assert [limits & request.body.keys() for request in faulty.asked] == [
        {"max_tokens"},
        {"max_completion_tokens"},
        set(),
    ]
    assert answer.left_out == {"max_tokens"}
    assert "max_tokens=50 was left out" in answer.notices[0]


def test_of_two_the_one_goes_that_nobody_set(faulty: FaultServer) -> None:
    local = PROVIDERS["local"]
    faulty.script(error("temperature and top_p cannot both be given"), talk("Yes."))
    answer = ask(faulty, of=local, settings={"top_p": 0.9})
    assert faulty.asked[1].body["top_p"] == 0.9
    assert "temperature" not in faulty.asked[1].body
    assert answer.notices == ()


def test_nothing_is_sent_again_once_text_has_arrived(faulty: FaultServer) -> None:
    begun = {"choices": [{"index": 0, "delta": {"content": "Good"}}]}
    refusal = {"error": {"code": 400, "message": "stream_options is not supported"}}
    answer = ask(faulty, stream(begun, refusal), of="compatible")
    assert (answer.text, answer.finish_reason, len(faulty.asked)) == ("Good", "incomplete", 1)


# A plain 500: an ordinary retry, then without the system role, then without a schema


def test_a_plain_fault_is_first_taken_for_an_outage_then_for_a_refusal_of_the_system_role(
    faulty: FaultServer,
) -> None:
    faulty.script(PLAIN, PLAIN, talk("Yes."))
    with pytest.raises(ProviderError) as caught:
        ask(faulty, of="compatible", **SYSTEM)
    assert (caught.value.retryable, len(faulty.asked)) == (True, 1)
    assert ask(faulty, of="compatible", **SYSTEM).attempts == 2
    assert [message["role"] for message in faulty.asked[-1].body["messages"]] == ["user"]


def test_what_was_accepted_once_is_not_suspected(faulty: FaultServer) -> None:
    ask(faulty, talk("Yes."), of="compatible", **SYSTEM)
    faulty.script(PLAIN)
    for _ in range(4):
        with pytest.raises(ProviderError):
            ask(faulty, of="compatible", **SYSTEM)
    assert len(faulty.asked) == 4
    assert all(request.body["messages"][0]["role"] == "system" for request in faulty.asked)


def test_after_the_system_role_the_schema_is_suspected(faulty: FaultServer) -> None:
    faulty.script(PLAIN)
    kinds = []
    for _ in range(2):
        with pytest.raises(ProviderError) as caught:
            ask(faulty, of="compatible", output=shape("json_schema"), **SYSTEM)
        kinds.append((caught.value.kind, caught.value.retryable))
    assert kinds == [("overloaded", True), ("bad_request", False)]
    assert "schema is the reason" in str(caught.value)
    assert len(faulty.asked) == 3


# In a flow


@pytest.fixture
def at(faulty: FaultServer) -> Flow:
    """Return a flow whose calls go to the server, with a model that no other test has asked."""
    flow = Flow("refusals", fresh=True)
    flow.set_base_url("compatible", f"{faulty.url}/v1")
    flow.model = f"compatible:m{next(_numbers)}"
    return flow


def test_a_person_is_told_what_was_dropped_on_the_reply_and_by_a_check(faulty: FaultServer, at: Flow) -> None:
    node = at.conversation("ask", "Be brief.", temperature=0.2, max_tokens=50)
    assert not [finding for finding in at.check() if finding.kind == "setting"]
    faulty.script(error("temperature is not supported", param="temperature"), talk("Yes."))
    reply = node.run("Hi")
    assert (reply.attempts, len(reply.notices)) == (2, 1)
    assert "temperature=0.2 was left out" in reply.notices[0]
    assert dict(reply.request.settings) == {"max_tokens": 50}, "the request is shown as it was accepted"
    (finding,) = [finding for finding in at.check() if finding.kind == "setting"]
    assert (finding.level, finding.where) == ("warning", "ask")
    assert f"refused temperature for {at.model} in this session" in finding.problem
    assert node.settings["temperature"] == 0.2, "the setting itself is the person's"
    node.settings["temperature"] = None
    assert not [finding for finding in at.check() if finding.kind == "setting"]


def test_renaming_is_not_dropping(faulty: FaultServer, at: Flow) -> None:
    node = at.conversation("ask", "Be brief.", max_tokens=50)
    faulty.script(*_refuses_one_after_the_other("max_tokens"), talk("Yes."))
    reply = node.run("Hi")
    assert (reply.notices, dict(reply.request.settings)) == ((), {"max_tokens": 50})
    assert not [finding for finding in at.check() if finding.kind == "setting"]


@pytest.mark.parametrize(
    "refusal",
    [
        error("failed to parse grammar", 500, code=500),
        error("Failed to initialize samplers: failed to parse grammar", 400),
        error("response_format of type json_schema is not supported", 500),
        error("Invalid schema", param="response_format", code="unsupported_parameter"),
    ],
    ids=["grammar-500", "samplers-400", "response_format-500", "param-400"],
)
def test_a_refused_schema_is_asked_for_in_a_weaker_way(faulty: FaultServer, at: Flow, refusal: Reply) -> None:
    node = at.extraction("read", name=str)
    faulty.script(refusal, talk(json.dumps({"name": "Ana"})))
    result = node.run("I am Ana")
    assert (result["name"], result.reply.attempts, len(faulty.asked)) == ("Ana", 2, 2)
    assert [request.body.get("response_format", {}).get("type") for request in faulty.asked] == [
        "json_schema",
        "json_object",
    ]
    assert "the schema was refused" in result.reply.notices[0]
    node.run("I am Ana")
    assert len(faulty.asked) == 3, "the weaker way is remembered"


def test_a_plain_fault_in_a_flow_ends_without_the_system_role(faulty: FaultServer, at: Flow) -> None:
    faulty.script(PLAIN, PLAIN, talk("Yes."))
    reply = at.conversation("ask", "Be brief.").run("Hi")
    assert (reply.text, reply.attempts) == ("Yes.", 3)


def test_blank_messages_are_never_sent(faulty: FaultServer, at: Flow) -> None:
    faulty.script(talk("Yes."))
    history = [Message("user", "Hi"), Message("assistant", " \n"), Message("user", "Hello?")]
    at.conversation("ask", "Be brief.").run(history=history)
    assert [message["content"] for message in faulty.asked[0].body["messages"]] == ["Be brief.", "Hi", "Hello?"]


def test_a_request_is_never_without_a_message(faulty: FaultServer) -> None:
    ask(faulty, talk("Yes."), of="compatible", messages=(Message("user", " "),))
    sent: list[dict[str, Any]] = faulty.asked[0].body["messages"]
    assert [message["role"] for message in sent] == ["user"]
    assert sent[0]["content"].strip()
