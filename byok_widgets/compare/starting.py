"""Prepares comparisons: checks what was given, estimates what they take, looks for cells that are there."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from numbers import Real
from typing import TypeVar

from byok_widgets.cases.case import Cases
from byok_widgets.compare import second_look
from byok_widgets.compare.cells.frozen import FrozenFlow, LiveFlow
from byok_widgets.compare.cells.result_cell import Key, ResultCell
from byok_widgets.compare.cells.scoring import Metric
from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.comparison import Comparison
from byok_widgets.compare.executors.base import LOCAL
from byok_widgets.compare.running.estimating import estimate_of
from byok_widgets.compare.running.setup import Setup
from byok_widgets.compare.spending.limits import Limits
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.compare.tasks.batching import has_batches
from byok_widgets.compare.tasks.judging import Judge
from byok_widgets.compare.tasks.stubs import without_effects
from byok_widgets.compare.tasks.task import Task
from byok_widgets.errors import ConfigError
from byok_widgets.hashing import hashed
from byok_widgets.nodes.compare_options import CompareOptions
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.providers import PROVIDERS
from byok_widgets.reply import Origin, badge
from byok_widgets.secrets.quoting import as_given


def frozen(flow: LiveFlow, options: CompareOptions) -> FrozenFlow:
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
    apart = store.cells([setup.against]) if setup.against else ()
    counted = [cell.key for cell in (*known.values(), *apart) if cell.counts]
    look = second_look.look_of(setup, store, counted)
    spec = {
        "variants": {variant.name: dict(variant.models) for variant in task.variants},
        "ids": ids,
        "cases": [case.name for case in setup.cases],
        "repeat": task.sampling.repeat,
        "temperature": task.sampling.temperature,
        "metric": setup.metric.name,
        "scoring": setup.scoring,
        "baseline": setup.baseline.name,
        "margin": setup.margin,
        **look,
        **setup.remarks,
    }
    store.note_comparison(setup.id, time.time(), f"{task.title}{setup.shard.words}", spec)
    return kind(replace(setup, is_second_look=look[second_look.NAME]), store, estimate, known)


def _require_batches(setup: Setup, store: CellStore, known: Mapping[Key, ResultCell]) -> None:
    """Make sure that there are batches, and that the limits cover the worst case: no limit stops them later.

    Calls of a judge go one by one and can be stopped; they are in the number of calls alone.

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
        about = "About " if whole.is_rough else ""
        raise ConfigError(
            f"{about}{whole.calls} calls are missing, and max_calls={limits.max_calls}: a batch cannot be stopped "
            "there.",
            kind="budget",
            fix=f"Write max_calls={whole.calls}, or take fewer cases.",
        )
    if limits.usd is not None and whole.reserved_usd is None:
        raise ConfigError(
            "Scripts have to be played up to the node before the worst case is known, and a batch cannot be "
            "stopped at the budget.",
            kind="budget",
            fix="Limit it by max_calls= in place of budget=, or give the cases texts or transcripts.",
        )
    if limits.usd is not None and whole.reserved_usd is not None and whole.reserved_usd > limits.usd:
        raise ConfigError(
            f"The worst case is ${whole.reserved_usd:.4f}, and the budget is ${limits.usd:.4f}: a batch cannot be "
            "stopped there.",
            kind="budget",
            fix="Raise the budget, take fewer cases, or lower max_tokens of the node.",
        )


def setup_of(context: FlowContext, task: Task, cases: Cases, baseline: Variant, options: CompareOptions) -> Setup:
    """Return how a comparison is run.

    Raises:
        ConfigError: The margin is no share, or nothing is expected of any case.
    """
    metric, margin = Metric.of(options.metric), options.margin
    is_share = isinstance(margin, Real) and not isinstance(margin, bool) and 0 < margin < 1
    if margin is not None and not is_share:
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
