"""How long a model has been at work is told seldom, and truly."""

from __future__ import annotations

import pytest

from byok_widgets.engine import thinking_time
from byok_widgets.engine.callbacks import Thinking
from byok_widgets.engine.thinking_time import Moment, ThinkingTime


class Model:
    has_thought = False
    reasoning = ""


class Watch:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.0
        self.time = ThinkingTime()
        self.model = Model()
        self.began_at = self.now_s
        monkeypatch.setattr(thinking_time, "clock", lambda: self.now_s)

    def sign(self) -> Moment | None:
        return self.time.note(Thinking(self.began_at, self.model))

    def wait(self, seconds: float, *, heard: bool = True) -> list[Moment]:
        """Return what is told meanwhile, asked ten times a second."""
        told = []
        for _ in range(round(seconds * 10)):
            self.now_s += 0.1
            if heard:
                self.sign()
            if (moment := self.time.news()) is not None:
                told.append(moment)
        return told


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


def test_each_second_at_first_and_seldom_later(watch: Watch) -> None:
    told = watch.wait(31)
    assert [moment.seconds for moment in told] == [2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30]
    assert not any(moment.silent_s for moment in told)


def test_a_quick_answer_tells_nothing(watch: Watch) -> None:
    assert watch.wait(1.5) == []
    assert watch.time.end() is None


def test_without_a_sign_there_is_nothing_to_tell(watch: Watch) -> None:
    assert watch.wait(30, heard=False) == []


def test_it_goes_on_counting_and_tells_that_nothing_is_heard(watch: Watch) -> None:
    watch.sign()
    told = watch.wait(41, heard=False)
    assert [moment.seconds for moment in told[-5:]] == [20, 25, 30, 35, 40]
    assert [moment.silent_s >= 20 for moment in told if moment.seconds >= 20] == [True] * 5


def test_it_tells_whether_thinking_was_seen(watch: Watch) -> None:
    assert [moment.is_thinking for moment in watch.wait(3.2)] == [False, False]
    watch.model.has_thought = True
    assert [moment.is_thinking for moment in watch.wait(2)] == [True, True]
    ended = watch.time.end()
    assert ended is not None
    assert (ended.seconds, ended.is_thinking) == (5, True)
    assert watch.wait(5, heard=False) == []


def test_another_request_is_counted_from_the_start(watch: Watch) -> None:
    watch.wait(20)
    watch.began_at = watch.now_s
    assert [moment.seconds for moment in watch.wait(4.2)] == [2, 3, 4]


def test_the_first_sign_of_another_request_tells_that_the_one_before_is_over(watch: Watch) -> None:
    watch.wait(3.2)
    watch.began_at = watch.now_s
    over = watch.sign()
    assert over is not None
    assert over.seconds == 3
    assert watch.sign() is None
    assert watch.time.end() is None
