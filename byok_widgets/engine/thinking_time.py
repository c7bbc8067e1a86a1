"""`ThinkingTime`: how long a model has been working without output, at the moments worth reporting."""

from __future__ import annotations

from typing import NamedTuple

from byok_widgets.engine.callbacks import Thinking
from byok_widgets.engine.deadlines import clock

SHOWN_AFTER_S = 2
"""A shorter time is over before anybody wonders."""
EACH_SECOND_UNTIL_S = 10
SELDOM_S = 5
"""Seconds between two reports of a long time."""
SILENCE_S = 20
"""A server that has sent nothing for so many seconds may have stopped working."""


class Moment(NamedTuple):
    """What is known of a model at work.

    Attributes:
        seconds: Whole seconds since the request was sent.
        silent_s: Whole seconds since the server sent anything; 0 as long as that is no news.
        is_thinking: Whether its thinking arrives; otherwise its server only says that it is alive.
    """

    seconds: int
    silent_s: int
    is_thinking: bool


class ThinkingTime:
    """Counts the time of one request after another."""

    def __init__(self) -> None:
        self._sign: Thinking | None = None
        self._last_sign_at = 0.0
        self._told = 0

    def note(self, sign: Thinking) -> Moment | None:
        """Take note of a sign of life; return how long the request before took, if this is another one."""
        is_same = self._sign is not None and sign.began_at == self._sign.began_at
        before = None if is_same else self.end()
        if not is_same:
            self._told = 0
        self._sign, self._last_sign_at = sign, clock()
        return before

    def news(self) -> Moment | None:
        """Return what is to be reported now; `None` if that is nothing."""
        if self._sign is None:
            return None
        moment = self._moment(self._sign)
        seconds = moment.seconds
        if seconds > EACH_SECOND_UNTIL_S:
            seconds -= seconds % SELDOM_S
        if seconds < SHOWN_AFTER_S or seconds <= self._told:
            return None
        self._told = seconds
        return moment._replace(seconds=seconds)

    def end(self) -> Moment | None:
        """Stop counting, and return how long it took, if any of it was reported."""
        sign, self._sign = self._sign, None
        return self._moment(sign) if sign and self._told else None

    def _moment(self, sign: Thinking) -> Moment:
        now = clock()
        silent_s = int(now - self._last_sign_at)
        return Moment(int(now - sign.began_at), silent_s if silent_s >= SILENCE_S else 0, sign.thinker.has_thought)
