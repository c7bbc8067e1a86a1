"""What a model thinks is reasoning and never text, wherever it arrives."""

from __future__ import annotations

from typing import Any

import pytest

from byok_widgets.engine.callbacks import Retraction
from tests.providers.asking import ask, fault, shape, talk, whole
from tests.providers.fault_server import FaultServer, says, stream
from tests.providers.protocols.writing import BOTH, blocks, chunk, deltas, said

THINKING = {
    "reasoning": [{"reasoning": "Hm. "}, {"reasoning": "Yes."}],
    "reasoning_content": [{"reasoning_content": "Hm. ", "content": None}, {"reasoning_content": "Yes."}],
    "the same in two fields": [
        {"reasoning": "Hm. ", "reasoning_details": [{"type": "reasoning.text", "text": "Hm. "}]},
        {"reasoning": "Yes.", "reasoning_details": [{"type": "reasoning.text", "text": "Yes."}]},
    ],
    "the same in three fields": [
        {"reasoning": "Hm. Yes.", "reasoning_content": "Hm. Yes.", "reasoning_details": []}
    ],
    **{
        f"as {name}": [{name: "Hm. "}, {name: "Yes."}]
        for name in ("reasoning_text", "reasoning_summary", "thinking", "thinking_content", "thought", "thoughts")
    },
    "passed on by a router": [{"provider_specific_fields": {"reasoning_content": "Hm. Yes."}}],
    "blocks passed on by a router": [{"model_extra": {"thinking_blocks": [{"thinking": "Hm. Yes."}]}}],
    **{
        f"marked by {name}": [{name: mark, "content": "Hm. "}, {name: mark, "content": "Yes."}]
        for name, mark in (
            *(("thought", True), ("role", "reasoning"), ("role", "thinking"), ("channel", "analysis")),
            ("extra_content", {"google": {"thought": True}}),
        )
    },
    **{
        f"parts of type {kind}": [{"content": [{"type": kind, "text": "Hm. "}, {"type": kind, "text": "Yes."}]}]
        for kind in ("thinking_text", "reasoning.text", "reasoning_content", "redacted_thinking", "analysis")
    },
    "marked parts": [{"content": [{"type": "text", "thought": True, "text": "Hm. Yes."}, None, []]}],
    "nested parts": [{"content": [[{"type": "reasoning", "reasoning": {"content": "Hm. Yes."}}]]}],
    "blocks alone": [{"thinking_blocks": [{"type": "thinking", "thinking": "Hm. Yes."}]}],
    "details alone": [{"reasoning_details": [{"type": "reasoning.summary", "summary": "Hm. Yes."}]}],
    "encrypted details": [
        {"reasoning": "Hm. Yes."},
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "abc"}]},
    ],
    "typed pieces": [{"type": "thinking", "content": "Hm. "}, {"type": "thinking", "content": "Yes."}],
    "typed parts": [
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm. "}]}]},
        {"content": [{"type": "thinking", "thinking": "Yes."}]},
    ],
    "tags": [{"content": "<think>Hm. "}, {"content": "Yes.</think>\n\n"}],
    "tags that are cut": [{"content": char} for char in "<think>Hm. Yes.</think>\n\n"],
    "other tags": [{"content": "◁think▷Hm. Yes.◁/think▷"}],
    "tags and a field": [{"reasoning_content": "Hm. Yes."}, {"content": "<think>Hm. Yes.</think>"}],
    "a stray closing tag": [{"reasoning_content": "Hm. Yes."}, {"content": "</think>\n\n"}],
    "harmony": [{"content": "<|channel|>analysis<|message|>Hm. Yes.<|end|><|channel|>final<|message|>"}],
    "harmony without its beginning": [
        {"content": "analysis<|message|>Hm. Yes.<|end|><|start|>assistant<|channel|>final<|message|>"}
    ],
    "stripped harmony": [{"content": "analysisHm. Yes."}, {"content": "assistantfinal"}],
}


@pytest.mark.parametrize("parts", THINKING.values(), ids=THINKING.keys())
def test_thinking_is_reasoning_and_never_text(faulty: FaultServer, parts: list[dict[str, Any]]) -> None:
    pieces: list[str] = []
    reply = deltas(*parts, {"content": "Hello"}, {"content": " there"})
    answer = ask(faulty, reply, of="compatible", on_text=pieces.append)
    assert (answer.text, answer.reasoning) == ("Hello there", "Hm. Yes.")
    assert (answer.finish_reason, answer.notices) == ("stop", ())
    assert "".join(pieces) == "Hello there"


@pytest.mark.parametrize(
    "message",
    [
        {"reasoning": "Hm.", "content": "Hello"},
        {"reasoning_content": "Hm.", "reasoning": "Hm.", "content": "Hello"},
        {"content": "<think>\nHm.\n</think>\n\nHello"},
        {"content": "Hm.\n</think>\n\nHello"},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, "Hello"]},
    ],
)
def test_thinking_in_a_whole_answer_is_reasoning_too(faulty: FaultServer, message: dict[str, Any]) -> None:
    answer = ask(faulty, says(whole(message)), of="compatible")
    assert (answer.text, answer.reasoning) == ("Hello", "Hm.")


def test_thinking_whose_beginning_is_not_marked_is_taken_back_from_who_saw_it(faulty: FaultServer) -> None:
    pieces: list[str] = []
    answer = ask(faulty, talk("Hm, hm.\n</think>\n\nHello"), of="compatible", on_text=pieces.append)
    assert (answer.text, answer.reasoning) == ("Hello", "Hm, hm.")
    at = next(at for at, piece in enumerate(pieces) if isinstance(piece, Retraction))
    assert "".join(pieces[:at]) == "Hm, hm.\n"
    assert "".join(pieces[at:]) == "Hello"


def test_blocks_of_thinking_are_reasoning(faulty: FaultServer) -> None:
    def thinking(*texts: str) -> list[dict[str, Any]]:
        start = {"type": "content_block_start", "content_block": {"type": "thinking", "thinking": ""}}
        pieces = [
            {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": text}}
            for text in texts
        ]
        signed = {"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": "abc"}}
        return [start, *pieces, signed]

    redacted = {"type": "content_block_start", "content_block": {"type": "redacted_thinking", "data": "abc"}}
    text = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hello"}}
    pieces: list[str] = []
    reply = blocks(*thinking("H", "m."), redacted, *thinking("Yes."), text)
    answer = ask(faulty, reply, of="anthropic", on_text=pieces.append)
    assert (answer.text, answer.reasoning, pieces) == ("Hello", "Hm.\n\nYes.", ["Hello"])
    content = [{"type": "thinking", "thinking": "Hm."}, {"type": "redacted_thinking", "data": "x"}]
    body = {"content": [*content, {"type": "text", "text": "Hello"}], "stop_reason": "end_turn"}
    answer = ask(faulty, says(body), of="anthropic")
    assert (answer.text, answer.reasoning) == ("Hello", "Hm.")


@pytest.mark.parametrize("kind", ["thinking", "reasoning", "thought"])
@pytest.mark.parametrize("name", ["thinking_delta", "text_delta", "reasoning_delta", "summary_text_delta", "new"])
@pytest.mark.parametrize("field", ["thinking", "text", "reasoning"])
def test_a_block_of_thinking_is_reasoning_whatever_its_pieces_are_called(
    faulty: FaultServer, kind: str, name: str, field: str
) -> None:
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": kind, field: ""}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": name, field: "Hm."}}
    text = {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hello"}}
    begun = {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}
    for events in ([start, delta, text], [start, delta, begun, text]):
        answer = ask(faulty, blocks(*events), of="anthropic")
        assert (answer.text, answer.reasoning) == ("Hello", "Hm.")


def test_thinking_beside_the_piece_is_reasoning(faulty: FaultServer) -> None:
    beside = {"choices": [{"index": 0, "reasoning_content": "Hm.", "delta": {}}]}
    answer = ask(faulty, stream(beside, chunk({"content": "Hello"}, "stop")), of="compatible")
    assert (answer.text, answer.reasoning) == ("Hello", "Hm.")


@BOTH
def test_tags_in_the_text_are_thinking_at_any_server(faulty: FaultServer, of: str) -> None:
    answer = ask(faulty, said("<think>H", "m.</think>", "\n\nHello")(of), of=of)
    assert (answer.text, answer.reasoning) == ("Hello", "Hm.")


@BOTH
def test_an_answer_that_is_all_thinking_says_so(faulty: FaultServer, of: str) -> None:
    answer = ask(faulty, said("<think>Hm.")(of), of=of)
    assert (answer.text, answer.reasoning) == ("", "Hm.")
    assert "all of it is reasoning" in " ".join(answer.notices)
    cut = ask(faulty, said("<think>Hm.", finish="max_tokens")(of), of=of)
    assert (cut.text, cut.reasoning, cut.finish_reason) == ("", "Hm.", "length")


def test_thinking_that_breaks_off_is_an_error_and_not_an_answer(faulty: FaultServer) -> None:
    error = fault(faulty, stream(chunk({"reasoning": "Hm."})), of="compatible")
    assert (error.kind, error.retryable) == ("unreadable", True)
    assert "still thinking" in str(error)


def test_thinking_before_a_shaped_answer_is_not_part_of_it(faulty: FaultServer) -> None:
    reply = deltas({"content": '<think>{"name": 1}</think>\n{"name": '}, {"content": '"Ana"}'})
    answer = ask(faulty, reply, of="compatible", output=shape("json_schema"))
    assert (answer.text, answer.reasoning) == ('{"name": "Ana"}', '{"name": 1}')


def test_reasoning_of_a_wrong_type_is_passed_over(faulty: FaultServer) -> None:
    for odd in (42, True, {"x": 1}, [None], [[[[[[[[["deep"]]]]]]]]]):
        answer = ask(faulty, deltas({"reasoning": odd, "content": "Hello"}), of="compatible")
        assert (answer.text, answer.reasoning) == ("Hello", "")
