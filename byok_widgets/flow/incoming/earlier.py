"""`EARLIER`: settings that were made before any cell created a flow; they wait in memory for the first one.

The first flow adopts them and says so. If it has different settings of its own, the user is asked, and they keep
waiting. When more flows are created, the user is asked whether to use them there too. Waiting settings are never
written to a file or a keyring.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from byok_widgets.flow import flow_contexts
from byok_widgets.flow.incoming import handover
from byok_widgets.flow.incoming.questions import Choice, Question
from byok_widgets.frontend import frontend
from byok_widgets.nodes.flow_context import FlowContext

_NAME = "my flow"
_made: ContextVar[list[FlowContext] | None] = ContextVar("made", default=None)


class EarlierSettings:
    """Settings without a flow, and which flow gets them. One for each kernel; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # `context` takes it again where it is already held
        self._context: FlowContext | None = None
        self._taker: FlowContext | None = None
        self._told = ""
        self._asked: dict[int, FlowContext] = {}  # by id: each is kept here, so no other object can get its id
        self._kept: dict[int, FlowContext] = {}
        self._settled: dict[int, FlowContext] = {}

    @property
    def context(self) -> FlowContext:
        """The settings: a context that is none of a flow."""
        with self._lock:
            if self._context is None:
                self._context = flow_contexts.in_memory(_NAME, waiting=True)
            return self._context

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return self._context is None or handover.is_untouched(self._context)

    @contextmanager
    def postponed(self) -> Iterator[None]:
        """Postpone `welcome` for flows created in this thread until the block has succeeded."""
        made: list[FlowContext] = []
        token = _made.set(made)
        try:
            yield
        finally:
            _made.reset(token)
        for flow in made:
            self.welcome(flow)

    def welcome(self, flow: FlowContext) -> None:
        """Welcome a flow that a cell has created: give it the waiting settings, or ask the user."""
        postponed = _made.get()
        if postponed is not None:
            postponed.append(flow)
            return
        with self._lock:
            before = self._known()
            told = self._meet(flow)
            is_news = self._known() != before
        if told:
            # outside the lock: what hears of it asks for `questions`, maybe in another thread
            frontend().tell(told)
        if is_news:
            self._notify()

    def questions(self, flow: FlowContext) -> list[Question]:
        """Return the questions or notices for the user where this flow is shown."""
        with self._lock:
            if flow is self._taker:
                return self._for_taker()
            if id(flow) in self._asked:
                return [self._also_here(flow) if self._taker else self._conflict(flow)]
            return [self._still_waiting(flow)] if id(flow) in self._kept and not self.is_empty else []

    def use_in(self, flow: FlowContext) -> None:
        """Give a flow what waits, or what the first flow has got, whatever settings it has."""
        with self._lock:
            source = self._taker or self.context
            told = handover.give(source, flow)
            self._settle(flow)
            if self._taker is None:
                self._take(flow, told)
        self._notify()

    def keep_own(self, flow: FlowContext) -> None:
        """Leave a flow as it is; the waiting settings keep waiting."""
        with self._lock:
            self._settle(flow)
            if self._taker is None:
                self._kept[id(flow)] = flow
        self._notify()

    def discard(self) -> None:
        """Discard the waiting settings, including their keys."""
        with self._lock:
            self._context = None
        self._notify()

    def _meet(self, flow: FlowContext) -> str:
        """Note a flow, and return what to say in its cell."""
        if id(flow) in self._known():
            return ""
        if self._taker is not None:
            if not handover.would_lose(self._taker, flow):
                self._asked[id(flow)] = flow
            return ""
        if self.is_empty:
            return ""
        if not self._known() and not handover.would_lose(self.context, flow):
            told = handover.give(self.context, flow)
            self._take(flow, told)
            return told
        self._asked[id(flow)] = flow
        what = handover.describe(self.context)
        return (
            f"The settings that you made before ({what}) still wait: choose in the settings panel whether flow "
            f"{flow.config.name!r} uses them."
        )

    def _take(self, flow: FlowContext, told: str) -> None:
        self._taker, self._told, self._context = flow, told, None
        self._settled |= self._kept
        self._kept = {}

    def _settle(self, flow: FlowContext) -> None:
        self._asked.pop(id(flow), None)
        self._kept.pop(id(flow), None)
        self._settled[id(flow)] = flow

    def _for_taker(self) -> list[Question]:
        if self._asked:
            others = [
                Choice(f"Use them in {other.config.name}", partial(self.use_in, other))
                for other in self._asked.values()
            ]
            text = f"{self._told} Which other flows of this notebook should use them too?".strip()
            return [Question("also", text, (*others, Choice("Only this one", self._only_here)))]
        return [Question("taken", self._told, (Choice("OK", self._seen),))] if self._told else []

    def _also_here(self, flow: FlowContext) -> Question:
        taker = self._taker.config.name if self._taker else ""
        text = f"Flow {taker!r} has the settings that you made before. Use them in this flow, too?"
        use = Choice("Use them here", partial(self.use_in, flow))
        return Question("also", text, (use, Choice("No", partial(self.keep_own, flow))))

    def _conflict(self, flow: FlowContext) -> Question:
        text = (
            f"The settings that you made before ({handover.describe(self.context)}) still wait, and this flow "
            f"has its own ({handover.describe(flow)}). Which ones should it use?"
        )
        use = Choice("Use the new ones", partial(self.use_in, flow))
        return Question("conflict", text, (use, Choice("Keep its own", partial(self.keep_own, flow))))

    def _still_waiting(self, flow: FlowContext) -> Question:
        what = handover.describe(self.context)
        text = f"The settings that you made before ({what}) still wait in this kernel's memory."
        use = Choice("Use them here", partial(self.use_in, flow))
        return Question("kept", text, (use, Choice("Discard them", self.discard)))

    def _only_here(self) -> None:
        with self._lock:
            self._settled |= self._asked
            self._asked, self._told = {}, ""
        self._notify()

    def _seen(self) -> None:
        with self._lock:
            self._told = ""
        self._notify()

    def _known(self) -> dict[int, FlowContext]:
        taker = {id(self._taker): self._taker} if self._taker else {}
        return {**taker, **self._asked, **self._kept, **self._settled}

    def _notify(self) -> None:
        with self._lock:
            known = tuple(self._known().values())
        for flow in known:
            flow.config.notify("waiting")


EARLIER = EarlierSettings()
"""The one of this kernel."""
