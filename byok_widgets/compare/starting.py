"""Prepares comparisons: checks what was given, estimates what they take, looks for cells that are there."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from byok_widgets.cases.case import Cases
from byok_widgets.cases.reading import read_cases
from byok_widgets.compare.batching import has_batches
from byok_widgets.compare.comparison import Comparison
from byok_widgets.compare.estimating import estimate_of
from byok_widgets.compare.evidence import require_statistics
from byok_widgets.compare.executors.base import LOCAL
from byok_widgets.compare.executors.choice import executor_of
from byok_widgets.compare.flow_task import FlowTask
from byok_widgets.compare.frozen import FrozenFlow, LiveFlow
from byok_widgets.compare.judging import Judge
from byok_widgets.compare.limits import Limits
from byok_widgets.compare.node_task import NodeTask, compared_node
from byok_widgets.compare.opening import open_store
from byok_widgets.compare.result_cell import Key, ResultCell
from byok_widgets.compare.scoring import Metric
from byok_widgets.compare.setup import Setup
from byok_widgets.compare.shard import Shard
from byok_widgets.compare.store import CellStore
from byok_widgets.compare.stubs import stubbed, unstated_by, without_effects
from byok_widgets.compare.task import Task
from byok_widgets.compare.variant import Sampling, Variant, flow_variant, node_variant, sampling_of
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.hashing import hashed
from byok_widgets.misplaced_keys import reject_any_key
from byok_widgets.nodes.base import Node
from byok_widgets.nodes.compare_options import CompareOptions
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.model_node import ModelNode
from byok_widgets.providers import PROVIDERS
from byok_widgets.reply import Origin, badge
from byok_widgets.secrets.quoting import as_given


def compare_node(
    node: Node[Any],
    flow: LiveFlow,
    *,
    models: Iterable[str],
    cases: Any,
    options: CompareOptions,
) -> Comparison:
    """Return a comparison of models on one node, which has not started."""
    named, shard = _models(models), Shard.of(options.shard)
    found = shard.cases(read_cases(cases))
    reject_any_key([named, dict(options.stubs or {}), options.texts])
    compared = compared_node(node)
    store = open_store(flow.context, options.store, shard)
    sampling = sampling_of([compared], options.repeat, options.temperature)

    def columns(now: Node[Any]) -> tuple[ModelNode[Any], FrozenFlow, list[Variant]]:
        fixed = _frozen(flow, options)
        own = compared_node(now.frozen(fixed.context))
        return own, fixed, [node_variant(own, fixed, model, sampling) for model in named]

    own, fixed, variants = columns(compared)
    task = NodeTask(own, fixed, variants=variants, sampling=sampling, store=store, batch=options.batch)
    baseline = _named(options.baseline, variants, fixed.context) or _current(own, variants)
    setup = setup_of(fixed.context, task, found, baseline, options)
    setup = replace(
        setup,
        shard=shard,
        executor=executor_of(options.executor),
        batch=options.batch,
        context=fixed.context if options.batch else None,
        variants_now=lambda: columns(flow.graph.nodes.get(own.name, compared))[2],
    )
    return prepared(setup, store, options)


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
    return played_flow(flow, variants=_assigned(variants), cases=cases, options=options)


def played_flow(
    flow: LiveFlow,
    *,
    variants: Mapping[str, Mapping[str, str]],
    cases: Any,
    options: CompareOptions,
    sampling: Sampling | None = None,
) -> Comparison:
    """Return a comparison of any number of assignments, also of one alone, which has not started.

    Args:
        flow: The flow.
        variants: Models by node, by the name of the variant.
        cases: What `flow.cases` takes or returns.
        options: How it is run.
        sampling: How repeats are sampled; by default as the options and the nodes say.
    """
    return prepared(*played(flow, variants=variants, cases=cases, options=options, sampling=sampling), options)


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
        fixed = _frozen(flow, options)
        return fixed, [
            flow_variant(name, fixed, models, sampling, stubs=stubs) for name, models in variants.items()
        ]

    fixed, made = columns()
    _reject_equal(made)
    for case in found:
        stubbed(fixed, case.stubs)  # a stub that fits no action is told before the first call
    effects = [] if options.run_effects else unstated_by(flow.graph, stubs)
    unstated = [name for name in effects if not all(name in case.stubs for case in found)]
    callers = [ref for case in found if case.simulated for ref in case.simulated.refs]
    refs = [str(fixed.context.config.ref(ref)) for ref in dict.fromkeys(callers)]
    if refs:
        require_statistics()
        _require_known_goals(found, fixed)
    task = FlowTask(fixed, variants=made, sampling=sampling, unstated=unstated, callers=refs)
    baseline = _named_flow_variant(options.baseline, made, variants)
    setup = setup_of(fixed.context, task, found, baseline, options)
    setup = replace(setup, shard=shard, executor=executor_of(options.executor), variants_now=lambda: columns()[1])
    return setup, open_store(flow.context, options.store, shard)


def _require_known_goals(cases: Cases, flow: FrozenFlow) -> None:
    """Make sure that the goals of simulated callers can be reached.

    Raises:
        ConfigError: The condition of one reads a variable that nothing sets.
    """
    written = {name for node in flow.graph.nodes.values() for name in node.writes}
    for case in cases:
        done = case.simulated.is_done if case.simulated else None
        for name in done.names if done else ():
            if name not in written and name not in case.variables:
                raise ConfigError(
                    f"The goal of the caller in case {case.name!r} reads {name!r}, which no node sets.",
                    kind="caller",
                    fix=f"The nodes set: {', '.join(sorted(written)) or 'nothing'}.",
                )


def _frozen(flow: LiveFlow, options: CompareOptions) -> FrozenFlow:
    """Return a flow as it is now, in which actions with effects call nothing unless that was asked for.

    Raises:
        ConfigError: It is recorded or replayed, and workers of a cluster or batches are to get the answers.
    """
    if flow.context.tape is not None and (options.executor is not None or options.batch):
        raise ConfigError(
            "What a cluster or a batch answers is neither recorded nor replayed.",
            kind="cassette",
            fix="Leave executor= and batch= out, or call flow.live() first.",
        )
    graph = without_effects(flow.graph, options.stubs or {}, run_effects=options.run_effects)
    return FrozenFlow.of(graph, flow.context, opens=flow.opens())


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


C = TypeVar("C", bound=Comparison)


def prepared(setup: Setup, store: CellStore, options: CompareOptions, kind: type[C] = Comparison) -> C:  # type: ignore[assignment]
    """Return a comparison that knows its limits, what it will take, and which of its cells are there.

    Args:
        setup: How it is run.
        store: Where its cells are.
        options: Its limits.
        kind: What is made of it.

    Raises:
        ConfigError: A limit cannot be used.
    """
    setup = setup.limited(options.budget, options.max_calls)
    task = setup.task
    ids = [variant.id for variant in task.variants]
    known: dict[Key, ResultCell] = {cell.key: cell for cell in store.cells(ids)}
    if setup.batch:
        _require_batches(setup, store, known)
    estimate = estimate_of(setup, store, known)
    spec = {
        "variants": {variant.name: dict(variant.models) for variant in task.variants},
        "ids": ids,
        "cases": [case.name for case in setup.cases],
        "repeat": task.sampling.repeat,
        "temperature": task.sampling.temperature,
        "metric": setup.metric.name,
        "baseline": setup.baseline.name,
        "margin": setup.margin,
        **setup.remarks,
    }
    store.note_comparison(setup.id, time.time(), f"{task.title}{setup.shard.words}", spec)
    return kind(setup, store, estimate, known)


def _require_batches(setup: Setup, store: CellStore, known: Mapping[Key, ResultCell]) -> None:
    """Make sure that there are batches, and that the limits cover the worst case: no limit stops them later.

    Raises:
        ConfigError: None of the models goes by batch, or the limits do not cover all that is missing.
    """
    task, limits = setup.task, setup.limits
    if not any(has_batches(ref) for variant in task.variants for ref in variant.models.values()):
        raise ConfigError(
            "None of the providers of these models takes batches.", kind="batch", fix="Leave batch= out."
        )
    if setup.executor is not LOCAL:
        raise ConfigError(
            "Batches are submitted from here, not by the workers of a cluster.",
            kind="batch",
            fix="Leave executor= or batch= out.",
        )
    whole = estimate_of(replace(setup, limits=Limits()), store, known)
    if limits.max_calls is not None and whole.calls > limits.max_calls:
        raise ConfigError(
            f"{whole.calls} calls are missing, and max_calls={limits.max_calls}: a batch cannot be stopped there.",
            kind="budget",
            fix=f"Write max_calls={whole.calls}, or take fewer cases.",
        )
    if limits.usd is not None and (whole.worst_usd is None or whole.worst_usd > limits.usd):
        worst = "has no bound yet" if whole.worst_usd is None else f"is ${whole.worst_usd:.4f}"
        raise ConfigError(
            f"The worst case {worst}, and the budget is ${limits.usd:.4f}: a batch cannot be stopped there.",
            kind="budget",
            fix="Raise the budget, take fewer cases, or lower max_tokens of the node.",
        )


def setup_of(context: FlowContext, task: Task, cases: Cases, baseline: Variant, options: CompareOptions) -> Setup:
    """Return how a comparison is run.

    Raises:
        ConfigError: The margin is no share, or nothing is expected of any case.
    """
    metric, margin = Metric.of(options.metric), options.margin
    if margin is not None and (isinstance(margin, bool) or not 0 < float(margin) < 1):
        raise ConfigError(
            f"A margin is a share between 0 and 1, not {as_given(margin)}.",
            kind="margin",
            fix="Write margin=0.05 for 5 points.",
        )
    unlabelled = [case.name for case in cases if not case.is_labelled]
    if metric.needs_labels and len(unlabelled) == len(cases):
        raise ConfigError(
            "Nothing is expected of any case, so nothing could be scored.",
            kind="cases",
            fix="Give the cases values={...}, or give metric=, a function of a case and its output.",
        )
    ids = [variant.id for variant in task.variants]
    own = hashed([ids, [case.input_id for case in cases], task.sampling.repeat, metric.name, baseline.id, margin])
    judge = Judge(context) if any(case.questions for case in cases) else None
    flow = context.config.name
    return Setup(
        own, flow, task, cases, metric, baseline, margin, judge=judge, badge=badge(_origins(task, context))
    )


def _origins(task: Task, context: FlowContext) -> Iterator[Origin]:
    """Yield where the answers of a comparison come from."""
    if context.tape is not None and context.tape.replays:
        yield "replay"
    if not context.sends_nothing:
        refs = (ref for variant in task.variants for ref in variant.models.values())
        yield from ("local" if PROVIDERS[ref.partition(":")[0]].free_of_charge else "live" for ref in refs)


def _named(baseline: str | None, variants: Sequence[Variant], context: FlowContext) -> Variant | None:
    """Return the variant that was chosen as the baseline, by its name or by its model; `None` if none was."""
    if baseline is None:
        return None
    chosen = str(context.config.ref(baseline))
    for variant in variants:
        if chosen in (variant.name, variant.model):
            return variant
    raise ConfigError(
        f"The baseline {baseline!r} is not among the models.", kind="baseline", fix="Add it to models=[...]."
    )


def _current(node: ModelNode[Any], variants: Sequence[Variant]) -> Variant:
    """Return the variant that the node runs now, where it is among them; else the first."""
    try:
        now = str(node.resolve().ref)
    except ByokError:
        now = ""
    return next((variant for variant in variants if variant.models[node.name] == now), variants[0])


def _models(models: Iterable[str]) -> list[str]:
    named = [models] if isinstance(models, str) else list(models)
    if len(set(named)) < 2:
        raise ConfigError(
            "A comparison needs at least two models.", kind="models", fix='Write models=["...", "..."].'
        )
    if len(set(named)) < len(named):
        raise ConfigError("A model is named twice.", kind="models", fix="Name each once; repeat= repeats calls.")
    return named
