"""What several targets cannot say: models, settings, examples, limits."""

from __future__ import annotations

from collections.abc import Iterator

from byok_widgets.export.base import ExportedFlow, Loss
from byok_widgets.graph import AnyNode, Edge, FlowGraph
from byok_widgets.schema import FieldSpec

_SAID_ELSEWHERE = frozenset(
    {"type", "enum", "const", "description", "title", "format", "$ref", "$defs", "anyOf", "oneOf", "allOf"}
    | {"properties", "required", "additionalProperties", "items", "prefixItems"}
)
"""What exporters write of a field, or tell the loss of; a title says no more than a name."""
LEFT_OUT = "The edge is left out."


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
    if data.get("grounding"):
        yield Loss("grounding", node.name, f"Its grounding={data['grounding']!r}.")
    for name in node.writes:
        spec = node.field(name)
        if spec is not None:
            yield from _of_field(node.name, spec)
    if has_own_checks(node):
        yield Loss("validators", node.name, "What its classes check beyond their JSON Schema.")


def of_dead_edges(graph: FlowGraph) -> Iterator[Loss]:
    """Yield the edges that are never followed: those of an end node, and an else edge after another one."""
    with_else: set[str] = set()
    for edge in graph.edges:
        if edge.source in graph.ends:
            yield Loss("edge", edge_name(edge), "It leads on from an end node, and is never followed.", LEFT_OUT)
        elif edge.condition.is_fallback and edge.source in with_else:
            yield Loss("edge", edge_name(edge), "It is a second else edge, and is never followed.", LEFT_OUT)
        with_else |= {edge.source} if edge.condition.is_fallback else set()


def _of_field(where: str, spec: FieldSpec) -> Iterator[Loss]:
    if not spec.required:
        yield Loss("required", where, f"That the field {spec.name!r} may be missing.", "No field says so.")
    if spec.shape.takes_null:
        yield Loss("null", where, f"That null is a value of the field {spec.name!r}.", "It counts as not stated.")
    more = sorted({key for branch in spec.shape.branches for key in branch.keywords} - _SAID_ELSEWHERE)
    if more:
        yield Loss("constraint", where, f"What the schema of the field {spec.name!r} adds: {', '.join(more)}.")
