"""Limits of a turn in a flow file: they never raise the user's limits, and lower them only with consent."""

from __future__ import annotations

from collections.abc import Iterator

from byok_widgets.config.turn_limits import TurnLimits


def lower_limits(here: TurnLimits, file: TurnLimits) -> Iterator[str]:
    """Yield the limits that were chosen here and that a file lowers, in words."""
    if file.calls is not None and here.calls is not None and file.calls < here.calls:
        yield f"limit per turn: {file.calls} calls instead of {here.calls}"
    if file.cost is not None and here.cost is not None and file.cost < here.cost:
        yield f"limit per turn: ${file.cost:g} instead of ${here.cost:g}"


def limits_not_raised(flow: str, here: TurnLimits, file: TurnLimits) -> Iterator[str]:
    """Yield a sentence for each limit that a file would raise.

    Args:
        flow: The flow's name.
        here: The limits before the file was read.
        file: The limits in the file.
    """
    if file.calls is not None and file.calls > here.max_calls:
        yield _not_raised(flow, f"{file.calls} calls", f"{here.max_calls}", f"max_calls_per_turn = {file.calls}")
    if file.cost is not None and here.cost is not None and file.cost > here.cost:
        yield _not_raised(flow, f"${file.cost:g}", f"${here.cost:g}", f"max_cost_per_turn = {file.cost!r}")


def _not_raised(flow: str, wanted: str, here: str, code: str) -> str:
    stays = f"Your limit of {here} stays; to raise it: flow.{code}"
    return f"The file of flow {flow!r} allows {wanted} in a turn. {stays}"
