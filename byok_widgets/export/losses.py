"""What several targets cannot express: models, settings, examples, limits."""

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
    """Return an edge in the form `source → target`."""
    return f"{edge.source} → {edge.target}" if edge.source else f"→ {edge.target}"


def of_settings(flow: ExportedFlow, instead: str) -> Iterator[Loss]:
    """Yield the settings of a flow that exist only in this package."""
    limits = flow.config.turn_limits
    if flow.judge_model:
        yield Loss("judge", "", f"The judge model {flow.judge_model} is not carried over.", instead)
    if flow.judge_max_tokens:
        yield Loss(
            "judge", "", f"The judge's limit of {flow.judge_max_tokens} tokens is not carried over.", instead
        )
    if limits.calls or limits.cost:
        yield Loss("limits", "", "The limits on the calls or the cost of a turn are not carried over.")
    if flow.latency != "usual":
        yield Loss("latency", "", "There are no speculative replies.")
    if flow.fallback is not None:
        yield Loss(
            "fallback", "", "The sentence for a failed turn is not carried over.", "Set it in the platform."
        )
    if flow.grounding != "auto":
        yield Loss(
            "grounding",
            "",
            f"grounding={flow.grounding!r} has no effect: values are not checked against the dialogue.",
        )
    if flow.locale:
        yield Loss(
            "locale",
            "",
            f"The locale {flow.locale} is ignored.",
            "The model decides how to read numbers and dates.",
        )
    if flow.config.base_url(flow.provider):
        yield Loss("address", "", f"The address of {flow.provider} is not carried over.", instead)


def has_own_checks(node: AnyNode) -> bool:
    """Whether a class or type of a node may check more than its JSON Schema says."""
    return any(getattr(code, "__module__", "builtins") != "builtins" for code in node.codes)


def of_extraction(node: AnyNode) -> Iterator[Loss]:
    """Yield what extraction nodes have only in this package: evidence, examples, windows, locales."""
    yield Loss(
        "evidence",
        node.name,
        "Values have no status and no evidence, and are not checked against the dialogue.",
        "The model's values are used as they are.",
    )
    data = node.to_data({})
    if data.get("examples"):
        yield Loss("examples", node.name, f"Its {len(data['examples'])} examples are not carried over.")
    if data.get("window"):
        yield Loss(
            "window",
            node.name,
            f"Its window of {data['window']} messages is ignored.",
            "It reads the whole dialogue.",
        )
    if data.get("locale"):
        yield Loss("locale", node.name, f"Its locale {data['locale']} is ignored.")
    if data.get("grounding"):
        yield Loss("grounding", node.name, f"Its grounding={data['grounding']!r} has no effect.")
    for name in node.writes:
        spec = node.field(name)
        if spec is not None:
            yield from _of_field(node.name, spec)
    if has_own_checks(node):
        yield Loss(
            "validators", node.name, "Checks in its classes that go beyond their JSON Schema are not carried over."
        )


def of_dead_edges(graph: FlowGraph) -> Iterator[Loss]:
    """Yield the edges that are never taken: those of an end node, and an else edge after another one."""
    with_else: set[str] = set()
    for edge in graph.edges:
        if edge.source in graph.ends:
            yield Loss("edge", edge_name(edge), "It starts at an end node, so it is never taken.", LEFT_OUT)
        elif edge.condition.is_fallback and edge.source in with_else:
            yield Loss("edge", edge_name(edge), "It is a second else edge, so it is never taken.", LEFT_OUT)
        with_else |= {edge.source} if edge.condition.is_fallback else set()


def _of_field(where: str, spec: FieldSpec) -> Iterator[Loss]:
    if not spec.required:
        yield Loss("required", where, f"The field {spec.name!r} cannot be marked as optional.")
    if spec.shape.takes_null:
        yield Loss(
            "null", where, f"The field {spec.name!r} cannot have the value null.", "Null counts as not stated."
        )
    more = sorted({key for branch in spec.shape.branches for key in branch.keywords} - _SAID_ELSEWHERE)
    if more:
        yield Loss(
            "constraint", where, f"These rules of the field {spec.name!r} are not carried over: {', '.join(more)}."
        )
