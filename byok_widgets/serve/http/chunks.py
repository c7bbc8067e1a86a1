"""Answers in the form of the protocol: whole, or as the pieces of a stream."""

from __future__ import annotations

import json
import time
from typing import Any

from byok_widgets.serve.turns.live_turn import Answer
from byok_widgets.usage import Usage

_quoted = json.JSONEncoder().encode  # `json.dumps` looks at its arguments each time
DONE = b"data: [DONE]\n\n"
ALIVE = b": keep-alive\n\n"
"""A comment, which every client skips; an event of another kind breaks some of them."""


class Pieces:
    """The form of one answer.

    Args:
        key: The turn's key.
        model: The name under which the flow is served.
        end_tool: The name of the tool that ends the call, as it is offered; empty if it is not.
    """

    def __init__(self, key: str, model: str, end_tool: str) -> None:
        self._id = f"chatcmpl-{key or 'none'}"
        self._model, self._end_tool = model, end_tool
        self._made = int(time.time())
        self._start = self._head("chat.completion.chunk")[:-1] + ', "choices": [{"index": 0, "delta": '

    def role(self) -> bytes:
        """Return the first piece."""
        return self._piece('{"role": "assistant", "content": ""}')

    def text(self, words: str) -> bytes:
        """Return a piece with words."""
        return self._piece(f'{{"content": {_quoted(words)}}}')

    def end(self, answer: Answer, *, usage: bool) -> bytes:
        """Return the last pieces."""
        call = self._call(answer)
        parts = [self._piece(json.dumps({"tool_calls": [{"index": 0, **call}]}))] if call else []
        parts.append(self._piece("{}", self._finish(answer)))
        if usage and (spent := counts(answer.usage)):
            head = self._head("chat.completion.chunk")[:-1]
            parts.append(f'data: {head}, "choices": [], {json.dumps(spent)[1:]}\n\n'.encode())
        return b"".join([*parts, DONE])

    def whole(self, answer: Answer) -> bytes:
        """Return the whole answer."""
        call = self._call(answer)
        message: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
        if call:
            message["tool_calls"] = [call]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._finish(answer)}
        data = {**json.loads(self._head("chat.completion")), "choices": [choice], **counts(answer.usage)}
        return json.dumps(data).encode()

    def _call(self, answer: Answer) -> dict[str, Any] | None:
        if not (answer.ends_call and self._end_tool):
            return None
        function = {"name": self._end_tool, "arguments": "{}"}
        return {"id": f"call_{self._id[-24:]}", "type": "function", "function": function}

    def _finish(self, answer: Answer) -> str:
        return "tool_calls" if self._call(answer) else answer.finish

    def _head(self, kind: str) -> str:
        name = f'"id": {_quoted(self._id)}, "object": "{kind}"'
        return f'{{{name}, "created": {self._made}, "model": {_quoted(self._model)}}}'

    def _piece(self, delta: str, finish: str = "") -> bytes:
        end = f'"{finish}"' if finish else "null"
        return f'data: {self._start}{delta}, "finish_reason": {end}}}]}}\n\n'.encode()


def counts(usage: Usage) -> dict[str, dict[str, int]]:
    """Return the field with the tokens of a turn; none where they are unknown: 0 would be taken for free."""
    read, written = usage.input_tokens, usage.output_tokens
    if read is None or written is None:
        return {}
    return {"usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}}
