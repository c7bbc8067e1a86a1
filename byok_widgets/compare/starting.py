"""Prepares comparisons: checks what was given, estimates what they take, looks for cells that are there."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from byok_widgets.compare.case_reading import read_cases
from byok_widgets.compare.cases import Cases, hashed
from byok_widgets.compare.comparison import Comparison
from byok_widgets.compare.flow_task import FlowTask
from byok_widgets.compare.judging import Judge
from byok_widgets.compare.node_task import NodeTask, compared_node
from byok_widgets.compare.prices import CostEstimate, Prices, not_priced
from byok_widgets.compare.result_cell import Key, ResultCell
from byok_widgets.compare.scoring import Metric
from byok_widgets.compare.setup import Setup
from byok_widgets.compare.store import CellStore
from byok_widgets.compare.stubs import Stubs, unstated_by, without_effects
from byok_widgets.compare.task import Task
from byok_widgets.compare.variant import Variant, flow_variant, node_variant, sampling_of
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.files import UntrustedPathError, describe_os_error, private_config
from byok_widgets.graph import FlowGraph
from byok_widgets.misplaced_keys import reject_key
from byok_widgets.nodes.base import Node
from byok_widgets.nodes.compare_options import CompareOptions
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.model_node import ModelNode, model_nodes
from byok_widgets.secrets.quoting import as_given


def compare_node(
    node: Node[Any],
    graph: FlowGraph,
    context: FlowContext,
    *,
    models: Iterable[str],
    cases: Any,
    options: CompareOptions,
) -> Comparison:
    """Return a comparison of models on one node, which has not started."""
    compared = compared_node(node)
    named = _models(models)
    found = read_cases(cases)
    sampling = sampling_of([compared], options.repeat, options.temperature)
    variants = [node_variant(compared, context, model, sampling) for model in named]
    cells = open_store(context, options.store)
    task = NodeTask(compared, graph, context, variants=variants, sampling=sampling, store=cells)
    baseline = _named(options.baseline, variants, context) or _current(compared, variants)
    scripted = any(task.known_id(case) is None for case in found)
    before = [node for node in model_nodes(graph.nodes).values() if scripted and node.name != compared.name]
    beside = {node.name: str(node.resolve().ref) for node in before}
    setup = setup_of(context, task, found, baseline, options)
    limited = with_limits(
        setup, Prices(context), options, beside=[*beside.values(), *(_judge(context) if scripted else [])]
    )
    if limited.budget_usd is not None:
        task.require_bound()
        task.prices.require_bound(before, beside)
    return prepared(limited, cells)


def compare_flow(
    graph: FlowGraph,
    context: FlowContext,
    *,
    variants: Mapping[str, Mapping[str, str]],
    cases: Any,
    options: CompareOptions,
    stubs: Stubs,
) -> Comparison:
    """Return a comparison of assignments on a flow, which has not started."""
    return played_flow(graph, context, variants=_assigned(variants), cases=cases, options=options, stubs=stubs)


def played_flow(
    graph: FlowGraph,
    context: FlowContext,
    *,
    variants: Mapping[str, Mapping[str, str]],
    cases: Any,
    options: CompareOptions,
    stubs: Stubs,
) -> Comparison:
    """Return a comparison of any number of assignments, also of one alone, which has not started."""
    copy = without_effects(graph, stubs)
    sampling = sampling_of(copy.nodes.values(), options.repeat, options.temperature)
    columns = [
        flow_variant(name, copy, context, models, sampling, stubs=stubs) for name, models in variants.items()
    ]
    _reject_equal(columns)
    task = FlowTask(copy, context, variants=columns, sampling=sampling, unstated=unstated_by(graph, stubs))
    baseline = _named_flow_variant(options.baseline, columns, variants)
    setup = setup_of(context, task, read_cases(cases), baseline, options)
    limited = with_limits(setup, Prices(context), options, beside=_judge(context))
    if limited.budget_usd is not None:
        task.require_bound()
    return prepared(limited, open_store(context, options.store))


def _judge(context: FlowContext) -> list[str]:
    """Return the model that judges prompt conditions, where the flow has one of its own for that."""
    chosen = context.config.judge_model
    return [str(context.config.ref(chosen))] if chosen else []


def _assigned(variants: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    given = variants if isinstance(variants, Mapping) else {}
    fits = all(isinstance(name, str) and isinstance(models, Mapping) for name, models in given.items())
    if len(given) < 2 or not fits:
        raise ConfigError(
            "A flow is compared with at least two assignments.",
            kind="variant",
            fix='Write flow.compare({"now": {}, "cheap": {"ask": "..."}}, cases=...).',
        )
    return given


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


def prepared(setup: Setup, store: CellStore) -> Comparison:
    """Return a comparison that knows what it will take, and which of its cells are there."""
    task = setup.task
    ids = [variant.id for variant in task.variants]
    known: dict[Key, ResultCell] = {cell.key: cell for cell in store.cells(ids)}
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
    }
    store.note_comparison(setup.id, time.time(), task.title, spec)
    return Comparison(setup, store, estimate, known)


def estimate_of(setup: Setup, store: CellStore, known: Mapping[Key, ResultCell]) -> CostEstimate:
    """Return what the missing cells will probably cost, from this flow's own token counts where there are any."""
    task = setup.task
    repeats = range(1, task.sampling.repeat + 1)
    tokens = {variant.id: store.tokens([variant.id]) for variant in task.variants}
    counted = store.tokens([variant.id for variant in task.variants])
    calls = finished = 0
    usd, priced = Decimal(0), False
    unpriced: dict[str, None] = {}
    worst: Decimal | None = Decimal(0)
    for case in setup.cases:
        case_id, bounds = task.known_id(case), task.bounds(case)
        for variant in task.variants:
            there = sum(_is_finished(known.get((variant.id, case_id or "", repeat))) for repeat in repeats)
            finished += there
            calls += len(repeats) - there
            worst = (
                None if bounds is None or worst is None else worst + bounds[variant.id] * (len(repeats) - there)
            )
            one = task.expected(variant, case, tokens[variant.id] or counted)
            if one is None:
                unpriced[variant.name] = None
            else:
                priced, usd = True, usd + one * (len(repeats) - there)
    if setup.budget_usd is not None:
        worst = setup.budget_usd if worst is None else min(worst, setup.budget_usd)
    return CostEstimate(calls, finished, usd if priced else None, worst, tuple(unpriced), counted is not None)


def _is_finished(cell: ResultCell | None) -> bool:
    return cell is not None and cell.counts


def with_limits(setup: Setup, prices: Prices, options: CompareOptions, beside: Iterable[str] = ()) -> Setup:
    """Return a setup with its limits.

    Args:
        setup: The setup without them.
        prices: The prices of the flow's calls.
        options: The limits.
        beside: Models that are called besides those of the variants.

    Raises:
        ConfigError: A limit is no number above 0, or a model has no price and `max_calls` is not given.
    """
    usd, max_calls = checked_limits(options.budget, options.max_calls)
    judging = [setup.judge.ref] if setup.judge else []
    called = [ref for variant in setup.task.variants for ref in variant.models.values()]
    refs = dict.fromkeys([*called, *beside, *judging])
    unpriced = [ref for ref in refs if not prices.is_priced(ref)]
    if usd is not None and unpriced:
        if max_calls is None:
            raise not_priced(unpriced)
        usd = None if len(unpriced) == len(refs) else usd
    return replace(setup, budget_usd=usd, max_calls=max_calls)


def checked_limits(budget: float | Decimal | None, max_calls: int | None) -> tuple[Decimal | None, int | None]:
    """Return the limits of a run as numbers; `None` for no limit.

    Raises:
        ConfigError: One is no number above 0.
    """
    if max_calls is not None and (isinstance(max_calls, bool) or not isinstance(max_calls, int) or max_calls < 1):
        raise ConfigError("max_calls is a whole number of at least 1.", kind="budget", fix="Write max_calls=100.")
    return None if budget is None else _money(budget), max_calls


def open_store(context: FlowContext, path: str | Path | None) -> CellStore:
    """Return the store of a flow's cells: a private file of its own, or the one that was named.

    A flow that saves nothing keeps them in memory.

    Raises:
        ConfigError: The file cannot be used.
    """
    if path is not None:
        reject_key(str(path))
        return CellStore.at(Path(path))
    if context.config.path is None:
        return _in_memory(context)
    folder = private_config().sub("comparisons")
    try:
        folder.make()
    except (OSError, UntrustedPathError) as error:
        problem = describe_os_error(error) if isinstance(error, OSError) else str(error)
    else:
        name = hashlib.sha256(context.config.name.encode()).hexdigest()[:32]
        return CellStore.at(folder.path / f"{name}.sqlite")
    raise ConfigError(
        f"The folder of comparisons cannot be used: {problem}.",
        kind="store",
        fix='Give a file: store="cells.sqlite".',
    )


_memory: dict[int, tuple[FlowContext, CellStore]] = {}


def _in_memory(context: FlowContext) -> CellStore:
    if id(context) not in _memory:
        _memory[id(context)] = (context, CellStore(None))
    return _memory[id(context)][1]


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
    return Setup(own, context.config.name, task, cases, metric, baseline, margin, judge=judge)


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


def _money(budget: float | Decimal) -> Decimal:
    try:
        usd = Decimal(str(budget))
        if usd.is_finite() and usd > 0 and not isinstance(budget, bool):
            return usd
    except InvalidOperation:
        pass
    raise ConfigError(
        f"A budget is an amount above 0 in US dollars, not {as_given(budget)}.", kind="budget", fix="budget=0.50"
    )
