"""`VisitBudget`: limits on what the visitors of a page may spend, in one kernel, with the keys of its author."""

from __future__ import annotations

from decimal import Decimal

from byok_widgets.errors import FlowError
from byok_widgets.nodes.calls.call_budget import CallBudget

MAX_CALLS = 500
"""Default limit on the calls of a visit: enough for hours of talk, and far less than a script could make."""

_RELOAD = "Reload the page to begin another visit. Its author can raise the limit: flow.{name} = ..."


class VisitBudget(CallBudget):
    """The calls of one visit."""

    def __init__(self) -> None:
        super().__init__(MAX_CALLS, None)

    @property
    def notices(self) -> tuple[str, ...]:
        """Warnings that a limit is near."""
        return tuple(self.warnings("this visit has made", of_cost=" that this visit may cost"))

    def too_many(self) -> FlowError:
        """Return the error for a call beyond the limit on calls."""
        return FlowError(
            f"This visit has reached this page's limit of {self.max_calls} model calls.",
            kind="visit_limit",
            fix=_RELOAD.format(name="max_calls_per_visit"),
        )

    def too_expensive(self, limit: Decimal) -> FlowError:
        """Return the error for a call after the limit on cost was reached; the amount is the author's business."""
        del limit
        return FlowError(
            "This visit has reached this page's limit on cost.",
            kind="visit_limit",
            fix=_RELOAD.format(name="max_cost_per_visit"),
        )
