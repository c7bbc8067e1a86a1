"""What the caller hears when a turn fails: a sentence, then another model's answer, or the end of the call."""

from __future__ import annotations

from dataclasses import dataclass, replace

from byok_widgets.reply import Reply
from byok_widgets.serve.turns.options import ServeOptions
from byok_widgets.serve.turns.served_flow import ServedFlow
from byok_widgets.session.steps import Visit
from byok_widgets.session.turn import Turn

SORRY = "Sorry, something went wrong."
AGAIN = "Please say that again."


@dataclass(frozen=True)
class Fallback:
    """The sentences for a turn that fails.

    Attributes:
        sentence: What is said at once.
        last: What is said after it where no model answers in that turn any more.
    """

    sentence: str
    last: str = ""

    @classmethod
    def of(cls, options: ServeOptions, flow: ServedFlow) -> Fallback:
        """Return the server's own sentence, else that of the flow, else the usual ones."""
        own = flow.fallback if options.fallback is None else options.fallback
        if own is not None:
            return cls(own)
        return cls(SORRY, "" if options.end_on_failure else AGAIN)

    @property
    def whole(self) -> str:
        """All that is said where no model answers."""
        return f"{self.sentence} {self.last}".strip()


def sentence_turn(attempt: Turn, node: str, returns_to: str, words: str, fault: str) -> Turn:
    """Return a turn that failed as the caller heard it: the flow stays, and a sentence is said."""
    return Turn(attempt.number, attempt.text, (_said(node, words, fault),), node, returns_to)


def broken_off(attempt: Turn, words: str, fault: str) -> Turn:
    """Return a turn that failed when a part of its reply had been heard, and the flow had moved."""
    return replace(attempt, steps=(*attempt.steps, _said(attempt.node, words, fault)), fault_kind="", fault="")


def by_another_model(turn: Turn, sentence: str, fault: str) -> Turn:
    """Return a turn that the model for failures answered, with the sentence before that."""
    notice = f"answered by the fallback model, since the turn had failed ({fault})"
    steps = []
    for step in turn.steps:
        spoken = step.result.spoken if isinstance(step, Visit) else None
        if spoken is not None and spoken is turn.reply:
            marked = replace(spoken, text=f"{sentence} {spoken.text}".strip(), fallback=fault).with_notice(notice)
            step = Visit(step.node, marked)  # noqa: PLW2901 - the same step, marked
        steps.append(step)
    return replace(turn, steps=tuple(steps))


def _said(node: str, words: str, fault: str) -> Visit:
    notice = f"the fallback sentence, since the turn failed ({fault})"
    reply = Reply(words, "static", node, model_source="static", fallback=fault, notices=(notice,))
    return Visit(node, reply)
