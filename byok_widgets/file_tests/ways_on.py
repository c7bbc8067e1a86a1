"""What helps where cases could not be run: how to record an answer, or give an action its function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from byok_widgets.testing.outcomes import CaseOutcome


def ways_on(outcomes: Iterable[CaseOutcome], *, record: str, functions: str) -> Iterator[str]:
    """Yield a sentence for each kind of hindrance.

    Args:
        outcomes: How the cases came out.
        record: What records an answer that a replay does not have; empty where nothing is replayed.
        functions: What gives actions their functions.
    """
    kinds = {kind for each in outcomes for kind in each.error_kinds}
    if record and any(kind.startswith("replay_") for kind in kinds):
        yield f"To record what is missing, {record}. It asks the models."
    if "unbound_action" in kinds:
        yield f'To give actions their functions, {functions}; or write what they return as "stubs" of the cases.'
