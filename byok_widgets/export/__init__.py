"""Flows for other builders: each target is a module here and a line in `registry.py`.

base        what an exporter declares, and what it returns: files, and what they cannot say
registry    the targets
importing   flows that come from elsewhere
"""

from typing import TYPE_CHECKING

from byok_widgets.lazy_names import lazy_names

if TYPE_CHECKING:
    from byok_widgets.export.base import Export, ExportedFlow, Exporter, Loss
    from byok_widgets.export.registry import EXPORTERS, export, exporter_of, losses_of

__all__ = ["EXPORTERS", "Export", "ExportedFlow", "Exporter", "Loss", "export", "exporter_of", "losses_of"]

__getattr__ = lazy_names(
    __name__,
    {
        "byok_widgets.export.base": ["Export", "ExportedFlow", "Exporter", "Loss"],
        "byok_widgets.export.registry": ["EXPORTERS", "export", "exporter_of", "losses_of"],
    },
)
