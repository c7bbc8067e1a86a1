"""What several targets cannot say: models, settings, examples, limits."""

from __future__ import annotations

from collections.abc import Iterator

from byok_widgets.export.base import ExportedFlow, Loss
from byok_widgets.graph import AnyNode, Edge


def edge_name(edge: Edge) -> str:
    """Return an edge as people call it."""
    return f"{edge.source} → {edge.target}" if edge.source else f"→ {edge.target}"


def of_settings(flow: ExportedFlow, instead: str) -> Iterator[Loss]:
    """Yield the settings of a flow for which only this package has a place."""
    limits = flow.config.turn_limits
    if flow.judge_model:
        yield Loss("judge", "", f"The model {flow.judge_model} that judges prompt conditions.", instead)
    if flow.judge_max_tokens:
        yield Loss("judge", "", f"The limit of {flow.judge_max_tokens} tokens for the judge.", instead)
    if limits.calls or limits.cost:
        yield Loss("limits", "", "The limits of a turn, in calls or money.")
    if flow.latency != "usual":
        yield Loss("latency", "", "Speculative replies.")
    if flow.fallback is not None:
        yield Loss("fallback", "", "What a caller hears when a turn fails.", "Set it in the platform.")
    if flow.grounding != "auto":
        yield Loss("grounding", "", f"grounding={flow.grounding!r}: values are not looked up in the dialogue.")
    if flow.locale:
        yield Loss("locale", "", f"The locale {flow.locale}.", "The model reads numbers and dates as it likes.")
    if flow.config.base_url(flow.provider):
        yield Loss("address", "", f"The address of {flow.provider}.", instead)


def has_own_checks(node: AnyNode) -> bool:
    """Whether a class or type of a node may check more than its JSON Schema says."""
    return any(getattr(code, "__module__", "builtins") != "builtins" for code in node.codes)


def of_extraction(node: AnyNode) -> Iterator[Loss]:
    """Yield what extraction nodes have here alone: evidence, examples, windows, locales."""
    yield Loss(
        "evidence",
        node.name,
        "A value has no status and no evidence, and is not looked up in the dialogue.",
        "What the model gives is taken as it is.",
    )
    data = node.to_data({})
    if data.get("examples"):
        yield Loss("examples", node.name, f"Its {len(data['examples'])} examples.")
    if data.get("window"):
        yield Loss(
            "window", node.name, f"Its window of {data['window']} messages.", "All of the dialogue is read."
        )
    if data.get("locale"):
        yield Loss("locale", node.name, f"Its locale {data['locale']}.")
    if has_own_checks(node):
        yield Loss("validators", node.name, "What its classes check beyond their JSON Schema.")
