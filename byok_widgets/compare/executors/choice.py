"""Where the cells of a comparison run: what was given, as an executor."""

from __future__ import annotations

from typing import Any

from byok_widgets.compare.executors.base import LOCAL, CellExecutor
from byok_widgets.compare.executors.dask_executor import DaskExecutor


def executor_of(given: Any) -> CellExecutor:
    """Return where cells run: here, or on the workers of a client of dask.distributed.

    Raises:
        ConfigError: It is no such client.
    """
    if given is None:
        return LOCAL
    return DaskExecutor.of(given)
