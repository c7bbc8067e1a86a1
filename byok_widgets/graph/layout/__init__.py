"""Where the boxes and lines of a drawing go: a layered layout, top to bottom. Pure geometry, in pixels."""

from byok_widgets.graph.layout.geometry import Box, Curve, Layout, Link, Point, Rect, Route, Size
from byok_widgets.graph.layout.routes import lay_out

__all__ = ["Box", "Curve", "Layout", "Link", "Point", "Rect", "Route", "Size", "lay_out"]
