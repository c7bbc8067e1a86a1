"""`ShownGraph`: the graph of a flow, as a cell shows it."""

from __future__ import annotations

from typing import Any

from byok_widgets.graph.flow_graph import FlowGraph

_TITLE = "Graph"


class ShownGraph(FlowGraph):
    """A graph that a cell shows as a picture and in words, and a program prints in words."""

    def __str__(self) -> str:
        from byok_widgets.graph.drawing import as_text

        return as_text(self, _TITLE)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        from byok_widgets.graph.svg import as_html

        return {"text/plain": str(self), "text/html": as_html(self, _TITLE)}
