"""Comparing models on one node: `compare` and `acompare`, which are methods of `ModelNode`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from byok_widgets.nodes.compare_options import CompareOptions


class ComparedNode(Protocol):
    """What is needed of the node."""

    def prepare_comparison(self, models: Iterable[str], cases: Any, options: CompareOptions) -> Any:
        """Return a comparison on this node that has not begun."""


def compare(  # noqa: D417 - `node` is the `self` of the method
    node: ComparedNode,
    models: Iterable[str],
    cases: Any,
    *,
    repeat: int = 1,
    budget: float | Decimal | None = None,
    max_calls: int | None = None,
    baseline: str | None = None,
    margin: float | None = None,
    metric: Any = "checks",
    temperature: float | None = None,
    stubs: Mapping[str, Mapping[str, Any]] | None = None,
    run_effects: bool = False,
    shard: tuple[int, int] | None = None,
    executor: Any = None,
    store: str | Path | None = None,
    batch: bool = False,
    wait: bool | None = None,
) -> Any:
    """Compare models on this node over cases: all get the same requests, apart from the model.

    A case with a text or a transcript is given to the node as it is. A script of turns is played through the
    flow once, with its current models, and the input that the node gets there is used for every model. Actions
    with effects are not called. Each finished cell is saved at once: the same call, even after a restart, pays
    only for what is missing.

    It returns when everything is done; interrupting the cell stops it and keeps what is finished.

    Args:
        models: Model refs, or ids of the flow's provider.
        cases: What `flow.cases` takes or returns.
        repeat: How often each case is run with each model. Repeats have seeds, and a temperature above 0.
        budget: Maximum cost in US dollars. The worst case of each call is reserved before it is sent,
            including retries and a repair.
        max_calls: Maximum number of calls of the node, each with its retries and its repair; required in addition
            to `budget` if a model has no price.
        baseline: The model that the others are compared with; by default the node's current one, or else the
            first.
        margin: The loss of score that you accept, such as 0.05 for 5 points: only then can a model be shown to
            be no worse.
        metric: `"checks"` for the share of expectations that hold, `"all"` for whether all do, or a
            function of a case and its output that returns 0 to 1.
        temperature: Temperature of the calls; with repeats, 0.7 unless it is set here or at the node.
        stubs: Results of actions, used instead of calling them while scripts are played: values of variables, by
            the node's name.
        run_effects: Whether actions with effects that have no stub are really called.
        shard: `(1, 4)` runs the first of four parts, with its share of the limits and of the provider's quota, and
            writes its own file; `flow.merge_comparisons()` joins them.
        executor: A dask.distributed client: cells run on its workers, and are stored here as they finish.
        store: A file for the finished cells; by default a private file of the flow. Refused while the flow is
            recorded or replayed: they are kept in memory then.
        batch: Whether to use the providers' batch APIs, at the batch price, with answers within a day. Models of
            providers without one run as usual. The same call, even after a restart, picks up the submitted batches
            and submits nothing twice. There are no latencies; a repair takes another batch.
        wait: Whether to return only when everything is done. By default it returns at once if a page shows the
            board, and asking for verdicts waits. In a browser's tab it waits if possible.

    Returns:
        A `Comparison`: shown as a board that fills, and saved as a table, with `verdicts()`, `best()`,
            `diff(case)`, `save(path)` and more.

    Raises:
        ConfigError: A case, a model or a limit cannot be used; a budget has no price or no bound;
            repeats could not differ.
        KeyFormatError: A case contains an API key.
    """
    from byok_widgets.nodes.compare_options import CompareOptions

    options = CompareOptions(
        repeat=repeat,
        budget=budget,
        max_calls=max_calls,
        baseline=baseline,
        margin=margin,
        metric=metric,
        temperature=temperature,
        store=store,
        stubs=stubs,
        run_effects=run_effects,
        shard=shard,
        executor=executor,
        batch=batch,
    )
    return node.prepare_comparison(models, cases, options).begin(wait=wait)


async def acompare(node: ComparedNode, models: Iterable[str], cases: Any, **options: Any) -> Any:
    """Async variant of `compare`; returns when all is done. Cancelling it stops the calls."""
    from byok_widgets.nodes.compare_options import CompareOptions

    options.pop("wait", None)
    return await node.prepare_comparison(models, cases, CompareOptions.of(options, "acompare")).abegin()
