"""The values that a layout takes and gives. All lengths are in pixels; x grows to the right, y downwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Point(NamedTuple):
    """A place on the drawing."""

    x: float
    y: float


class Size(NamedTuple):
    """How much space something takes."""

    width: float
    height: float


class Rect(NamedTuple):
    """A rectangle, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def center(self) -> Point:
        """The middle."""
        return Point(self.x + self.width / 2, self.y + self.height / 2)


class Curve(NamedTuple):
    """A piece of a line: a cubic curve. It is straight where both controls lie between its ends."""

    start: Point
    control: Point
    other_control: Point
    end: Point

    @classmethod
    def straight(cls, start: Point, end: Point) -> Curve:
        """Return the straight piece between two points."""
        return cls(start, start, end, end)

    @property
    def is_straight(self) -> bool:
        """Whether it was made by `straight`."""
        return self.start == self.control and self.end == self.other_control

    @property
    def reversed(self) -> Curve:
        """The same piece, drawn from its end."""
        return Curve(self.end, self.other_control, self.control, self.start)


@dataclass(frozen=True)
class Box:
    """What stands for a node.

    Attributes:
        size: Its size.
        is_root: Whether it goes to the top, as the start of a flow does.
    """

    size: Size
    is_root: bool = False


@dataclass(frozen=True)
class Link:
    """A line from a box to a box, both by number; at most one leads from one box to another.

    Attributes:
        source: The box it starts at.
        target: The box it ends at.
        label: Size of its label; `None` without one.
    """

    source: int
    target: int
    label: Size | None = None


@dataclass(frozen=True)
class Route:
    """How a link runs.

    Attributes:
        curves: Its pieces from source to target, each beginning where the last one ends.
        label: Where its label goes; `None` without one.
    """

    curves: tuple[Curve, ...]
    label: Rect | None


@dataclass(frozen=True)
class Layout:
    """A finished layout.

    Attributes:
        size: Size of the whole.
        boxes: Where each box goes, in the order given.
        routes: How each link runs, in the order given.
    """

    size: Size
    boxes: tuple[Rect, ...]
    routes: tuple[Route, ...]
