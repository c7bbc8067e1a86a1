"""The report of a comparison: one HTML file that loads nothing from elsewhere and holds no key."""

from __future__ import annotations

import html
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from byok_widgets.cases.case import Case
from byok_widgets.compare.pictures import Picture, pictures_of
from byok_widgets.compare.results import evidence
from byok_widgets.compare.results.figures import percent, short_names_of
from byok_widgets.display import markup
from byok_widgets.errors import ConfigError
from byok_widgets.files.saved_file import save_file
from byok_widgets.secrets import redact
from byok_widgets.secrets.quoting import as_given

if TYPE_CHECKING:
    from byok_widgets.compare.results.comparison_view import ComparisonView

MOST_CASES = 500
"""Cases that are shown one by one; more would make a file that is too large for a browser."""
_STYLE = (
    ":root{color-scheme:light dark}body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:75em;"
    "padding:0 1em;--byok-graph-ground:Canvas;--byok-graph-text:CanvasText}table{font-size:14px}h2{margin-top:2em}"
    "svg{max-width:100%;min-width:440px;height:auto}figure{margin:1em 0;overflow-x:auto}h1{overflow-wrap:anywhere}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def file_of(path: str | Path) -> Path:
    """Return the file of a report.

    Raises:
        ConfigError: It is named as another kind of file.
    """
    file = Path(path)
    if file.suffix.lower() not in ("", ".html", ".htm"):
        raise ConfigError(
            f"A report is an HTML file, not {as_given(file.suffix)}.",
            kind="report",
            fix=f"Write save({as_given(file.with_suffix('.html').name)}); a browser prints it as a PDF.",
        )
    return file


def write(comparison: ComparisonView, path: Path) -> None:
    """Write the report.

    Raises:
        ConfigError: It could not be written.
    """
    save_file(path, page(comparison).encode("utf-8", "replace"), kind="report")


def page(comparison: ComparisonView) -> str:
    """Return the report as a page."""
    title = html.escape(redact(comparison.title, words=False))
    when = f"{datetime.fromtimestamp(comparison.started_at):%Y-%m-%d %H:%M}"
    parts = [
        f"<h1>{title}</h1>",
        markup.block(markup.facts(when)),
        comparison.table_html(),
        *(f"<figure>{picture.svg(styled=True)}{_words(picture)}</figure>" for picture in pictures_of(comparison)),
        *(_requests(comparison) if comparison.task.same_input else _conversations(comparison)),
        "<h2>Cases</h2>",
        *(_case(comparison, case) for case in comparison.results.cases[:MOST_CASES]),
    ]
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{_STYLE}</style>'
    )
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _words(picture: Picture) -> str:
    return markup.details("In words", markup.text(picture.words))


def _requests(comparison: ComparisonView) -> list[str]:
    found = comparison.differences()
    same = "All variants received the same requests; only the model differed."
    return ["<h2>Requests</h2>", markup.text(redact("; ".join(found), words=False) if found else same)]


def _conversations(comparison: ComparisonView) -> list[str]:
    if len(comparison.variants) == 1:
        return []  # nothing to compare it with
    nodes = [comparison.node_scores()._repr_html_()] if evidence.are_possible() else []
    return ["<h2>Nodes</h2>", *nodes, "<h2>Ways</h2>", comparison.divergences()._repr_html_()]


def _case(comparison: ComparisonView, case: Case) -> str:
    scores = []
    names = short_names_of(comparison.variants)
    for variant in comparison.variants:
        scored = (comparison.results.score(variant, case, at) for at in range(1, comparison.results.repeat + 1))
        found = [score for score in scored if score is not None]
        scores.append(f"{names[variant.id]} {percent(sum(found) / len(found)) if found else '–'}")
    return markup.details(
        redact(f"{case.name} · {', '.join(scores)}", words=False), comparison.diff(case)._repr_html_()
    )
