"""`Picture`: one picture of a comparison in each of the forms in which notebooks and papers show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from byok_widgets.display import markup
from byok_widgets.errors import ConfigError
from byok_widgets.secrets.json_redaction import redact_keys

VEGA_LITE = "application/vnd.vegalite.v5+json"
"""What JupyterLab 4 draws, in notebooks that are not trusted, too; it knows no version 6."""
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Picture:
    """One picture.

    Attributes:
        name: What it is about, in a word or two.
        title: What it shows.
        words: The same in words, with its figures.
        draw: Returns the SVG; with a style sheet, if asked, by which it follows the theme of the page around it.
        rows: Its figures, one mapping for each variant, or for each field of it.
        layers: How Vega-Lite draws these.
    """

    name: str
    title: str
    words: str
    draw: Callable[[bool], str] = field(repr=False)
    rows: Sequence[Row] = field(repr=False)
    layers: Sequence[Row] = field(repr=False)

    def svg(self, *, styled: bool = False) -> str:
        """Return it as SVG; `styled` if it is part of a page with a theme, not an image of its own."""
        return self.draw(styled)

    def png(self, *, scale: float = 2.0) -> bytes:
        """Return it as PNG, such as for a paper.

        Raises:
            ConfigError: vl-convert is not installed.
        """
        if not _can_make_png():
            raise ConfigError(
                "A picture becomes a PNG with vl-convert, which is missing.",
                kind="missing_package",
                fix='pip install "byok-widgets[pictures]", or take svg().',
            )
        import vl_convert

        return bytes(vl_convert.svg_to_png(self.svg(), scale=scale))

    @property
    def vega_lite(self) -> dict[str, Any]:
        """It as a Vega-Lite specification, version 5, with its figures in it."""
        spec: dict[str, Any] = redact_keys(
            {
                "title": self.title,
                "description": self.words,
                "data": {"values": [dict(row) for row in self.rows]},
                "layer": [dict(layer) for layer in self.layers],
            }
        )
        return {"$schema": _SCHEMA, **spec, "width": 420}

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        html = f"{markup.picture(self.svg(), self.words)}{self._table()}"
        bundle: dict[str, Any] = {"text/plain": self.words, "text/html": html, VEGA_LITE: self.vega_lite}
        return bundle | ({"image/png": self.png()} if _can_make_png() else {})

    def _table(self) -> str:
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        rows: list[list[str]] = redact_keys([[_shown(row.get(name)) for name in columns] for row in self.rows])
        numbers = {at for at, name in enumerate(columns) if any(_is_number(row.get(name)) for row in self.rows)}
        return markup.details("Figures", markup.table(rows, columns=columns, numbers=numbers))


class Pictures(tuple[Picture, ...]):
    """The pictures of a comparison; the first is that of the differences, if there are any."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(picture.words for picture in self) or "There is nothing to draw yet."

    def _repr_html_(self) -> str:
        shown = [markup.picture(picture.svg(), picture.words) for picture in self]
        return "".join(shown) or markup.text(repr(self))


def _can_make_png() -> bool:
    return find_spec("vl_convert") is not None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{value:.4g}" if _is_number(value) else str("–" if value is None else value)
