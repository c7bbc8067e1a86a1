"""HTML for saved outputs: what is text stays text, and tables are native ones."""

from __future__ import annotations

import html
import re
from decimal import Decimal

import pytest

from byok_widgets import Flow, Reply
from byok_widgets.diagnostics.check import Check
from byok_widgets.display import markup
from byok_widgets.errors import ConfigError
from byok_widgets.findings import Finding
from byok_widgets.nodes.action.result import ActionResult
from byok_widgets.nodes.extraction.result import Extraction
from byok_widgets.session import EdgeVerdict, Judgement, Timeline, Trace, Turn, Visit
from byok_widgets.usage import Cost
from byok_widgets.widgets.panel.text_summary import SettingsText

MATHS = r"costs $5 and $6, \(x\) \[y\] \begin{equation}z\end{equation} $$w$$"
PRICED = Reply(MATHS, "stop", MATHS, price=lambda: Cost(Decimal("0.02"), "price list"), model="a:b")
LOOKED = Judgement("ask", (EdgeVerdict("bye", "prompt", MATHS, "holds", MATHS),), "bye", PRICED)
TURN = Turn(1, MATHS, (LOOKED, Visit(MATHS, PRICED)), "ask", notices=(MATHS,), fault=MATHS)


def text_nodes(page: str) -> list[str]:
    """Return what stands between two tags: mathematics begins and ends within one of these."""
    return [html.unescape(part) for part in re.split(r"<[^>]*>", page)]


def test_a_text_is_shown_as_it_is() -> None:
    assert markup.text("<b>&") == "&lt;b&gt;&amp;"
    assert "".join(text_nodes(markup.text(MATHS))) == MATHS


RESULTS = {
    "reply": PRICED,
    "extraction": Extraction({MATHS: MATHS}, {MATHS: "invalid"}, PRICED, MATHS, {MATHS: MATHS, "": MATHS}),
    "action": ActionResult(MATHS, MATHS, {MATHS: MATHS}, notices=(MATHS,)),
    "turn": TURN,
    "trace": Trace([TURN]),
    "timeline": Timeline([TURN], {}),
    "check": Check([Finding("x", "error", MATHS, MATHS, MATHS)], MATHS),
    "nothing found": Check([], MATHS),
    "error": ConfigError(MATHS, cause=MATHS, fix=MATHS, link="https://example.org/$a$"),
}


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_dollars_and_backslashes_are_never_mathematics(result: object) -> None:
    page = result._repr_html_()  # type: ignore[attr-defined]
    assert "$" in page
    assert [part for part in text_nodes(page) if re.search(r"[$\\]", part) and len(part) > 1] == []


def test_the_same_in_what_a_flow_and_a_session_show() -> None:
    flow = Flow("dollars $5 and $6")
    flow.set_base_url("compatible", "http://127.0.0.1:9/v1")
    flow.conversation(MATHS, MATHS, static=True)
    session = flow.start(variables={"price": MATHS}, speak_first=True, show=False)
    for shown in (
        flow._repr_mimebundle_()["text/html"],
        *(thing._repr_html_() for thing in (session, session.variables, session.trace, SettingsText(flow))),
    ):
        assert [part for part in text_nodes(shown) if re.search(r"[$\\]", part) and len(part) > 1] == []


KEPT = {
    *(
        "table",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "details",
        "summary",
        "div",
        "span",
        "small",
    ),
    *("img", "pre", "strong", "br", "a"),
}
"""Elements that JupyterLab leaves in a notebook it does not trust."""


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_results_need_nothing_that_an_untrusted_notebook_loses(result: object) -> None:
    page = result._repr_html_()  # type: ignore[attr-defined]
    assert set(re.findall(r"<([a-z]+)", page)) <= KEPT
    assert "var(" not in page
    assert "text-align:start" not in page
    assert "<style" not in page


def test_a_table_tells_what_its_heads_are_for() -> None:
    page = markup.table(
        [("a", "1"), ("b", "2")], caption="Two", columns=("name", "number"), numbers={1}, total=("all", "3")
    )
    assert re.sub(r' (style|dir)="[^"]*"', "", page) == (
        "<table><caption>Two</caption>"
        '<thead><tr><th scope="col">name</th><th scope="col">number</th></tr></thead>'
        '<tbody><tr><th scope="row">a</th><td>1</td></tr><tr><th scope="row">b</th><td>2</td></tr></tbody>'
        '<tfoot><tr><th scope="row">all</th><td>3</td></tr></tfoot></table>'
    )
    assert [("right" in style) for style in re.findall(r'<td dir="auto" style="([^"]*)"', page)] == [True] * 3


def test_a_wide_table_scrolls_and_breaks_long_texts_alone() -> None:
    columns = ("name", "verdict", "why", "seconds")
    page = markup.table([("a", "does not\nhold", "so " * 20, "0.1")], columns=columns, numbers={3})
    assert "overflow-x:auto" in page.partition(">")[0]
    verdict, why, _ = re.findall(r'<td dir="auto" style="([^"]*)"', page)
    assert verdict.endswith("white-space:pre"), "a short text keeps its lines"
    assert "pre-wrap" in why
    assert "overflow-x" not in markup.table([("a", "1")], columns=("name", "number"))


def test_words_among_numbers_are_broken_and_numbers_are_not() -> None:
    page = markup.table([("a", "0.1", "replayed, free when recorded")], numbers={1, 2})
    number, words = re.findall(r'<td dir="auto" style="([^"]*)"', page)
    assert "nowrap" in number
    assert "nowrap" not in words
    assert "text-align:right" in words


def test_words_have_a_direction_of_their_own() -> None:
    arabic = "مرحبا"
    assert markup.spoken(arabic).startswith('<div dir="auto"')
    assert '<td dir="auto" style="' in markup.table([("a", arabic)])


def test_ready_html_in_a_cell_stands_for_itself() -> None:
    assert "<strong>x</strong>" in markup.table([("a", markup.strong("x"))])
    assert "&lt;strong&gt;" in markup.table([("a", "<strong>")])


def test_a_picture_becomes_narrow_but_not_unreadable() -> None:
    page = markup.picture('<svg xmlns="x" width="600" height="9"></svg>', 'said "so"')
    assert "max-width:100%;min-width:420px" in page
    assert "overflow-x:auto" in page
    assert 'alt="said &quot;so&quot;"' in page
