"""Makes comparisons of models on one node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from byok_widgets.cases.case import Cases
from byok_widgets.cases.checks import expected_of
from byok_widgets.cases.fitting import require_fit, require_possible
from byok_widgets.cases.reading import read_cases
from byok_widgets.compare.cells.frozen import FrozenFlow, LiveFlow
from byok_widgets.compare.cells.scoring import Metric
from byok_widgets.compare.cells.shard import Shard
from byok_widgets.compare.cells.variant import Variant, node_variant, sampling_of
from byok_widgets.compare.comparison import Comparison
from byok_widgets.compare.executors.choice import executor_of
from byok_widgets.compare.starting import frozen, prepared, setup_of
from byok_widgets.compare.storage.opening import open_store
from byok_widgets.compare.tasks.judging import Judge
from byok_widgets.compare.tasks.node_task import NodeTask, compared_node
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.misplaced_keys import reject_any_key
from byok_widgets.nodes.base import Node
from byok_widgets.nodes.compare_options import CompareOptions
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.model_node import ModelNode
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
        fixed = frozen(flow, options)
        own = compared_node(now.frozen(fixed.context))
        return own, fixed, [node_variant(own, fixed, model, sampling) for model in named]

    own, fixed, variants = columns(compared)
    _reject_equal(variants)
    unjudged: list[str] = []
    if Metric.of(options.metric).needs_labels:
        require_fit(found, fixed.graph, speaks_first=fixed.speaks_first)
        require_possible(found, fixed.graph)
        unjudged = _unjudged(found, own)
    task = NodeTask(
        own, fixed, variants=variants, sampling=sampling, store=store, batch=options.batch, unjudged=unjudged
    )
    baseline = _named(options.baseline, variants, fixed.context) or _current(own, variants)
    setup = setup_of(fixed.context, task, found, baseline, options)
    setup = replace(
        setup,
        shard=shard,
        executor=executor_of(options.executor),
        batch=options.batch,
        context=fixed.context if options.batch else None,
        variants_now=lambda: columns(flow.graph.nodes.get(own.name, compared))[2],
        judge_now=lambda: Judge(flow.context),
    )
    return prepared(setup, store, options)


def _unjudged(cases: Cases, node: ModelNode[Any]) -> list[str]:
    """Return what cases expect and the node alone is not judged by.

    Raises:
        ConfigError: That is all they expect.
    """
    shown = {"values": dict.fromkeys(node.writes)}
    own = [expected_of(case, shown) for case in cases]
    if any(case.is_labelled for case in cases) and not any(own):
        raise ConfigError(
            f"The cases expect nothing of node {node.name!r} itself, so nothing could be scored.",
            kind="cases",
            fix="Give them values={...} that it reads, or contains=[...] of its answer, or give metric=, a "
            "function of a case and its output. flow.compare judges whole conversations.",
        )
    named = dict.fromkeys(name for case in cases for name in (*case.values, *case.status))
    left = [name for name in named if name not in node.writes]
    of_flow = {
        "path": any(case.path for case in cases),
        "end node": any(case.end_node for case in cases),
        "single turns": any(case.turns for case in cases),
        "limits": any(case.expected.limit_words for case in cases),
    }
    return [*left, *(name for name, is_expected in of_flow.items() if is_expected)]


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
    if isinstance(models, Mapping) or not isinstance(models, Iterable):
        raise ConfigError(
            f"The models of a comparison are a list, not {as_given(models)}.",
            kind="models",
            fix='Write models=["...", "..."].',
        )
    named = [models] if isinstance(models, str) else list(models)
    if len(named) < 2:
        raise ConfigError(
            "A comparison needs at least two models.", kind="models", fix='Write models=["...", "..."].'
        )
    return named


def _reject_equal(variants: Sequence[Variant]) -> None:
    """Reject a model that is named twice, also in two ways: its cells would be the same cells."""
    names = [variant.name for variant in variants]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise ConfigError(
            f"Model {twice[0]!r} is named twice.", kind="models", fix="Name each once; repeat= repeats calls."
        )
