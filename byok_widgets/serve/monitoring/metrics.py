"""Metrics for Prometheus, labelled by node, never by session. Without prometheus_client there are none."""

from __future__ import annotations

from typing import Any, NamedTuple

from byok_widgets.serve.monitoring.report import TurnReport

_SECONDS = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)


class _OfNode(NamedTuple):
    """The figures of one node."""

    turns: Any
    again: Any
    first: Any
    calls: Any
    usd: Any


class Metrics:
    """The figures of one server."""

    def __init__(self) -> None:
        self._client: Any = None
        try:
            import prometheus_client
        except ImportError:
            return
        self._client = prometheus_client
        self._of_nodes: dict[str, _OfNode] = {}
        self._registry = prometheus_client.CollectorRegistry()
        kept: dict[str, Any] = {"registry": self._registry, "labelnames": ("node",)}
        self._turns = prometheus_client.Counter("byok_turns", "Turns that ended", **kept)
        self._failed = prometheus_client.Counter(
            "byok_fallbacks", "Turns in which a fallback was said", ("node", "kind"), registry=self._registry
        )
        self._calls = prometheus_client.Counter("byok_model_calls", "Calls of models", **kept)
        self._usd = prometheus_client.Counter("byok_cost_usd", "Known cost in US dollars", **kept)
        self._again = prometheus_client.Counter("byok_calls_paid_again", "Calls that may be paid twice", **kept)
        self._first = prometheus_client.Histogram(
            "byok_first_token_seconds", "From the last word to the first token", buckets=_SECONDS, **kept
        )

    @property
    def available(self) -> bool:
        """Whether there are any."""
        return self._client is not None

    def observe(self, report: TurnReport) -> None:
        """Count a turn."""
        if self._client is None:
            return
        at = self._of_node(report.node)
        at.turns.inc()
        if report.fallback:
            self._failed.labels(report.node, report.fallback).inc()
        if report.paid_again:
            at.again.inc(report.paid_again)
        if report.first_token_s is not None:
            at.first.observe(report.first_token_s)
        for turn in report.turns:
            for reply in turn.calls:
                asked = self._of_node(reply.node)
                asked.calls.inc()
                if usd := float(reply.cost.known_usd):
                    asked.usd.inc(usd)

    def _of_node(self, name: str) -> _OfNode:
        """Return the figures of a node; Prometheus looks them up by their label more slowly."""
        if name not in self._of_nodes:
            kinds = (self._turns, self._again, self._first, self._calls, self._usd)
            self._of_nodes[name] = _OfNode(*(kind.labels(name) for kind in kinds))
        return self._of_nodes[name]

    def text(self) -> bytes:
        """Return them in the form that Prometheus reads."""
        body: bytes = self._client.generate_latest(self._registry)
        return body
