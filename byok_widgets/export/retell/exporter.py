"""`RetellExporter`: the JSON of a conversation flow."""

from __future__ import annotations

import json
from collections.abc import Iterator

from byok_widgets.errors import ConfigError
from byok_widgets.export import losses
from byok_widgets.export.base import Export, ExportedFlow, Exporter, Loss, file_stem
from byok_widgets.export.retell.equations import Json
from byok_widgets.export.retell.graph_checks import problems_of
from byok_widgets.export.retell.listed_models import listed
from byok_widgets.export.retell.nodes import NodeWriter

_HERE = "Choose it in the dashboard."


class RetellExporter(Exporter):
    """Writes flows as Retell's conversation flows."""

    name = "retell"
    label = "Retell"

    def export(self, flow: ExportedFlow) -> Export:
        """Return the conversation flow, and what it cannot say.

        Raises:
            ConfigError: What was written is not a valid conversation flow.
        """
        graph = flow.graph.snapshot()
        writer = NodeWriter(graph, flow.provider)
        start = graph.node(graph.start)
        speaks_first = start.opens if flow.speaks_first is None else flow.speaks_first
        data: Json = {
            **_model(flow, writer),
            **({"global_prompt": writer.text(flow.global_prompt, "")} if flow.global_prompt else {}),
            "start_node_id": graph.start,
            "start_speaker": "agent" if speaks_first else "user",
            "nodes": [each for node in graph.nodes.values() for each in writer.nodes(node)],
        }
        if problems := problems_of(data):
            raise ConfigError(f"The flow was not exported: {problems[0]}.", kind="export", fix="Rename the node.")
        found = [*losses.of_settings(flow, "The model of the node judges."), *writer.losses, *_told(flow)]
        found += losses.of_dead_edges(graph)
        text = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
        return self.result({f"{file_stem(flow.name)}.retell.json": text}, found)


def _model(flow: ExportedFlow, writer: NodeWriter) -> Json:
    name = listed(flow.model or "")
    if name:
        return {"model_config": {"type": "cascading", "primary": {"model": name}}}
    if flow.model:
        writer.losses.append(
            Loss("model", "", f"The model {flow.provider}:{flow.model} is not available there.", _HERE)
        )
    return {}


def _told(flow: ExportedFlow) -> Iterator[Loss]:
    if any(edge.condition.is_judged for edge in flow.graph.edges):
        yield Loss("judge", "", "No reason is given for a transition, and staying is not a choice of its own.")
