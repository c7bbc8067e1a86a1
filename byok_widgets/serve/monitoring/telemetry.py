"""Traces by OpenTelemetry, through its API package alone: without it, or without a provider, there are none.

The names are those of the GenAI conventions of `opentelemetry-semantic-conventions` 0.66b2. All of them are in
development and change between versions: they stand here, in one table. What was said is in no span.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from byok_widgets.reply import Reply
from byok_widgets.serve.monitoring.report import TurnReport
from byok_widgets.session.steps import Judgement, Step
from byok_widgets.session.turn import Turn

try:
    from opentelemetry import trace
    from opentelemetry.propagate import extract
except ImportError:
    trace = None  # type: ignore[assignment, unused-ignore]

NAMES: Mapping[str, str] = {
    "operation": "gen_ai.operation.name",
    "agent": "gen_ai.agent.name",
    "conversation": "gen_ai.conversation.id",
    "provider": "gen_ai.provider.name",
    "model": "gen_ai.request.model",
    "reported_model": "gen_ai.response.model",
    "input": "gen_ai.usage.input_tokens",
    "output": "gen_ai.usage.output_tokens",
    "finish": "gen_ai.response.finish_reasons",
    "first": "gen_ai.response.time_to_first_chunk",
    "tool": "gen_ai.tool.name",
    "error": "error.type",
    "node": "byok.node",
    "version": "byok.flow.version",
    "cost": "byok.cost_usd",
}
"""The names of attributes; node, version and cost have no convention."""
_NS = 1_000_000_000


def trace_turn(report: TurnReport) -> None:
    """Trace a turn: a span for it, one for each call of a model, one for each action."""
    if trace is None:
        return
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):  # nobody has set one that keeps spans
        return
    tracer = trace.get_tracer("byok_widgets.serve")
    began = int(report.began_at * _NS)
    parent = extract({"traceparent": report.trace}) if report.trace else None
    span = tracer.start_span(
        f"invoke_agent {report.flow}",
        context=parent,
        kind=trace.SpanKind.SERVER,
        start_time=began,
        attributes=_named(
            operation="invoke_agent",
            agent=report.flow,
            conversation=report.session,
            node=report.node,
            version=report.version,
            error=report.fallback or None,
        ),
    )
    if span.is_recording():
        inside = trace.set_span_in_context(span, parent)
        at = began
        for name, attributes, seconds, is_call in _steps(report.turns):
            kind = trace.SpanKind.CLIENT if is_call else trace.SpanKind.INTERNAL
            step = tracer.start_span(name, context=inside, kind=kind, start_time=at, attributes=attributes)
            at += int(seconds * _NS)
            step.end(at)
    span.end(began + int(report.seconds * _NS))


def _steps(turns: tuple[Turn, ...]) -> Iterator[tuple[str, dict[str, Any], float, bool]]:
    """Yield the calls and actions of a turn, which follow one another."""
    for turn in turns:
        for step in turn.steps:
            reply = step.reply
            if reply is not None and reply.model is not None:
                yield _call(step, reply)
            elif not isinstance(step, Judgement) and step.result.spoken is None:
                yield (
                    f"execute_tool {step.node}",
                    _named(operation="execute_tool", tool=step.node, node=step.node),
                    step.result.duration_s,
                    False,
                )


def _call(step: Step, reply: Reply) -> tuple[str, dict[str, Any], float, bool]:
    provider, _, model = (reply.model or "").partition(":")
    attributes = _named(
        operation="chat",
        provider=provider,
        model=model,
        reported_model=reply.reported_model,
        input=reply.usage.input_tokens,
        output=reply.usage.output_tokens,
        finish=(reply.finish_reason,),
        first=reply.time_to_first_token_s,
        node=step.node,
        cost=None if reply.cost.usd is None else float(reply.cost.usd),
    )
    return f"chat {model}", attributes, reply.latency_s, True


def _named(**values: Any) -> dict[str, Any]:
    return {NAMES[name]: value for name, value in values.items() if value is not None}
