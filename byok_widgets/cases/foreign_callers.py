"""Simulated callers of a file that somebody else may have made: they run no model file and speak within limits."""

from __future__ import annotations

from collections.abc import Iterable

from byok_widgets.cases.case import Case
from byok_widgets.errors import ConfigError
from byok_widgets.graph import FlowGraph
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.models_in_use import models_in_use
from byok_widgets.providers import PROVIDERS

MOST_SAID = 240
"""Most that the caller of a case in a file may say, in all of its attempts together: seven times what is usual."""

_TRUST = (
    "if you know who made the file, read it with flow.cases(path, trust=True), or run byok-widgets test --trust."
)


def require_harmless(cases: Iterable[Case], graph: FlowGraph, context: FlowContext) -> None:
    """Reject what simulated callers of files may not do, before anything looks at a model of theirs.

    Raises:
        ConfigError: One would run a file of this machine that the flow does not use, or may speak too often.
    """
    in_use = set(models_in_use(context.config, graph.nodes))
    for case in cases:
        caller = case.simulated
        if caller is None or not case.is_foreign:
            continue
        most = caller.attempts * caller.max_turns
        if most > MOST_SAID:
            raise ConfigError(
                f"{case.place}: its simulated caller may speak {most:,} times, which is attempts times max_turns; "
                f"the caller of a file may speak {MOST_SAID} times.",
                kind="cases",
                fix=f"Lower one of them there; or, {_TRUST}",
            )
        for ref in map(context.config.ref, caller.refs):
            if PROVIDERS[ref.provider].runs_file(ref.model) and ref not in in_use:
                raise ConfigError(
                    f"{case.place}: its simulated caller would run a model file of this machine, {ref.model!r}.",
                    kind="cases",
                    fix=f"Name another model there; or, {_TRUST}",
                )
