"""A flow and results as the last line of a cell: the same in a notebook, trusted or not, and in a page of it."""

from __future__ import annotations

import base64
import json
import re
import secrets

import nbformat
from nbconvert import HTMLExporter, MarkdownExporter
from playwright.sync_api import expect

DENTIST = """\
from byok_widgets import Flow
flow = Flow("dentist")
flow.conversation("ask", "Find out the caller's name and preferred weekday.")
flow.extraction("data", name=str, weekday=["Mon", "Tue", "Wed"], urgent=bool)
flow.conversation("bye", "Thanks {{name}}, see you on {{weekday}}.", static=True, end=True)
flow.conversation("help", "Our hours are nine to five.", static=True, enter="the caller asks for the hours")
flow.connect("ask", "data", when="the caller gave a name and a weekday")
flow.connect("data", "bye", if_="weekday is not None")
flow.connect("data", "ask")
flow"""
HOSTILE = r"""
from byok_widgets import Flow
owned = "document.title='owned'"
names = [f"<script>{owned}</script>", f"<img src=x onerror={owned}>", '"]--> n0', "%%{init: {'theme': 'base'}}%%",
         "two\nlines", "`tick` ```", "end", "&lt;b&gt; #35;", "👩‍💻 日本", "long " * 60]
flow = Flow(f"{owned} <b> %%")
for name in names:
    flow.conversation(name, "x")
for one, other in zip(names, names[1:]):
    flow.connect(one, other, when=one)
flow"""
OTHERS = """\
s = flow.start(variables={"firm": "Acme"})
s.trace"""
STATIC = """\
flow = Flow("words")
flow.conversation("hello", "Good day! How may I help?", static=True)
flow.conversation("lost", "{{nmae}}")"""


PRICED = r"""\
from decimal import Decimal
from byok_widgets import Reply
from byok_widgets.usage import Cost
from byok_widgets.session import Timeline, Trace, Turn, Visit
price = Cost(Decimal("0.02"), "price list")
said = Reply(r"It costs $5 and $6 or \(x\).", "stop", "ask", model="a:b", latency_s=1.5, price=lambda: price)
turn = Turn(1, "How much, $7 or $8?", (Visit("ask", said),), "ask", latency_s=1.5)
said"""
BARS = """cell => [...cell.querySelectorAll("td span[title]")].map((part) => {
  const { width, backgroundColor } = getComputedStyle(part);
  return [part.title, width, backgroundColor];
})"""
IN_FRONT = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell"


def drawing(page, number: int) -> str:
    """Return the SVG that a cell's picture shows."""
    image = page.page.locator(IN_FRONT).nth(number).locator(".jp-OutputArea-output img")
    image.wait_for()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    assert image.get_attribute("alt")
    return base64.b64decode(image.get_attribute("src").partition(",")[2]).decode()


def bars(cell) -> list[list[str]]:
    """Return the parts of the bars of a timeline: what each is called, its width and its colour."""
    cell.locator("td span[title]").first.wait_for()
    return cell.evaluate(BARS)


def labels(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>(.*?)</text>", svg)


def test_the_graph_is_drawn_and_described_and_names_are_words_in_it_and_nothing_else(open_notebook):
    page = open_notebook([DENTIST, HOSTILE])
    page.run_all()
    svg = drawing(page, 0)
    assert {"start", "end", "any node", "returns", "ask", "data", "else"} <= set(labels(svg))
    assert "if weekday is not None" in labels(svg)
    page.shot("graph-light")
    words = page.output(0).get_by_text("else → ask")
    expect(words).to_be_hidden()
    page.output(0).get_by_text("The graph as text").click()
    expect(words).to_be_visible()
    page.theme("JupyterLab Dark")
    page.shot("graph-dark")
    svg = drawing(page, 1)
    assert "👩‍💻 日本" in labels(svg)
    assert "two lines" in labels(svg)
    assert "<script" not in svg
    assert page.page.title() != "owned"
    page.shot("graph-hostile")


def as_sent(page, saved) -> None:
    """Open a notebook as one that came by mail: nobody here has run it, so it is not trusted."""
    for number, cell in enumerate(saved["cells"]):
        cell["execution_count"] = 100 + number
        cell["metadata"].pop("trusted", None)
    name = f"sent-{secrets.token_hex(4)}.ipynb"
    (page.lab.root / name).write_text(json.dumps(saved), encoding="utf-8")
    page.open(name)
    cells = "[...window.jupyterapp.shell.currentWidget.content.model.cells]"
    assert page.page.evaluate(f"() => {cells}.some(cell => cell.trusted)") is False


CAPTION = """(table, scrolled) => {
  table.scrollLeft = scrolled;
  const words = document.createRange();
  words.selectNodeContents(table.caption);
  const [within, said] = [table.getBoundingClientRect(), words.getBoundingClientRect()];
  return [said.left - within.left, said.right - within.left];
}"""
"""Where the words of a table's caption begin and end in what is seen of it."""


def test_a_notebook_that_is_not_trusted_shows_the_same(open_notebook):
    page = open_notebook([PRICED, "Trace([turn])", "Timeline([turn], {})", DENTIST])
    page.run_all()
    cells = page.page.locator(IN_FRONT)
    drawn = drawing(page, 3), bars(cells.nth(2))
    assert any(float(width.removesuffix("px")) > 50 for _, width, _ in drawn[1])
    as_sent(page, page.save())
    assert (drawing(page, 3), bars(cells.nth(2))) == drawn
    said = cells.nth(0).locator(".jp-OutputArea").get_by_text("It costs")
    assert said.evaluate("said => getComputedStyle(said).whiteSpaceCollapse") == "preserve", "line breaks stay"
    table = cells.nth(1).locator("table")
    expect(table.locator("caption")).to_have_text("Trace", use_inner_text=True)
    assert {head.get_attribute("scope") for head in table.locator("th").all()} == {"col", "row"}
    sides = [cell.evaluate("cell => getComputedStyle(cell).textAlign") for cell in table.locator("td").all()]
    assert set(sides) == {"left", "right"}, "words to the left, numbers to the right"
    page.shot("untrusted")


def test_in_a_narrow_place_the_caption_of_a_wide_table_is_seen_as_a_whole(open_notebook):
    page = open_notebook(["Timeline([turn], {})" if at else PRICED for at in range(2)])
    page.run_all()
    table = page.page.locator(IN_FRONT).nth(1).locator("table").first

    def place(scrolled):
        page.narrow(340)
        assert table.evaluate("table => table.scrollWidth > table.clientWidth"), "there is more than is seen"
        return table.evaluate(CAPTION, scrolled)

    for left, right in map(place, (0, 100)):
        assert 0 <= left < right <= 340, "and it stays there"
    page.shot("graph-caption")
    as_sent(page, page.save())
    left, right = place(0)
    assert 0 <= left < right <= 340


def test_dollars_are_no_mathematics_trusted_or_not(open_notebook):
    control = "from IPython.display import HTML\nHTML('<p>$5 and $6</p>')"
    page = open_notebook([PRICED, "turn", "Trace([turn])", control])
    page.run_all()
    for _ in range(2):
        cells = page.page.locator(IN_FRONT)
        cells.nth(3).locator("mjx-container").wait_for()
        assert [cells.nth(number).locator("mjx-container").count() for number in range(3)] == [0, 0, 0]
        expect(cells.nth(0).locator(".jp-OutputArea")).to_contain_text(
            r"It costs $5 and $6 or \(x\).", use_inner_text=True
        )
        as_sent(page, page.save())


def test_a_page_made_of_a_saved_notebook_shows_it_without_a_network(open_notebook, browser, tmp_path):
    page = open_notebook([DENTIST, f"{PRICED}\nTimeline([turn], {{}})"])
    page.run_all()
    saved = page.save()
    notebook = nbformat.reads(json.dumps(saved), as_version=4)
    exported = tmp_path / "page.html"
    exported.write_text(HTMLExporter().from_notebook_node(notebook)[0], encoding="utf-8")
    context = browser.new_context(offline=True)
    offline = context.new_page()
    offline.goto(exported.as_uri(), wait_until="commit")
    offline.wait_for_load_state("domcontentloaded")
    image = offline.locator("img").first
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    assert bars(offline.locator("body"))
    context.close()
    text = "".join(saved["cells"][0]["outputs"][0]["data"]["text/plain"])
    notebook.cells[0].outputs[0].data.pop("text/html")
    assert text in MarkdownExporter().from_notebook_node(notebook)[0].replace("\n    ", "\n")


def test_checks_traces_variables_turns_and_sessions_are_tables(open_notebook):
    cells = [f"from byok_widgets import Flow\n{STATIC}", OTHERS, "s.variables", "s.turns[0]", "s", "flow.check()"]
    page = open_notebook(cells)
    for number in range(len(cells)):
        page.run_cell(number)
    words = [page.output(number).inner_text() for number in range(len(cells))]
    for number, said in [
        (1, "Good day! How may I help?"),
        (1, "speaks"),
        (2, "set by hand or in code"),
        (3, "Good day! How may I help?"),
        (4, "words · at hello"),
        (5, "The nodes are not connected yet"),
        (5, "which nothing sets"),
    ]:
        assert said in words[number]
    for number in (1, 2, 4, 5):
        expect(page.output(number).locator("table").filter(visible=True)).to_have_count(1)
    page.shot("graph-tables")
