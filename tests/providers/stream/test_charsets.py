"""Answers that are not UTF-8 are read as what they are, or say that characters were lost; never silently wrong."""

from __future__ import annotations

import codecs
import json
from typing import Any

import pytest

from byok_widgets.engine import ENGINE
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.batches import BatchState
from byok_widgets.providers.stream import AnswerReader
from tests.providers.asking import ask, endpoint, fault
from tests.providers.fault_server import FaultServer, Reply, says
from tests.providers.protocols.writing import chunk

LOST = "\ufffd"
OTHERS = {
    "ISO-8859-1": "Café à 5 “pounds” – voilà",
    "us-ascii": "Café",
    "windows-1252": "€ 5",
    "iso-8859-2": "Zażółć gęślą jaźń",
    "KOI8-R": "Привет",
    "Shift_JIS": "予約は表で",
    "EUC-JP": "予約",
    "iso-2022-jp": "予約は火曜日",
    "GBK": "预约",
    "gb18030": "预约 😀",
    "Big5": "預約",
    "euc-kr": "예약",
}
WESTERN = {"ISO-8859-1": "cp1252", "us-ascii": "cp1252"}
WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


def written(text: str, codec: str, kind: str) -> Reply:
    """Return an answer in a charset: as a stream, or in one piece."""
    if kind == "text/event-stream":
        events = [chunk({"content": text[:2]}), chunk({"content": text[2:]}), chunk(finish="stop")]
        body = "".join(f"data: {json.dumps(each, ensure_ascii=False)}\n\n" for each in events)
    else:
        message = {"role": "assistant", "content": text}
        body = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}, ensure_ascii=False)
    return Reply(body.encode(WESTERN.get(codec, codec)), kind=kind)


KINDS = pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])


@KINDS
@pytest.mark.parametrize(("declared", "text"), OTHERS.items(), ids=OTHERS.keys())
@pytest.mark.parametrize("form", ["{}; charset={}", '{}; Charset="{}"'])
def test_what_is_not_utf_8_is_read_as_the_server_declares(
    faulty: FaultServer, kind: str, declared: str, text: str, form: str
) -> None:
    reply = written(text, declared, kind)
    answer = ask(faulty, reply.but(kind=form.format(kind, declared)), of="compatible")
    assert (answer.text, answer.finish_reason, answer.notices) == (text, "stop", ())


@KINDS
@pytest.mark.parametrize("declared", [*OTHERS, "utf-16", "utf8", "nonsense", "rot13", "idna", "x" * 99])
def test_what_is_utf_8_is_read_as_that_whatever_the_server_declares(
    faulty: FaultServer, kind: str, declared: str
) -> None:
    text = "Café, 予約, 😀"
    reply = written(text, "utf-8", kind).but(kind=f"{kind}; charset={declared}")
    answer = ask(faulty, reply, of="compatible")
    assert (answer.text, answer.notices) == (text, ())


@KINDS
@pytest.mark.parametrize(
    "declared", ["", "; charset=utf-8", "; charset=nonsense", "; charset=rot13", "; charset="]
)
def test_what_nothing_says_how_to_read_is_told(faulty: FaultServer, kind: str, declared: str) -> None:
    reply = written("Café noir", "latin-1", kind).but(kind=kind + declared)
    answer = ask(faulty, reply, of="compatible")
    assert answer.text == f"Caf{LOST} noir"
    assert len(answer.notices) == 1
    assert LOST in answer.notices[0]


def test_bytes_that_the_declared_charset_does_not_have_are_told(faulty: FaultServer) -> None:
    body = json.dumps({"choices": [{"message": {"content": "a@b"}, "finish_reason": "stop"}]}).encode()
    reply = Reply(body.replace(b"@", b"\x81"), kind="application/json; charset=iso-8859-1")
    answer = ask(faulty, reply, of="compatible")
    assert answer.text == f"a{LOST}b"
    assert LOST in answer.notices[0]


@KINDS
@pytest.mark.parametrize("codec", WIDE)
def test_wide_characters_are_told_by_the_first_bytes(faulty: FaultServer, kind: str, codec: str) -> None:
    text = "Café, 予約, 😀"
    answer = ask(faulty, written(text, codec, kind), of="compatible")
    assert (answer.text, answer.finish_reason, answer.notices) == (text, "stop", ())


@KINDS
def test_halves_that_are_written_as_three_bytes_each_are_one_character(faulty: FaultServer, kind: str) -> None:
    reply = written("Hi @", "utf-8", kind)
    emoji = "\ud83d\ude00".encode("utf-8", "surrogatepass")
    answer = ask(faulty, reply.but(body=reply.body.replace(b"@", emoji)), of="compatible")
    assert (answer.text, answer.notices) == ("Hi 😀", ())


@KINDS
@pytest.mark.parametrize("codec", ["utf-8", "ISO-8859-1", "Shift_JIS", *WIDE])
def test_it_makes_no_difference_where_the_bytes_are_cut(kind: str, codec: str) -> None:
    text = "予約は表で" if codec == "Shift_JIS" else "Café"
    body = written(text, codec, kind).body
    wholes = {str(_read(body, f"{kind}; charset={codec}", step)) for step in (1, 2, 3, 5, len(body))}
    assert len(wholes) == 1
    assert text[2:] in wholes.pop()


@KINDS
@pytest.mark.parametrize("count", [1, 3, 4, 6, 8, 50])
def test_nul_bytes_before_an_answer_do_not_make_it_wide(kind: str, count: int) -> None:
    body = written("Café", "utf-8", kind).body
    for step in (1, 3, 1000):
        assert _read(bytes(count) + body, kind, step) == _read(body, kind, 1000)


def test_nul_bytes_before_a_failure_leave_its_reason(faulty: FaultServer) -> None:
    reply = says({"error": {"message": "Café"}}, 400)
    assert "Café" in str(fault(faulty, reply.but(body=bytes(8) + reply.body)))


def _read(body: bytes, kind: str, step: int) -> Any:
    reader = AnswerReader(kind)
    events = [event for at in range(0, len(body), step) for event in reader.feed(body[at : at + step])]
    events += reader.end()
    return [event.value for event in events] or json.loads(reader.body or b"")


@pytest.mark.parametrize("body", [b"\0", b"{", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"\0{\0", b"\0" * 9])
def test_the_first_bytes_alone_are_no_answer(body: bytes) -> None:
    for step in (1, len(body)):
        reader = AnswerReader()
        assert [*reader.feed(body[:step]), *reader.feed(body[step:]), *reader.end()] == []
        assert reader.body is not None


def test_the_models_of_a_list_are_read_alike(faulty: FaultServer) -> None:
    reply = says({"data": [{"id": "m", "name": "@"}]})
    body = reply.body.replace(b"@", "Modèle".encode("latin-1"))
    faulty.script(reply.but(body=body, kind="application/json; charset=latin1"))
    provider = PROVIDERS["openrouter"]
    found = ENGINE.run(provider.list_models(endpoint(provider, faulty)))
    assert [model.label for model in found] == ["Modèle"]


@pytest.mark.parametrize("of", ["openai", "anthropic"])
@pytest.mark.parametrize("codec", [*OTHERS, *WIDE])
def test_what_a_failure_says_is_read_alike(faulty: FaultServer, codec: str, of: str) -> None:
    text = OTHERS.get(codec, "Café, 予約, 😀")
    body = json.dumps({"error": {"message": text, "type": "invalid_request_error"}}, ensure_ascii=False)
    declared = "" if codec in WIDE else f"; charset={codec}"
    reply = Reply(body.encode(WESTERN.get(codec, codec)), 400, f"application/json{declared}")
    assert text in str(fault(faulty, reply, of=of))


@pytest.mark.parametrize("declared", ["rot13", "base64", "idna", "undefined", "punycode", "nonsense", '"'])
def test_a_failure_stays_what_it_is_whatever_charset_is_declared(faulty: FaultServer, declared: str) -> None:
    reply = says({"error": {"message": "Café", "code": "invalid_api_key"}}, 401)
    assert fault(faulty, reply.but(kind=f"application/json; charset={declared}")).kind == "auth"


@pytest.mark.parametrize("of", ["openai", "anthropic", "openrouter"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "latin-1", "shift_jis", "utf-16", "utf-32-le"])
def test_the_results_of_a_batch_are_read_alike(faulty: FaultServer, codec: str, of: str) -> None:
    text = "予約" if codec == "shift_jis" else "Café"
    assert _results(faulty, of, _lines(of, text).encode(codec), codec) == [text]


def test_what_is_lost_of_the_results_of_a_batch_shows(faulty: FaultServer) -> None:
    assert _results(faulty, "openai", _lines("openai", "Café").encode("latin-1"), "utf-8") == [f"Caf{LOST}"]


def _lines(of: str, text: str) -> str:
    whole = {
        "response": {"status_code": 200, "body": {"said": text}},
        "result": {"type": "succeeded", "message": {"said": text}},
    }
    row = {"custom_id": "1", **whole}
    return json.dumps({"results": [row]} if of == "openrouter" else row, ensure_ascii=False) + "\n"


def _results(faulty: FaultServer, of: str, body: bytes, declared: str) -> list[Any]:
    faulty.script(Reply(body, kind=f"application/jsonl; charset={declared}"))
    provider = PROVIDERS[of]
    form = provider.batches
    assert form is not None
    there = endpoint(provider, faulty)
    return [row.body["said"] for row in ENGINE.run(form.results(BatchState(True, ("/results",)), there))]
