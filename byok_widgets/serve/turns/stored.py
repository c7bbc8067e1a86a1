"""Turns and answers as the store keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from byok_widgets.files import finite_json
from byok_widgets.serve.turns.live_turn import Answer
from byok_widgets.serve.turns.served_flow import ServedFlow
from byok_widgets.session.session_data import SavedSession, data_of
from byok_widgets.session.turn import Turn
from byok_widgets.usage import Usage


def answer_data(answer: Answer) -> dict[str, Any]:
    """Return an answer as data; see `answer_of`."""
    return {**vars(answer), "usage": vars(answer.usage)}


def answer_of(text: str) -> Answer:
    """Return an answer that was stored.

    Raises:
        TypeError: It holds something else than an answer does.
    """
    data = finite_json(text)
    answer = Answer(**{**data, "usage": Usage(**data["usage"])})
    if not all(isinstance(each, str) for each in (answer.text, answer.finish, answer.fallback)):
        raise TypeError("these are no texts")
    return answer


def record_data(tried: Sequence[Turn], flow: ServedFlow) -> dict[str, Any]:
    """Return a turn with its trace as data: the attempts that failed, and the one that did not."""
    turns = tuple([turn for turn in tried if not turn.fault])
    unfinished = tuple([turn for turn in tried if turn.fault])
    return data_of(SavedSession(flow.name, None, turns, unfinished, ()))
