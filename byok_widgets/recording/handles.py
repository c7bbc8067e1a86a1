"""`Recording` and `Replay`: what `flow.record` and `flow.replay` return, to be shown, and to be ended."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

from byok_widgets.display import markup
from byok_widgets.frontend import frontend
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.providers import PROVIDERS
from byok_widgets.recording.costs import Contents
from byok_widgets.recording.tapes import MISSING_WORDS, Player, Recorder

T = TypeVar("T", Recorder, Player)


class _Handle(Generic[T]):
    """A tape in a flow; it begins when it is made, and ends with `stop` or at the end of a `with` block.

    Attributes:
        path: The cassette.
    """

    def __init__(self, context: FlowContext, tape: T) -> None:
        self.path = tape.cassette.path
        self._tape: T = tape
        self._context, self._before = context, context.own_tape
        context.use_tape(tape)

    def stop(self) -> None:
        """End it: the flow's calls are made again as they were before."""
        if self._context.own_tape is self._tape:
            self._context.use_tape(self._before)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_active(self) -> bool:
        """Whether the flow uses it now."""
        return self._context.own_tape is self._tape

    def __repr__(self) -> str:
        return "\n".join(self._sentences())

    def _repr_html_(self) -> str:
        first, *rest = self._sentences()
        return markup.facts(first) + "".join(markup.block(markup.text(line)) for line in rest)

    def _sentences(self) -> list[str]:
        raise NotImplementedError

    def _notices(self) -> list[str]:
        return [f"Note: {notice}." for notice in self._tape.cassette.notices]


class Recording(_Handle[Recorder]):
    """A flow that is being recorded.

    Attributes:
        path: The cassette.
    """

    @property
    def written(self) -> int:
        """How many calls were written."""
        return self._tape.written

    @property
    def problem(self) -> str:
        """Why a call is missing in the cassette; empty if none is."""
        return self._tape.problem

    def stop(self) -> None:
        """End the recording; says so where a call could not be written, or a replay will differ."""
        super().stop()
        if self.problem:
            frontend().tell(f"Calls are missing in {self.path.name}: {self.problem}.")
        if self._tape.notice:
            frontend().tell(f"{self.path.name}: {self._tape.notice}")

    def _sentences(self) -> list[str]:
        state = "RECORDING" if self.is_active else "RECORDED"
        missing = [f"Calls are missing in it: {self.problem}."] if self.problem else []
        notice = [self._tape.notice] if self._tape.notice else []
        return [f"{state} · {self.path.name} · {_calls(self.written)} so far", *missing, *notice, *self._notices()]


class Replay(_Handle[Player]):
    """A flow whose calls are answered from a cassette.

    Attributes:
        path: The cassette.
    """

    @property
    def played(self) -> int:
        """How many calls were answered from the cassette."""
        return self._tape.played

    @property
    def contents(self) -> Contents:
        """What is in the cassette, and what the same calls cost live."""
        return Contents.of(self._tape.cassette)

    def _sentences(self) -> list[str]:
        found = self.contents
        models = ", ".join(found.models) or "no model"
        days = " to ".join(found.days)
        head = f"REPLAY · {self.path.name} · {_calls(found.calls)} of {models}" + (f" · {days}" if days else "")
        ways = [MISSING_WORDS[self._tape.missing], *(self._costs(found) if found.calls else ())]
        return [head, *ways, "flow.live() ends the replay.", *self._unusable(found), *self._notices()]

    def _unusable(self, found: Contents) -> list[str]:
        count = len(self._tape.cassette) - found.calls
        return [f"Note: {_calls(count)} in it cannot be used; the error of the call says why."] if count else []

    def _costs(self, found: Contents) -> list[str]:
        then = f"Recorded answers need no key and no network, and cost nothing; {_cost(found)} when recorded."
        prices = [f"{cost} with {ref}" for ref, cost in found.live.items()]
        live = [f"Live, the same calls cost about {' or '.join(prices[:3])}."] if prices else []
        return [then, *self._own_model(found), *live]

    def _own_model(self, found: Contents) -> list[str]:
        """Say what the flow's own model would cost."""
        config = self._context.config
        if config.model is None:
            return []
        ref, url = f"{config.provider}:{config.model}", config.base_url(config.provider)
        is_own = url in (None, "", PROVIDERS[config.provider].default_url)
        return [f"Live, with this flow's model {ref}, they are {found.with_model(ref, is_own_address=is_own)}."]


def _calls(count: int) -> str:
    return f"{count} call{'' if count == 1 else 's'}"


def _cost(found: Contents) -> str:
    cost = str(found.cost)
    return f"they were {cost}" if cost in ("free", "not priced") else f"they cost {cost}"


def path_of(path: str | Path) -> Path:
    """Return the path of a cassette, which stays where it is when the working folder changes."""
    return Path(path).expanduser().absolute()
