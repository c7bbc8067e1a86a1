"""Caps: how many calls of models a served flow may make, and what they may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Literal, get_args

from byok_widgets.errors import ConfigError, FlowError
from byok_widgets.nodes.calls.admission import PendingCall
from byok_widgets.serve.stores.store import Bill, Spent, Store, session_scope
from byok_widgets.usage import Cost

CapScope = Literal["turn", "session", "token", "day"]
"""A turn; a session, or without its id all dialogues with the same first words; all sessions of an access token;
all sessions of a day, by UTC."""
CAP_SCOPES = get_args(CapScope)


@dataclass(frozen=True)
class Caps:
    """The caps by scope; a scope that is not named has none.

    Attributes:
        calls: Most calls of models.
        usd: The cost from which on no further call is made, in US dollars.
    """

    calls: Mapping[CapScope, int] = field(default_factory=dict, hash=False)
    usd: Mapping[CapScope, Decimal] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Reject scopes and numbers that cannot be caps.

        Raises:
            ConfigError: There is one.
        """
        caps: list[tuple[CapScope, int | Decimal]] = [*self.calls.items(), *self.usd.items()]
        for scope, most in caps:
            if scope not in CAP_SCOPES or not most > 0:
                raise ConfigError(
                    f"A cap of {most} for {scope!r} cannot be used.",
                    kind="serve_cap",
                    fix=f"Give a number above 0 for one of: {', '.join(CAP_SCOPES)}.",
                )

    @cached_property
    def scopes(self) -> frozenset[CapScope]:
        """The scopes that have a cap."""
        return frozenset((*self.calls, *self.usd))


class Spending:
    """What is spent, in all turns that run here and all that have ended anywhere.

    Attributes:
        caps: What may be spent.
        store: Where it is stored what turns have spent that have ended.
        open: The scopes with a cap of the turns that run here, by name.
    """

    def __init__(self, caps: Caps, store: Store) -> None:
        self.caps, self.store = caps, store
        self.open: dict[str, _OpenScope] = {}

    async def turn(self, key: str, session: str, caller: str, first_words: str = "") -> TurnSpending:
        """Return the spending of a turn that begins; `first_words`: see `session_scope`."""
        day = datetime.now(UTC).date().isoformat()
        names: dict[CapScope, str] = {
            "turn": f"turn:{key}",
            "session": session_scope(session, first_words),
            "token": f"token:{caller}",
            "day": f"day:{day}",
        }
        turn = TurnSpending(self, names)
        try:
            await turn.begin()
        except BaseException:
            turn.close()
            raise
        return turn


@dataclass
class _OpenScope:
    """A scope in which turns run here: one that begins must see what the others spend, also after they have ended.

    Attributes:
        turns: How many run.
        running: What they have spent so far.
        ended: What turns have spent, and stored, that have ended since the scope is open.
    """

    turns: int = 0
    running: Spent = field(default_factory=Spent)
    ended: Spent = field(default_factory=Spent)


class TurnSpending:
    """The spending of one turn: admits its calls.

    Attributes:
        spent: What it has spent so far.
    """

    def __init__(self, spending: Spending, names: Mapping[CapScope, str]) -> None:
        self._all, self._names = spending, names
        self._before: dict[str, Spent] = {}
        self.spent = self._billed = Spent()
        self._kept = tuple([name for scope, name in names.items() if scope != "turn"])
        self._capped = tuple([names[scope] for scope in spending.caps.scopes])
        for name in self._capped:
            spending.open.setdefault(name, _OpenScope()).turns += 1

    async def begin(self) -> None:
        """Read what was spent before, without what turns had ended here by then: that is counted as it goes on."""
        if not self._capped:
            return
        capped = {self._names[scope] for scope in self._all.caps.scopes if scope != "turn"}
        ended = {name: self._all.open[name].ended for name in capped}
        stored = await self._all.store.spent(capped) if capped else {}
        self._before = {name: _sum(stored.get(name, Spent()), _less(ended[name])) for name in capped}

    async def admit(self, call: PendingCall) -> TurnSpending:
        """Count a call that is about to be made.

        Raises:
            FlowError: Kind `cap`: it would be one too many.
        """
        del call
        caps = self._all.caps
        for scope in caps.scopes:
            so_far = self._so_far(scope)
            if so_far.calls >= caps.calls.get(scope, so_far.calls + 1):
                raise _capped(scope, f"{caps.calls[scope]} calls")
            if scope in caps.usd and so_far.usd >= caps.usd[scope]:
                raise _capped(scope, str(Cost(caps.usd[scope], "price list")))
        self._add(Spent(1))
        return self

    def settle(self, cost: Cost) -> None:
        """Count what a call cost, as far as that is known."""
        if usd := cost.known_usd:
            self._add(Spent(0, usd))

    def note(self, cost: Cost) -> None:
        """Count what a call cost that was made elsewhere."""
        self._add(Spent(1, cost.known_usd))

    def bill(self) -> Bill | None:
        """Return what is to be stored now, since the last bill; `None` if there is nothing.

        It counts as stored from here on: a turn that begins later reads it from the store.
        """
        if self.spent == self._billed:
            return None
        due, self._billed = _sum(self.spent, _less(self._billed)), self.spent
        for name in self._capped:
            scope = self._all.open[name]
            scope.running, scope.ended = _sum(scope.running, _less(due)), _sum(scope.ended, due)
        return Bill(self._kept, due)

    async def store(self, bill: Bill | None) -> None:
        """Store a bill by itself."""
        if bill is not None:
            await self._all.store.spend(bill)

    async def end(self) -> None:
        """Store what the turn has spent, as far as it is not stored."""
        try:
            await self.store(self.bill())
        finally:
            self.close()

    def close(self) -> None:
        """Leave the scopes."""
        for name in self._capped:
            scope = self._all.open[name]
            scope.turns -= 1
            if not scope.turns:
                del self._all.open[name]

    def _so_far(self, scope: CapScope) -> Spent:
        name = self._names[scope]
        here = self._all.open[name]
        return _sum(self._before.get(name, Spent()), _sum(here.running, here.ended))

    def _add(self, more: Spent) -> None:
        self.spent = _sum(self.spent, more)
        for name in self._capped:
            self._all.open[name].running = _sum(self._all.open[name].running, more)


def _sum(one: Spent, other: Spent) -> Spent:
    return Spent(one.calls + other.calls, one.usd + other.usd)


def _less(spent: Spent) -> Spent:
    return Spent(-spent.calls, -spent.usd)


def _capped(scope: CapScope, most: str) -> FlowError:
    return FlowError(
        f"No call was made: {most} is the cap for a {scope}.",
        kind="cap",
        fix="Allow more where the flow is served.",
    )
