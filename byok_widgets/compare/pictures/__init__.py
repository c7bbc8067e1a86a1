"""Pictures of a comparison, as SVG: in the board, in the saved notebook and in the report they are the same.

They are drawn here, not by a plotting library: those that draw without a browser are many times larger than this
package; and so the picture is the same wherever it is shown, trusted or not, and follows the theme of a page. Each
is a Vega-Lite specification, too, for what reads or draws that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from byok_widgets.compare.pictures.cost_quality import cost_quality
from byok_widgets.compare.pictures.fields import fields
from byok_widgets.compare.pictures.forest import forest
from byok_widgets.compare.pictures.latency import latency
from byok_widgets.compare.pictures.picture import Picture, Pictures
from byok_widgets.compare.results.variant_row import results_by_variant

if TYPE_CHECKING:
    from byok_widgets.compare.results.comparison_view import ComparisonView

__all__ = ["Picture", "Pictures", "pictures_of"]


def pictures_of(comparison: ComparisonView) -> Pictures:
    """Return the pictures for which there is anything to show; the first is that of the differences, if any."""
    found = results_by_variant(comparison)
    drawn = (
        forest(comparison, found),
        cost_quality(comparison, found),
        latency(comparison),
        fields(comparison),
    )
    return Pictures(picture for picture in drawn if picture is not None)
