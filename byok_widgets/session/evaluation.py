"""Evaluating a condition: at once where that takes a bounded time, else in a worker with a time limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from byok_widgets.engine.workers import LateFunctionError, call_in_worker
from byok_widgets.errors import ByokError, ConfigError, FlowError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.graph.conditions import Condition
from byok_widgets.plain_values import copies_of

T = TypeVar("T")

CONDITION_LIMIT_S = 5.0
"""Time limit for a condition that runs code of somebody else's, in seconds."""


async def evaluate(condition: Condition, variables: Mapping[str, Any], *, flow: str) -> tuple[bool, str]:
    """Return whether a condition holds, and the reason in words.

    What may take any time, such as a person's function or a comparison of large values, never holds up the event
    loop. It gets copies of the variables, so it cannot change them.

    Raises:
        ConfigError: It cannot be evaluated.
        FlowError: It did not return in time.
    """
    if condition.is_bounded(variables):
        return condition.evaluate(variables), condition.reason(variables)

    def work() -> tuple[bool, str]:
        copies = copies_of(variables)
        return condition.evaluate(copies), condition.reason(copies)

    return await in_worker(work, what=f"The condition {condition.text}", flow=flow)


async def in_worker(work: Callable[[], T], *, what: str, flow: str) -> T:
    """Do in a worker what a condition needs of values that are not plain.

    Raises:
        ConfigError: It failed.
        FlowError: It did not return in time.
    """
    try:
        return await call_in_worker(work, limit_s=CONDITION_LIMIT_S, flow=flow, name=what)
    except LateFunctionError:
        failure: ByokError = FlowError(
            f"{what} did not return within {CONDITION_LIMIT_S:g} s; it may still be running.",
            kind="condition_timeout",
            fix="Make the function faster, or let an action node do the work and test its result.",
        )
    except ByokError:
        raise
    except Exception as error:  # noqa: BLE001 - somebody else's code may raise anything
        failure = ConfigError(
            f"{what} failed: {describe_exception(error)}.",
            kind="condition",
            fix="Correct it, or test a variable that an action node writes.",
        )
    raise failure
