"""`VisitBudget`: what the visitors of a page may take in one kernel with the keys that its code named."""

from __future__ import annotations

from decimal import Decimal

from byok_widgets.errors import FlowError
from byok_widgets.nodes.call_budget import CallBudget

MAX_CALLS = 500
"""Most calls of a visit where nothing else is chosen: hours of talk, and far less than a script could make."""

_RELOAD = "Load the page again to begin another visit. Its author can allow more: flow.{name} = ..."


class VisitBudget(CallBudget):
    """The calls of one visit."""

    def __init__(self) -> None:
        super().__init__(MAX_CALLS, None)

    @property
    def notices(self) -> tuple[str, ...]:
        """What to tell before a limit is reached."""
        return tuple(self.near("this visit has made", of_cost=" that this visit may cost"))

    def too_many(self) -> FlowError:
        """Return the error for a call beyond the most."""
        return FlowError(
            f"This visit has made {self.max_calls} calls of models, which is the most on this page.",
            kind="visit_limit",
            fix=_RELOAD.format(name="max_calls_per_visit"),
        )

    def too_dear(self, dearest: Decimal) -> FlowError:
        """Return the error for a call after the limit of cost was reached."""
        del dearest
        return FlowError(
            "This visit has cost as much as one may on this page.",
            kind="visit_limit",
            fix=_RELOAD.format(name="max_cost_per_visit"),
        )
