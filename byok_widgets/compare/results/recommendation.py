"""`Recommendation`: the variant to use, and the evidence for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from byok_widgets.compare.results.outdated import changed_words
from byok_widgets.display import markup
from byok_widgets.errors import ConfigError
from byok_widgets.secrets import redact
from byok_widgets.secrets.json_redaction import redact_keys

if TYPE_CHECKING:
    from byok_widgets.compare.results.comparison_view import ComparisonView
    from byok_widgets.compare.results.variant_result import VariantResult

_NO_WORSE = "no worse"
_SAFE = frozenset({"better", _NO_WORSE})


@dataclass(frozen=True, repr=False)
class Recommendation:
    """What to use, for `flow.apply`.

    Attributes:
        variant: Name of the variant.
        models: Model refs by node.
        is_baseline: Whether it is the baseline: then there is nothing to change.
        reason: The evidence, in one sentence.
    """

    variant: str
    models: Mapping[str, str]
    is_baseline: bool
    reason: str

    def __str__(self) -> str:
        return redact(f"{self.variant}: {self.reason}", words=False)

    def __repr__(self) -> str:
        variant, reason, models = redact_keys([self.variant, self.reason, dict(self.models)])
        return f"Recommendation({variant!r}, models={models!r}, reason={reason!r})"

    def _repr_html_(self) -> str:
        variant, reason, models = redact_keys([self.variant, self.reason, dict(self.models)])
        chosen = [(f"model for {node}", ref) for node, ref in models.items()]
        return markup.table([("variant", variant), *chosen, ("why", reason)], caption="Recommendation")


def choose(comparison: ComparisonView, node: str | None = None) -> Recommendation:
    """Return the cheapest variant that is shown to be better or no worse; the baseline where none is.

    One that is only shown to be no worse, and costs more, is no reason to change.
    """
    known = {name for variant in comparison.variants for name in variant.models}
    if node is not None and node not in known:
        raise ConfigError(
            f"Node {node!r} is not part of this comparison.",
            kind="node",
            fix=f"There are: {', '.join(sorted(known))}.",
        )
    found = comparison.verdicts()
    safe = [result for result in found if result.verdict in _SAFE and not _is_dearer(comparison, result)]
    chosen = min(safe, key=lambda result: _rank(comparison, result), default=None)
    variant = comparison.baseline if chosen is None else chosen.variant
    models = {name: ref for name, ref in variant.models.items() if node in (None, name)}
    reason = _why_kept(comparison, found) if chosen is None else _evidence(comparison, chosen)
    if chosen is not None and (outdated := comparison.outdated):
        reason += f", before {changed_words(outdated)}"
    return Recommendation(variant.name, models, chosen is None, reason)


def _is_dearer(comparison: ComparisonView, result: VariantResult) -> bool:
    """Whether a variant that is only no worse is known to cost more than the baseline."""
    variants = result.variant, comparison.baseline
    ours, theirs = (comparison.results.summary(variant).usd_per_1000 for variant in variants)
    return result.verdict == _NO_WORSE and ours is not None and theirs is not None and ours > theirs


def _rank(comparison: ComparisonView, result: VariantResult) -> tuple[bool, float, float]:
    """Return what orders variants that are safe: those with a price first, the cheapest, then the better one."""
    usd = comparison.results.summary(result.variant).usd_per_1000
    return usd is None, float(usd or 0), -result.score.estimate


def _evidence(comparison: ComparisonView, result: VariantResult) -> str:
    difference = result.difference
    if difference is None:
        return f"{result.verdict} than {comparison.baseline.name}: {result.reason.removesuffix('.')}"
    points = f"{100 * difference.estimate:+.1f} points"
    interval = (
        f"{100 * difference.level:.3g}% interval {100 * difference.low:+.1f} to {100 * difference.high:+.1f}"
    )
    margin = f", margin {100 * difference.margin:g} points" if difference.margin else ""
    return (
        f"{difference.verdict} than {comparison.baseline.name}: {points} ({interval}{margin}), "
        f"{difference.n} cases, metric {comparison.metric.name}"
    )


def _why_kept(comparison: ComparisonView, found: list[VariantResult]) -> str:
    others = [
        f"{result.variant.name}: {result.verdict}{', but it costs more' if _is_dearer(comparison, result) else ''}"
        for result in found
        if result.verdict != "baseline"
    ]
    margin = "" if comparison.margin is not None else " Without a margin, “no worse” cannot be shown."
    nothing = "better or no worse than the baseline"
    if any(_is_dearer(comparison, result) for result in found):
        nothing = "better than the baseline, or no worse at no higher cost"
    return f"no variant is shown to be {nothing} ({'; '.join(others)}).{margin}"
