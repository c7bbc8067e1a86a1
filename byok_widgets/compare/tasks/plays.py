"""How a case is played through a flow: a script once, a simulated caller until a dialogue of it is valid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from byok_widgets.cases.callers.caller import Caller
from byok_widgets.cases.callers.dialogue import Dialogue, Speaker
from byok_widgets.cases.callers.faults import KINDS, Fault
from byok_widgets.cases.case import Case
from byok_widgets.cases.checks import CALLER
from byok_widgets.compare.spending.call_gate import CallMeter, Noting, total_cost
from byok_widgets.compare.tasks.conversation import Conversation
from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.nodes.calls.admission import admitted_by, current_admission
from byok_widgets.nodes.calls.lane import current_lane, in_lane
from byok_widgets.nodes.flow_context import FlowContext

Begin = Callable[[], Conversation]
"""Begins a conversation with the flow."""
CALLER_FAILED = "caller"
"""Kind of the error of a cell in which no dialogue of a simulated caller was valid."""
_DONE: dict[str, Any] = {"status": "done"}


class Script:
    """A script.

    Attributes:
        conversation: The conversation.
        ended: How the cell ended, where nothing failed.
        remarks: What is kept beside the conversation.
    """

    ended: ClassVar[dict[str, Any]] = _DONE
    remarks: ClassVar[dict[str, Any]] = {}

    def __init__(self, begin: Begin, script: tuple[str, ...]) -> None:
        self.conversation = begin()
        self._script = script

    async def run(self, on_progress: OnProgress) -> None:
        """Play it.

        Raises:
            ByokError: A turn failed.
        """
        await self.conversation.play(self._script, on_progress)


class SimulatedPlay:
    """A simulated caller: a dialogue in which the caller itself goes wrong is played again, and counts for nobody.

    Attributes:
        conversation: The last conversation: the one that counts, if any does.
    """

    def __init__(self, begin: Begin, caller: Caller, context: FlowContext, repeat: int) -> None:
        self._begin, self._caller, self._context, self._repeat = begin, caller, context, repeat
        self._attempts: list[dict[str, Any]] = []
        self._dialogue: Dialogue | None = None
        self.conversation = begin()
        admission = current_admission()
        self._meter = admission if isinstance(admission, CallMeter) else CallMeter()
        self._paid: list[Noting] = []

    async def run(self, on_progress: OnProgress) -> None:
        """Play dialogues until one is valid, or there were as many as the caller allows.

        Raises:
            ByokError: A turn of the flow, or a call of the caller's models, failed.
        """
        for attempt in range(self._caller.attempts):
            if attempt:
                self.conversation = self._begin()
            of_flow = Noting(self._meter)
            speaker = Speaker(self._caller, self._context, self._seed(attempt), self._of_the_caller)
            with admitted_by(of_flow), in_lane(current_lane().part(f"dialogue {attempt}")):
                self._dialogue = await speaker.converse(self.conversation, on_progress)
            self._attempts.append(self._kept(self._dialogue))
            if not self._dialogue.faults:
                return
            self._paid.append(of_flow)

    def _seed(self, attempt: int) -> int:
        return 1000 * self._repeat + attempt

    @contextmanager
    def _of_the_caller(self) -> Iterator[None]:
        """Keep what the caller's models cost apart from what the flow costs."""
        noting = Noting(self._meter)
        self._paid.append(noting)
        with admitted_by(noting):
            yield

    def _set_apart(self) -> None:
        for noting in self._paid:
            noting.set_apart()

    def _kept(self, dialogue: Dialogue) -> dict[str, Any]:
        said = [[turn["said"], turn["reply"]] for turn in self.conversation.turns]
        faults = [fault.data for fault in dialogue.faults]
        return {"ended_by": dialogue.ended_by, "goal": dialogue.goal, "faults": faults, "said": said}

    @property
    def ended(self) -> dict[str, Any]:
        """How the cell ended: where no dialogue was valid, its score is missing."""
        faults = self._dialogue.faults if self._dialogue else []
        if not faults:
            return _DONE
        times = len(self._attempts)
        dialogues = "the only dialogue" if times == 1 else f"all {times} dialogues"
        message = f"The simulated caller went wrong in {dialogues}; in the last one it {_words(faults[0])}."
        return {"status": "failed", "error": CALLER_FAILED, "message": message}

    @property
    def remarks(self) -> dict[str, Any]:
        """What is kept of the caller: its model, its prompt, and every dialogue of it."""
        self._set_apart()
        cost = total_cost(self._meter.apart).originally
        config = self._context.config
        return {
            CALLER: {
                "model": str(config.ref(self._caller.model)),
                "referee": str(config.ref(self._caller.referee or self._caller.model)),
                "prompt": self._caller.system,
                "id": self._caller.id,
                "goal": self._dialogue.goal if self._dialogue else None,
                "attempts": self._attempts,
                "usd": None if cost.usd is None else str(cost.usd),
            }
        }


def _words(fault: Fault) -> str:
    what = f" ({fault.what})" if fault.what else ""
    return f"{KINDS[fault.kind]}{what}"


def play_of(case: Case, begin: Begin, context: FlowContext, repeat: int) -> Script | SimulatedPlay:
    """Return how a case is played."""
    if case.simulated:
        return SimulatedPlay(begin, case.simulated, context, repeat)
    return Script(begin, case.script)
