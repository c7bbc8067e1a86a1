"""Turns and answers as the store keeps them: JSON, in which what looks like a key is redacted."""

from __future__ import annotations

import json
from collections.abc import Iterable

from byok_widgets.serve.live_turn import Answer
from byok_widgets.serve.plain_json import plain_json
from byok_widgets.serve.served_flow import ServedFlow
from byok_widgets.session.session_data import SavedSession, data_of
from byok_widgets.session.turn import Turn
from byok_widgets.session.variables import VariableEntry
from byok_widgets.usage import Usage


def answer_json(answer: Answer) -> str:
    """Return an answer as JSON."""
    return json.dumps({**vars(answer), "usage": vars(answer.usage)})


def answer_of(text: str) -> Answer:
    """Return an answer that was stored."""
    data = json.loads(text)
    return Answer(**{**data, "usage": Usage(**data["usage"])})


def record_json(turn: Turn | None, entries: Iterable[VariableEntry], flow: ServedFlow) -> str:
    """Return a turn with its trace as JSON."""
    turns = () if turn is None else (turn,)
    return plain_json(data_of(SavedSession(flow.name, None, turns, (), tuple(entries))))
