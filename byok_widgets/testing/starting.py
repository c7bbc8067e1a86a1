"""Prepares tests of a flow: one variant, the flow as it is, with as many repeats as runs were asked for."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from byok_widgets.compare.cells.frozen import LiveFlow
from byok_widgets.compare.cells.variant import Sampling
from byok_widgets.compare.flow_comparison import played
from byok_widgets.compare.starting import prepared
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.errors import ConfigError
from byok_widgets.nodes.compare_options import CompareOptions
from byok_widgets.testing.baseline import Baseline
from byok_widgets.testing.keys import require_keys
from byok_widgets.testing.run import TestRun

_AS_IT_IS: Mapping[str, Mapping[str, str]] = {"the flow": {}}


def prepare(
    flow: LiveFlow,
    cases: Any,
    options: CompareOptions,
    *,
    baseline: str | Path | None,
    resume: bool,
) -> TestRun:
    """Return a test of a flow, which has not started.

    Args:
        flow: The flow.
        cases: What `flow.cases` takes or returns.
        options: How it is run: `repeat` is the number of runs.
        baseline: A file that an earlier test has saved.
        resume: Whether to go on with the last test of this flow over these cases, where it was not finished.

    Raises:
        ConfigError: A case, a stub, a limit or the baseline cannot be used.
        MissingKeyError: "No API key configured" for a provider of a model that the test calls.
    """
    before = None if baseline is None else Baseline.read(baseline)
    runs = _runs(options.repeat)
    named = {"variants": _AS_IT_IS, "cases": cases, "options": options}
    setup, store = played(flow, **named, sampling=Sampling(runs, run=_BASE))
    base = setup.id
    run = (_last_run(store, base) if resume else "") or secrets.token_hex(8)
    setup, store = played(flow, **named, sampling=Sampling(runs, run=run))
    require_keys(setup, flow.context)
    setup = replace(setup, remarks={"test": base, "run": run})
    made = prepared(setup, store, options, TestRun)
    made.baseline_file = before
    return made


_BASE = "any"
"""Stands for all runs of a test: what is the same under it is the same test."""


def _last_run(store: CellStore, base: str) -> str:
    """Return the last run of a test; empty where there is none."""
    specs = (spec for _, _, _, spec in store.comparisons())
    return next((str(spec["run"]) for spec in specs if spec.get("test") == base), "")


def _runs(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise ConfigError("runs is a whole number of at least 1.", kind="runs", fix="Write runs=3.")
    return given
