"""Checking what a model answered: in a worker where that may take long, or runs code of a person's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from byok_widgets.engine.workers import LateFunctionError, call_in_worker
from byok_widgets.errors import ByokError, ExtractionError
from byok_widgets.foreign_exceptions import describe_exception

T = TypeVar("T")

CHECK_LIMIT_S = 10.0
"""Time limit for checking one answer, in seconds; where a call's deadline is shorter, that."""


async def validate(work: Callable[[], T], *, quick: bool, limit_s: float, flow: str, node: str) -> T:
    """Return what `work` returns.

    Args:
        work: Checks values against the fields of an extraction.
        quick: Whether it takes a short, bounded time, so that no worker is needed.
        limit_s: Longest time that the caller has, in seconds.
        flow: Name of the flow.
        node: Name of the node.

    Raises:
        ExtractionError: Kind `validation_timeout` when it takes too long, `validation_failed` when a validator
            raises what it should not.
    """
    limit_s = min(limit_s, CHECK_LIMIT_S)
    try:
        if quick:
            return work()
        return await call_in_worker(work, limit_s=limit_s, flow=flow, name=f"the validators of node {node!r}")
    except LateFunctionError:
        failure = ExtractionError(
            f"The values of node {node!r} could not be checked within {limit_s:g} s.",
            kind="validation_timeout",
            cause="A validator is slow, or the answer is very long.",
            fix="Make the validators of the fields faster: the flow waits for them.",
        )
    except ByokError:
        raise
    except Exception as error:  # noqa: BLE001 - a person's validator may raise anything
        failure = ExtractionError(
            f"The values of node {node!r} could not be checked: {describe_exception(error)}.",
            kind="validation_failed",
            fix="Let the validators of the fields raise ValueError for a value that does not fit.",
        )
    raise failure
