"""Baselines: the results of a test, as a file holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from byok_widgets.errors import ConfigError
from byok_widgets.files import describe_os_error, finite_json, read_file, where_to_look
from byok_widgets.testing.outcomes import CaseOutcome, Outcome
from byok_widgets.usage import CostTotal

MAX_BYTES = 100_000_000
"""Largest file of a baseline."""
FORMAT = "byok_widgets baseline"
VERSION = 1
_MOST_RUNS = 10**9
_MOST_USD = 10**12
_ONCE = 0
"""The run whose way and values are kept: the first."""
_OF_A_TURN = ("number", "said", "reply", "path", "node")


@dataclass(frozen=True)
class Baseline:
    """The results of a test, as a file holds them.

    Attributes:
        saved_at: When it was saved, in ISO 8601.
        parts: A hash of each part of the flow.
        models: Model of each node.
        cases: The outcome of each case, by its name.
        usd: What all runs cost; `None` where that is not known.
    """

    saved_at: str
    parts: Mapping[str, str]
    models: Mapping[str, str]
    cases: Mapping[str, Mapping[str, Any]]
    usd: str | None

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a file.

        Raises:
            ConfigError: It does not exist, is not a baseline, or was saved by another version.
        """
        file = Path(path)
        try:
            data = finite_json(read_file(file, most_bytes=MAX_BYTES))
            if data["format"] == FORMAT and data["version"] == VERSION:
                cases = {str(case["name"]): _checked(case) for case in data["cases"]}
                parts, models = _texts(data["parts"]), _texts(data["models"])
                return cls(_checked_moment(data["saved_at"]), parts, models, cases, _checked_money(data["usd"]))
            problem = "it was saved by another version of byok-widgets"
        except OSError as error:
            problem = describe_os_error(error)
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
            problem = "it is not a baseline"
        raise ConfigError(f"{str(file)!r} cannot be used: {problem}.", kind="baseline", fix=where_to_look(file))


def _checked(case: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a file holds of a case, if it is all there."""
    Outcome(case["outcome"])
    turns = [{"node": str(turn["node"]), "path": [*map(str, turn["path"])]} for turn in case["turns"]]
    passes, runs = case["passes"], case["runs"]
    counted = isinstance(passes, int) and isinstance(runs, int) and 0 <= passes <= runs <= _MOST_RUNS
    if not (counted and isinstance(case["input"], str) and isinstance(case["ended"], bool)):
        raise ValueError(case)
    return {**case, "turns": turns, "values": dict(case["values"])}


def _texts(data: Any) -> dict[str, str]:
    return {str(name): str(text) for name, text in data.items()}


def _checked_moment(text: str) -> str:
    """Return a moment that can be shown in local time."""
    datetime.fromisoformat(text).astimezone()
    return text


def _checked_money(usd: Any) -> str | None:
    """Return what `money` gave; it may stand in a file that somebody has edited."""
    if usd is None:
        return None
    if not 0 <= Decimal(usd) <= _MOST_USD:
        raise ValueError(usd)
    return str(usd)


def way_of(outcome: CaseOutcome) -> dict[str, Any]:
    """Return the way and the values of the first run, and whether it came to its end."""
    cell = outcome.runs[_ONCE].cell
    output = {} if cell is None else cell.output
    turns = [{name: turn[name] for name in _OF_A_TURN} for turn in output.get("turns") or ()]
    ended = cell is not None and cell.status == "done"
    return {"ended": ended, "values": dict(output.get("values") or {}), "turns": turns}


def money(cost: CostTotal) -> str | None:
    """Return what runs cost in US dollars, as a text that loses no digit; `None` where that is not known."""
    return None if cost.unpriced else str(cost.usd)
