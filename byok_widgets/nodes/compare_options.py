"""`CompareOptions`: how a comparison is run, apart from what is compared over which cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from byok_widgets.attributes.strict import unknown_name_error


@dataclass(frozen=True)
class CompareOptions:
    """How a comparison is run.

    Attributes:
        repeat: How often each case is run with each variant.
        budget: Maximum cost in US dollars; `None` for no limit.
        max_calls: Maximum number of node calls; `None` for no limit.
        baseline: Name of the variant that the others are compared with; `None` for what the flow has now.
        margin: Accepted loss of score, from 0 to 1; `None` if none was declared.
        metric: Name of a metric, or a function of a case and its output that returns 0 to 1.
        temperature: Temperature of the calls; `None` for that of the nodes.
        store: File for the finished cells; `None` for the flow's own.
        stubs: Results of actions, used instead of calling them: values of variables, by the node's name.
        shard: Which part is run here, and how many parts there are; `None` for all of it.
        executor: A dask.distributed client on whose workers cells run; `None` for this process.
        batch: Whether calls of the node use the providers' batch APIs, if there are any.
        run_effects: Whether actions with effects that have no stub are really called.
    """

    repeat: int = 1
    budget: float | Decimal | None = None
    max_calls: int | None = None
    baseline: str | None = None
    margin: float | None = None
    metric: Any = "checks"
    temperature: float | None = None
    store: str | Path | None = None
    stubs: Mapping[str, Mapping[str, Any]] | None = None
    run_effects: bool = False
    shard: tuple[int, int] | None = None
    executor: Any = None
    batch: bool = False

    @property
    def texts(self) -> list[str]:
        """The texts that may be shown, in which no key is allowed."""
        metric = self.metric if isinstance(self.metric, str) else getattr(self.metric, "__name__", "")
        return [str(given) for given in (self.baseline, metric) if given]

    @classmethod
    def of(cls, given: Mapping[str, Any], caller: str) -> CompareOptions:
        """Return the options of a call of `caller`.

        Raises:
            ConfigError: There is no such option; the error names the nearest.
        """
        names = [field.name for field in fields(cls)]
        for name in given.keys() - set(names):
            raise unknown_name_error(f"{caller} has no {name!r}.", name, names, given[name])
        return cls(**given)
