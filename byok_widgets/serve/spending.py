"""Caps: how many calls of models a served flow may make, and what they may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal, get_args

from byok_widgets.errors import ConfigError, FlowError
from byok_widgets.nodes.admission import PendingCall
from byok_widgets.serve.store import Spent, Store
from byok_widgets.usage import Cost

CapScope = Literal["turn", "session", "token", "day"]
"""A turn; a session; all sessions of an access token; all sessions of a day, by UTC."""
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
                    f"A cap of {most} for a {scope!r} is none.",
                    kind="serve_cap",
                    fix=f"Give a number above 0 for one of: {', '.join(CAP_SCOPES)}.",
                )

    @property
    def scopes(self) -> frozenset[CapScope]:
        """The scopes that have a cap."""
        return frozenset((*self.calls, *self.usd))


class Spending:
    """What is spent, in all turns that run here and all that have ended anywhere."""

    def __init__(self, caps: Caps, store: Store) -> None:
        self.caps, self.store = caps, store
        self.running: dict[str, Spent] = {}

    async def turn(self, key: str, session: str, caller: str) -> TurnSpending:
        """Return the spending of a turn that begins."""
        day = datetime.now(UTC).date().isoformat()
        names: dict[CapScope, str] = {
            "turn": f"turn:{key}",
            "session": f"session:{session}",
            "token": f"token:{caller}",
            "day": f"day:{day}",
        }
        capped = {names[scope] for scope in self.caps.scopes} - {names["turn"]}
        before = await self.store.spent(capped) if capped else {}
        return TurnSpending(self, names, before)


class TurnSpending:
    """The spending of one turn: admits its calls.

    Attributes:
        spent: What it has spent so far.
    """

    def __init__(self, spending: Spending, names: Mapping[CapScope, str], before: Mapping[str, Spent]) -> None:
        self._all, self._names, self._before = spending, names, before
        self.spent = Spent()

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
        self._add(Spent(0, cost.known_usd))

    def note(self, cost: Cost) -> None:
        """Count what a call cost that was made elsewhere."""
        self._add(Spent(1, cost.known_usd))

    async def end(self) -> None:
        """Store what the turn has spent."""
        names = self._names.values()
        for name in names:
            self._change(name, Spent(-self.spent.calls, -self.spent.usd))
        if self.spent.calls:
            kept = [name for scope, name in self._names.items() if scope != "turn"]
            await self._all.store.spend(kept, self.spent)

    def _so_far(self, scope: CapScope) -> Spent:
        name = self._names[scope]
        return _sum(self._before.get(name, Spent()), self._all.running.get(name, Spent()))

    def _add(self, more: Spent) -> None:
        self.spent = _sum(self.spent, more)
        for name in self._names.values():
            self._change(name, more)

    def _change(self, name: str, more: Spent) -> None:
        running = self._all.running
        running[name] = _sum(running.get(name, Spent()), more)
        if running[name] == Spent():
            del running[name]


def _sum(one: Spent, other: Spent) -> Spent:
    return Spent(one.calls + other.calls, one.usd + other.usd)


def _capped(scope: CapScope, most: str) -> FlowError:
    return FlowError(
        f"No call was made: {most} is the cap for a {scope}.",
        kind="cap",
        fix="Allow more where the flow is served.",
    )
