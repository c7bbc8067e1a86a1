"""The targets of `flow.export`. To add one, write a class in a module beside this and a line in `EXPORTERS`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from byok_widgets.errors import ConfigError
from byok_widgets.export.base import Export, ExportedFlow, Exporter, Loss
from byok_widgets.export.pipecat.exporter import PipecatExporter
from byok_widgets.export.python.exporter import PythonExporter
from byok_widgets.export.retell.exporter import RetellExporter
from byok_widgets.secrets.json_redaction import holds_key
from byok_widgets.secrets.quoting import as_given

_EXPORTERS: tuple[Exporter, ...] = (
    PipecatExporter(),
    PythonExporter(),
    RetellExporter(),
)
EXPORTERS: dict[str, Exporter] = {exporter.name: exporter for exporter in _EXPORTERS}


def exporter_of(target: str) -> Exporter:
    """Return the exporter of a target.

    Raises:
        ConfigError: There is none of that name.
    """
    if isinstance(target, str) and target in EXPORTERS:
        return EXPORTERS[target]
    raise ConfigError(
        f"There is no target {as_given(target)}.",
        kind="export",
        fix=f"Write one of: {', '.join(map(repr, EXPORTERS))}.",
    )


def export(flow: ExportedFlow, target: str) -> Export:
    """Return a flow in the form of a target.

    Raises:
        ConfigError: There is no such target, the flow has no nodes, or one of its texts looks like an API key.
    """
    exporter = exporter_of(target)
    if not flow.graph.nodes:
        raise ConfigError(
            f"Flow {flow.name!r} has no nodes to export.",
            kind="empty",
            fix="Make one with flow.conversation(...).",
        )
    made = exporter.export(flow)
    if holds_key([flow.name, *made.files, *made.files.values()]):
        raise ConfigError(
            "The flow was not exported: one of its texts looks like an API key.",
            kind="key_in_text",
            fix="Take the key out of the prompts, conditions and settings; keys are saved in Settings.",
        )
    return made


def losses_of(flow: ExportedFlow, targets: Iterable[str], skipped: Iterable[Loss] = ()) -> tuple[Loss, ...]:
    """Return what targets cannot say of a flow, behind what was skipped when it was imported.

    Raises:
        ConfigError: There is no such target.
    """
    names = [targets] if isinstance(targets, str) else targets
    exporters = [exporter_of(name) for name in names]
    if not flow.graph.nodes:
        return tuple(skipped)
    found = [
        replace(loss, problem=f"{exporter.label}: {loss.problem}")
        for exporter in exporters
        for loss in exporter.export(flow).losses
    ]
    return (*skipped, *found)
