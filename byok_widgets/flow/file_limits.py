"""What a person is told of the limits of a turn in a flow file: a file lowers them, and never raises them."""

from __future__ import annotations

from collections.abc import Iterator

from byok_widgets.config.turn_limits import TurnLimits


def changed_limits(flow: str, here: TurnLimits, file: TurnLimits) -> Iterator[str]:
    """Yield a sentence for each limit that a file lowers from what was chosen here, or would raise.

    Args:
        flow: The flow's name.
        here: The limits before the file was read.
        file: The limits in the file.
    """
    if file.calls is not None and file.calls > here.max_calls:
        yield _not_raised(flow, f"{file.calls} calls", f"{here.max_calls}", f"max_calls_per_turn = {file.calls}")
    elif file.calls is not None and here.calls is not None and file.calls < here.calls:
        yield _lowered(flow, f"{file.calls} calls", f"{here.calls}")
    if file.cost is None or here.cost is None:
        return
    if file.cost > here.cost:
        yield _not_raised(flow, f"${file.cost:g}", f"${here.cost:g}", f"max_cost_per_turn = {file.cost!r}")
    elif file.cost < here.cost:
        yield _lowered(flow, f"${file.cost:g}", f"${here.cost:g}")


def _lowered(flow: str, now: str, before: str) -> str:
    return f"The file of flow {flow!r} lowers the limit of a turn from {before} to {now}."


def _not_raised(flow: str, wanted: str, here: str, code: str) -> str:
    stays = f"Your limit of {here} stays; to raise it: flow.{code}"
    return f"The file of flow {flow!r} allows {wanted} in a turn. {stays}"
