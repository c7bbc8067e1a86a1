"""Turns and answers as the store keeps them: JSON, in which what looks like a key is redacted."""

from __future__ import annotations

import json
from collections.abc import Iterable

from byok_widgets.serve.live_turn import Answer
from byok_widgets.serve.plain_json import plain_json
from byok_widgets.serve.served_flow import ServedFlow
from byok_widgets.session.session_data import SavedSession, data_of
from byok_widgets.session.turn import Turn
from byok_widgets.usage import Usage


def answer_json(answer: Answer) -> str:
    """Return an answer as JSON."""
    return plain_json({**vars(answer), "usage": vars(answer.usage)})


def answer_of(text: str) -> Answer:
    """Return an answer that was stored."""
    data = json.loads(text)
    return Answer(**{**data, "usage": Usage(**data["usage"])})


def record_json(tried: Iterable[Turn], flow: ServedFlow) -> str:
    """Return a turn with its trace as JSON: the attempts that failed, and the one that did not."""
    turns = tuple(turn for turn in tried if not turn.fault)
    unfinished = tuple(turn for turn in tried if turn.fault)
    return plain_json(data_of(SavedSession(flow.name, None, turns, unfinished, ())))
