"""Makes comparisons of assignments: which model runs which node of a flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from byok_widgets.cases.fitting import require_fit, require_possible
from byok_widgets.cases.foreign_callers import require_harmless
from byok_widgets.cases.reading import read_cases
from byok_widgets.compare.cells.frozen import FrozenFlow, LiveFlow
from byok_widgets.compare.cells.shard import Shard
from byok_widgets.compare.cells.variant import Sampling, Variant, flow_variant, sampling_of
from byok_widgets.compare.comparison import Comparison
from byok_widgets.compare.executors.choice import executor_of
from byok_widgets.compare.results.evidence import require_statistics
from byok_widgets.compare.running.setup import Setup
from byok_widgets.compare.starting import frozen, prepared, setup_of
from byok_widgets.compare.storage.opening import open_store
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.compare.tasks.flow_task import FlowTask
from byok_widgets.compare.tasks.judging import Judge
from byok_widgets.compare.tasks.stubs import unstated_by
from byok_widgets.errors import ConfigError
from byok_widgets.misplaced_keys import reject_any_key
from byok_widgets.nodes.compare_options import CompareOptions
from byok_widgets.nodes.unknown_model import tell_if_unknown
from byok_widgets.secrets.quoting import as_given


def compare_flow(
    flow: LiveFlow, *, variants: Mapping[str, Mapping[str, str]], cases: Any, options: CompareOptions
) -> Comparison:
    """Return a comparison of assignments on a flow, which has not started."""
    if options.batch:
        raise ConfigError(
            "A flow cannot be compared by batches: each turn needs the answer before it.",
            kind="batch",
            fix="Compare one node: flow.node(name).compare(models, cases, batch=True).",
        )
    found = read_cases(cases)
    require_possible(found, flow.graph)
    return played_flow(flow, variants=_assigned(variants), cases=found, options=options)


def played_flow(
    flow: LiveFlow,
    *,
    variants: Mapping[str, Mapping[str, str]],
    cases: Any,
    options: CompareOptions,
    sampling: Sampling | None = None,
    against: str = "",
) -> Comparison:
    """Return a comparison of any number of assignments, also of one alone, which has not started.

    Args:
        flow: The flow.
        variants: Models by node, by the name of the variant.
        cases: What `flow.cases` takes or returns.
        options: How it is run.
        sampling: How repeats are sampled; by default as the options and the nodes say.
        against: Id of a variant that was run before, apart from these, and that they are compared with.
    """
    setup, store = played(flow, variants=variants, cases=cases, options=options, sampling=sampling)
    return prepared(replace(setup, against=against), store, options)


def played(
    flow: LiveFlow,
    *,
    variants: Mapping[str, Mapping[str, str]],
    cases: Any,
    options: CompareOptions,
    sampling: Sampling | None = None,
) -> tuple[Setup, CellStore]:
    """Return how a comparison of assignments is run, and where its cells are."""
    stubs, shard = options.stubs or {}, Shard.of(options.shard)
    found = shard.cases(read_cases(cases))
    reject_any_key([dict(variants), dict(stubs), options.texts])
    sampling = sampling or sampling_of(flow.graph.nodes.values(), options.repeat, options.temperature)

    def columns() -> tuple[FrozenFlow, list[Variant]]:
        fixed = frozen(flow, options)
        return fixed, [
            flow_variant(name, fixed, models, sampling, stubs=stubs) for name, models in variants.items()
        ]

    fixed, made = columns()
    _reject_equal(made)
    require_fit(found, fixed.graph, speaks_first=fixed.speaks_first)
    require_harmless(found, fixed.graph, fixed.context)
    effects = [] if options.run_effects else unstated_by(flow.graph, stubs)
    unstated = [name for name in effects if not all(name in case.stubs for case in found)]
    callers = [ref for case in found if case.simulated for ref in case.simulated.refs]
    refs = [str(fixed.context.config.ref(ref)) for ref in dict.fromkeys(callers)]
    for ref in refs:
        tell_if_unknown(fixed.context.config, ref)
    if refs:
        require_statistics()
    task = FlowTask(fixed, variants=made, sampling=sampling, unstated=unstated, callers=refs)
    baseline = _named_flow_variant(options.baseline, made, variants)
    setup = setup_of(fixed.context, task, found, baseline, options)
    setup = replace(
        setup,
        shard=shard,
        executor=executor_of(options.executor),
        variants_now=lambda: columns()[1],
        judge_now=lambda: Judge(flow.context),
    )
    return setup, open_store(flow.context, options.store, shard)


def _assigned(variants: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    if not isinstance(variants, Mapping):
        raise ConfigError(
            f"The variants of a flow are a mapping from names to assignments, not {as_given(variants)}.",
            kind="variant",
            fix='Write flow.compare({"now": {}, "cheap": {"ask": "..."}}, cases=...). To compare models on one '
            'node, write node.compare(["...", "..."], cases).',
        )
    fits = all(isinstance(name, str) and isinstance(models, Mapping) for name, models in variants.items())
    if len(variants) < 2 or not fits:
        raise ConfigError(
            "A flow is compared with at least two assignments.",
            kind="variant",
            fix='Write flow.compare({"now": {}, "cheap": {"ask": "..."}}, cases=...).',
        )
    return variants


def _reject_equal(variants: Sequence[Variant]) -> None:
    """Reject two variants that are the same: their cells would be the same cells."""
    by_id: dict[str, str] = {}
    for variant in variants:
        if variant.id in by_id:
            raise ConfigError(
                f"Variants {by_id[variant.id]!r} and {variant.name!r} give each node the same model.",
                kind="variant",
                fix="Leave one of them out; repeat= runs cases more than once.",
            )
        by_id[variant.id] = variant.name


def _named_flow_variant(
    baseline: str | None, variants: Sequence[Variant], assigned: Mapping[str, Mapping[str, str]]
) -> Variant:
    """Return the variant that was named; by default the one that changes nothing, else the first."""
    if baseline is None:
        return next((variant for variant in variants if not assigned[variant.name]), variants[0])
    for variant in variants:
        if variant.name == baseline:
            return variant
    raise ConfigError(
        f"The baseline {as_given(baseline)} is not among the variants.",
        kind="baseline",
        fix=f"There are: {', '.join(variant.name for variant in variants)}.",
    )
