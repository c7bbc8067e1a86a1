"""One dialogue between a simulated caller and a flow, and what is wrong with it on the caller's side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from byok_widgets.cases.callers.asking import ask_fields
from byok_widgets.cases.callers.caller import Caller
from byok_widgets.cases.callers.faults import Fault, faults_in
from byok_widgets.cases.callers.prompts import (
    BEGIN,
    EXCHANGE,
    FOUND,
    LINE,
    NO_FACTS,
    PLAYED,
    REFEREE,
    SILENCE,
    WARMTH,
)
from byok_widgets.cases.callers.repetition import flow_repeats
from byok_widgets.errors import ExtractionError
from byok_widgets.messages import Message
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.session import Session

_UNTOLD = "its referee did not say whether the goal was reached"


class Talk(Protocol):
    """A conversation with a flow, turn by turn."""

    session: Session

    async def open(self, on_progress: Any) -> None:
        """Let the flow speak first, where it does."""

    async def say(self, text: str, on_progress: Any) -> Any:
        """Say something to the flow."""

    @property
    def turns(self) -> Sequence[Mapping[str, Any]]:
        """The turns so far, as they are kept."""


@dataclass
class Dialogue:
    """The outcome of a dialogue.

    Attributes:
        ended_by: `goal`, `flow`, `caller` or `limit`.
        goal: Whether the goal was reached; `None` if nobody could tell.
        was_stuck: Whether the flow had repeated itself when the caller gave up: that is the flow's fault.
        faults: What the caller did wrong.
    """

    ended_by: str = "limit"
    goal: bool | None = None
    was_stuck: bool = False
    faults: list[Fault] = field(default_factory=list)


class Speaker:
    """The caller's side of one dialogue.

    Args:
        caller: The caller.
        context: What the nodes of the flow share: the keys.
        seed: What tells this dialogue from others with the same caller.
        apart: Keeps what is called inside apart from the flow's calls: its cost is not the flow's.
    """

    def __init__(
        self, caller: Caller, context: FlowContext, seed: int, apart: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._caller, self._context, self._apart = caller, context, apart
        self._settings = {"temperature": WARMTH, "seed": seed}

    async def converse(self, talk: Talk, on_progress: Any) -> Dialogue:
        """Talk to a flow until the end, and look what the caller did wrong.

        Raises:
            ByokError: The flow, or a call of the caller's models, failed.
        """
        dialogue = Dialogue()
        await talk.open(on_progress)
        for number in range(1, self._caller.max_turns + 1):
            if self._is_over(talk, dialogue):
                break
            line = await self._line(talk)
            said, ended = str((line or {}).get("say") or "").strip(), bool(line and line.get("ended"))
            if not said and not ended:
                dialogue.faults = [Fault("unusable", number)]
                return dialogue
            if said:
                await talk.say(said, on_progress)
            if ended and not self._is_over(talk, dialogue):
                dialogue.ended_by = "caller"
                dialogue.was_stuck = flow_repeats(talk.turns[: -1 if said else None])
                break
        else:
            self._is_over(talk, dialogue)
        await self._judge(talk, dialogue)
        return dialogue

    def _is_over(self, talk: Talk, dialogue: Dialogue) -> bool:
        """Note whether the goal is reached, where that is exact, or the flow has ended."""
        done = self._caller.is_done
        if done is not None:
            dialogue.goal = bool(done.holds(talk.session.variables))
        if dialogue.goal:
            dialogue.ended_by = "goal"
        elif talk.session.closed:
            dialogue.ended_by = "flow"
        return dialogue.ended_by in ("goal", "flow")

    async def _line(self, talk: Talk) -> Mapping[str, Any] | None:
        messages: list[Message] = []
        for turn in talk.turns:
            messages += [Message("assistant", str(turn["said"]))] if turn["said"] is not None else []
            messages += [Message("user", turn["reply"] or SILENCE)]
        if not messages or messages[0].role == "assistant":
            messages.insert(0, Message("user", BEGIN))
        return await self._asked(
            "caller", self._caller.model, system=self._caller.system, messages=messages, fields=LINE
        )

    async def _judge(self, talk: Talk, dialogue: Dialogue) -> None:
        turns = [turn for turn in talk.turns if turn["said"] is not None]
        last = turns[-1]["number"] if turns else 1
        found = await self._referee(talk) or {}
        if dialogue.goal is None:
            dialogue.goal = found.get("goal_reached")
        dialogue.faults = faults_in(self._caller, talk.turns)
        known = {fault.kind for fault in dialogue.faults}
        if dialogue.goal is None:  # nobody can tell, and that is not the flow's fault
            dialogue.faults.append(Fault("unusable", last, _UNTOLD, by="referee"))
        if dialogue.ended_by == "caller" and dialogue.goal is False and not dialogue.was_stuck:
            by = "exact" if self._caller.is_done else "referee"
            dialogue.faults.append(Fault("hung_up_early", last, "the goal was not reached", by))
        if found.get("in_role") is False and "left_role" not in known:
            dialogue.faults.append(Fault("left_role", last, by="referee"))
        invented = str(found.get("invented") or "").strip()
        if invented and "invented" not in known:
            dialogue.faults.append(Fault("invented", last, invented, by="referee"))

    async def _referee(self, talk: Talk) -> Mapping[str, Any] | None:
        caller = self._caller
        facts = "\n".join(f"- {name}: {fact.value}" for name, fact in caller.known.items()) or NO_FACTS
        said = "\n".join(EXCHANGE.format(said=turn["said"] or "", reply=turn["reply"]) for turn in talk.turns)
        text = PLAYED.format(persona=caller.persona, goal=caller.goal, facts=facts, said=said)
        model = caller.referee or caller.model
        settings = {"temperature": 0.0}
        messages = [Message("user", text)]
        given = {"system": REFEREE, "messages": messages, "fields": FOUND, "settings": settings}
        return await self._asked("referee", model, **given)

    async def _asked(self, role: str, model: str, **given: Any) -> Mapping[str, Any] | None:
        """Return what a model of the caller's side answers; `None` where that is of no use."""
        try:
            with self._apart():
                return await ask_fields(role, model, self._context, **{"settings": self._settings, **given})
        except ExtractionError:
            return None
