"""A flow as a cell's last expression: JupyterLab draws it, and viewers that draw nothing show its text."""

from __future__ import annotations

import json
import re
import urllib.parse

import nbformat
from nbconvert import HTMLExporter, MarkdownExporter

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


def picture(page, number: int) -> tuple[str, str]:
    """Return what the diagram of a cell shows, and how it is described."""
    image = page.output(number).locator("figure img")
    image.wait_for()
    assert image.evaluate("image => image.decode().then(() => image.width)") > 100
    svg = urllib.parse.unquote(image.get_attribute("src").partition(",")[2])
    return svg, f"{image.get_attribute('alt')}\n{page.output(number).locator('figcaption').inner_text()}"


def labels(svg: str) -> list[str]:
    return [re.sub(r"<br */?>", "\n", label) for label in re.findall(r"<p>(.*?)</p>", svg, re.DOTALL)]


def test_the_diagram_is_drawn_and_described(open_notebook):
    page = open_notebook([DENTIST])
    page.run_cell(0)
    svg, told = picture(page, 0)
    assert "data\nextraction of name, weekday, urgent" in labels(svg)
    assert "when “the caller gave a name and a weekday”" in labels(svg)
    assert {"start", "end", "any node", "returns"} <= set(labels(svg))
    assert told.startswith("Flow 'dentist' · local:")
    assert "if weekday is not None → bye else → ask" in told
    page.shot("graph-light")
    page.theme("JupyterLab Dark")
    page.run_cell(0)
    picture(page, 0)
    page.shot("graph-dark")


def test_names_are_words_in_it_and_nothing_else(open_notebook):
    page = open_notebook([HOSTILE])
    page.run_cell(0)
    svg, _ = picture(page, 0)
    shown = "\n".join(labels(svg))
    assert "&lt;script&gt;document.title='owned'&lt;/script&gt;" in shown
    assert "%%{init: {'theme': 'base'}}%%\nconversation" in shown
    assert "two lines\nconversation" in shown
    assert "&amp;lt;b&amp;gt; #35;" in shown
    assert "👩‍💻 日本" in shown
    assert "<script" not in svg
    assert page.page.title() != "owned"
    page.shot("graph-hostile")


def test_viewers_that_draw_nothing_show_the_text(open_notebook):
    page = open_notebook([DENTIST])
    page.run_cell(0)
    picture(page, 0)
    saved = page.save()
    notebook = nbformat.reads(json.dumps(saved), as_version=4)
    bundle = saved["cells"][0]["outputs"][0]["data"]
    text = "".join(bundle["text/plain"])
    assert "when “the caller gave a name and a weekday” → data" in text
    assert "<svg" in "".join(bundle["image/svg+xml"]), "the picture is saved with the notebook"
    assert "data:image/svg+xml;base64," in HTMLExporter().from_notebook_node(notebook)[0]
    for kind in ("text/vnd.mermaid", "image/svg+xml"):
        notebook.cells[0].outputs[0].data.pop(kind)
    for exporter in (HTMLExporter(), MarkdownExporter()):
        assert "the caller gave a name and a weekday" in exporter.from_notebook_node(notebook)[0]
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
        (2, "set by code"),
        (3, "Good day! How may I help?"),
        (4, "words · at hello"),
        (5, "The nodes are not connected yet"),
        (5, "which nothing sets"),
    ]:
        assert said in words[number]
    for number in (1, 2, 4, 5):
        assert page.output(number).locator("table").count() == 1
    page.shot("graph-tables")
