"""`Recorder` and `Player`: the two tapes that a flow can have."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeVar

from byok_widgets.engine import DaemonExecutor, clock
from byok_widgets.engine.callbacks import OnText, Retraction
from byok_widgets.errors import ProviderError
from byok_widgets.files import describe_os_error
from byok_widgets.nodes.calls.lane import current_lane
from byok_widgets.nodes.calls.tape import TapedCall
from byok_widgets.providers import Request
from byok_widgets.recording.cassette import Cassette
from byok_widgets.recording.cassette_contents import Entry
from byok_widgets.recording.digest import WantedCall
from byok_widgets.recording.entries import (
    Chunk,
    answer_entry,
    fault_entry,
    fault_of,
    pieces_of,
    reply_of,
    rounded,
    took_s,
)
from byok_widgets.recording.misses import miss, nearest
from byok_widgets.reply import Reply

if TYPE_CHECKING:
    from byok_widgets.nodes.calls.tape import Send

Missing = Literal["error", "nearest", "record", "live"]
"""What becomes of a call that was not recorded. Nothing is ever sent unless one of the last two was chosen."""

MISSING_WORDS = {
    "error": "A call that was not recorded is an error: nothing is sent.",
    "nearest": "A call that was not recorded gets the nearest recorded answer, and says so: nothing is sent.",
    "record": "A call that was not recorded is sent to the model, and its answer is recorded.",
    "live": "A call that was not recorded is sent to the model.",
}

LONGEST_S = 3.0
"""Longest time for one replayed answer, in seconds: longer ones are played faster."""
_TOGETHER_S = 1 / 30
"""Pieces that come within this time are one: no screen shows them apart."""

_FILES = DaemonExecutor("byok-cassettes", max_threads=1)

T = TypeVar("T")


class Recorder:
    """Sends each call, and records its outcome.

    A call that is stopped leaves nothing in the cassette.

    Attributes:
        cassette: Where it is written.
        written: How many calls were written.
        problem: Why the last call that is missing could not be written; empty if none is.
    """

    sends_nothing = replays = False

    def __init__(self, cassette: Cassette) -> None:
        self.cassette = cassette
        self.written = 0
        self.problem = ""
        self._answers: dict[str, set[int]] = {}

    @property
    def notice(self) -> str:
        """That a replay will differ, where the same request got several answers; empty where none did."""
        count = sum(len(answers) > 1 for answers in self._answers.values())
        if not count:
            return ""
        several = f"{count} requests were" if count > 1 else "One request was"
        return (
            f"{several} made more than once and answered differently: a replay gives the last answer each time. "
            "To keep each answer, make the calls in: with lane(repeat=1), lane(repeat=2) and so on."
        )

    @property
    def told(self) -> str:
        """That calls are recorded, and where."""
        return f"RECORDING · {self.cassette.path.name}: calls are made, and recorded."

    async def holds(self, call: TapedCall) -> None:
        """Return `None`: each call is sent."""
        del call

    async def answered(self, call: TapedCall, request: Request, on_text: OnText, send: Send) -> Reply:
        """Send a call, write down the reply or the fault, and return or raise it."""
        wanted, heard = WantedCall(call, request, current_lane()), _Heard(on_text)
        try:
            reply = rounded(await send(heard.on_text))
        except ProviderError as error:
            if error.attempts:  # else nothing was sent: that is no step of the provider's
                await self._write(partial(fault_entry, wanted, error, heard.seconds))
            raise
        self._answers.setdefault(wanted.digest, set()).add(hash(reply.text))
        problem = await self._write(partial(answer_entry, wanted, reply, heard.since(reply.time_to_first_token_s)))
        return reply.with_notice(f"not recorded: {problem}") if problem else reply

    async def _write(self, entry: Callable[[], Entry]) -> str:
        """Write an entry; returns why that did not work, since the answer itself is paid and must not be lost."""
        try:
            await _FILES.run(lambda: self.cassette.append(entry()))
        except OSError as error:
            self.problem = describe_os_error(error)
            return self.problem
        self.written += 1
        return ""


class _Heard:
    """The pieces of an answer and when they came."""

    def __init__(self, on_text: OnText) -> None:
        self.chunks: list[Chunk] = []
        self._on_text = on_text
        self._began_at = clock()

    @property
    def seconds(self) -> float:
        return clock() - self._began_at

    def since(self, first_token_s: float | None) -> list[Chunk]:
        """Return the pieces with times from when the call was made: starting a model before does not count."""
        before_s = self.chunks[0].at_s - first_token_s if self.chunks and first_token_s is not None else 0.0
        return [chunk._replace(at_s=max(0.0, chunk.at_s - before_s)) for chunk in self.chunks]

    def on_text(self, text: str) -> None:
        last = self.chunks[-1] if self.chunks else None
        if isinstance(text, Retraction):
            self.chunks.clear()
        elif last and self.seconds - last.at_s < _TOGETHER_S:
            self.chunks[-1] = Chunk(last.at_s, last.chars + len(text))
        else:
            self.chunks.append(Chunk(self.seconds, len(text)))
        self._on_text(text)


class Player:
    """Answers calls from a cassette.

    Attributes:
        cassette: Where the answers are.
        missing: What becomes of a call that was not recorded.
        played: How many calls were answered from it.
    """

    replays = True

    def __init__(self, cassette: Cassette, missing: Missing) -> None:
        self.cassette, self.missing = cassette, missing
        self.played = 0
        self._counting = threading.Lock()  # replayed calls run where their callers are
        self._recorder = Recorder(cassette)

    @property
    def told(self) -> str:
        """That calls are answered from a recording, and what becomes of others."""
        return f"REPLAY · {self.cassette.path.name}: recorded answers. {MISSING_WORDS[self.missing]}"

    @property
    def sends_nothing(self) -> bool:
        """Whether no call reaches a provider."""
        return self.missing in ("error", "nearest")

    async def holds(self, call: TapedCall) -> bool:
        """Return whether a call was recorded."""
        digest = WantedCall(call, call.request(), current_lane()).digest
        if digest not in self.cassette:
            await _FILES.run(self.cassette.refresh)
        return digest in self.cassette

    async def answered(self, call: TapedCall, request: Request, on_text: OnText, send: Send) -> Reply:
        """Return the recorded reply, as quickly as it came; or do what was chosen for a call that is missing.

        Raises:
            ProviderError: The fault that was recorded.
            ReplayMissError: Nothing was recorded, and nothing may be sent.
        """
        wanted = WantedCall(call, request, current_lane())
        if wanted.digest not in self.cassette:
            await _FILES.run(self.cassette.refresh)
        entry = self.cassette.find(wanted.digest)
        if entry is not None:
            return await self._play(entry, wanted, on_text)
        if self.missing == "live":
            return await send(on_text)
        if self.missing == "record":
            return await self._recorder.answered(call, request, on_text, send)
        return await self._nearest(wanted, on_text)

    async def _nearest(self, wanted: WantedCall, on_text: OnText) -> Reply:
        found = await _FILES.run(nearest, self.cassette, wanted) if self.missing == "nearest" else None
        if found is None:
            raise await _FILES.run(miss, self.cassette, wanted)
        reply = await self._play(found.entry, wanted, on_text)
        differing = "; ".join(map(str, found.changes[:1])) or "another case or repeat"
        return reply.with_notice(f"not recorded: this answers the nearest recorded request ({differing})")

    async def _play(self, entry: Entry, wanted: WantedCall, on_text: OnText) -> Reply:
        pace = 0.0 if wanted.lane.key or _in_ci() else min(1.0, LONGEST_S / max(took_s(entry), LONGEST_S))
        with self._counting:
            self.played += 1
        if "fault" in entry:
            await asyncio.sleep(took_s(entry) * pace)
            raise fault_of(entry)
        reply = reply_of(entry, wanted)
        await _spoken(entry, pace, on_text)
        await asyncio.sleep(0)  # as any call, it gives way to others
        return reply


async def _spoken(entry: Entry, pace: float, on_text: OnText) -> None:
    """Pass on an answer piece by piece; `pace` is the part of the recorded times that it takes."""
    began_at = clock()
    for at_s, text in pieces_of(entry):
        if pace:
            await asyncio.sleep(max(0.0, began_at + at_s * pace - clock()))
        on_text(text)


def _in_ci() -> bool:
    """Whether this is a run of continuous integration, where nobody reads along."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")
