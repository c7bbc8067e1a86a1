"""`PipecatExporter`: a FlowConfig as YAML, and the Python module of its handlers.

A node that speaks becomes a node. Silent nodes have no place there: the work they do is in the handlers of the
tools that the speaking model calls, and the handlers go through them until the next node that speaks.
"""

from __future__ import annotations

from collections.abc import Iterator

from byok_widgets.export import losses
from byok_widgets.export.base import Export, ExportedFlow, Exporter, Loss, file_stem
from byok_widgets.export.pipecat.handlers import handlers_module
from byok_widgets.export.pipecat.nodes import NodeWriter
from byok_widgets.export.pipecat.plan import Plan
from byok_widgets.export.pipecat.yaml_text import as_yaml

_ONE_MODEL = "The pipeline's model does everything: it speaks, extracts and decides where the flow goes."


class PipecatExporter(Exporter):
    """Writes flows for Pipecat's FlowManager."""

    name = "pipecat"
    label = "Pipecat"

    def export(self, flow: ExportedFlow) -> Export:
        """Return the two files, and what they cannot say."""
        plan = Plan(flow)
        writer = NodeWriter(plan)
        config = writer.config()
        stem = file_stem(flow.name)
        files = {
            f"{stem}.flow.yaml": as_yaml(config),
            f"{stem}_handlers.py": handlers_module(plan, f"{stem}.flow.yaml", f"{stem}_handlers"),
        }
        return self.result(
            files,
            [*_told(flow), *losses.of_settings(flow, _ONE_MODEL), *plan.losses, *losses.of_dead_edges(plan.graph)],
        )


def _told(flow: ExportedFlow) -> Iterator[Loss]:
    if flow.model:
        yield Loss(
            "model",
            "",
            f"The model {flow.provider}:{flow.model} is not set.",
            "Choose the pipeline's LLM service.",
        )
    if any(edge.condition.is_judged for edge in flow.graph.edges):
        yield Loss("judge", "", "There is no separate judge, and no reason is given for a transition.", _ONE_MODEL)
