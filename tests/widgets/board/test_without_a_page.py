"""A comparison in a notebook that a program executes: the cell waits, and saves the table."""

from __future__ import annotations

import json

import nbformat
from nbclient import NotebookClient

from tests.scripted_server import Say

CELL = """\
from byok_widgets import Flow
flow = Flow("without a page", fresh=True)
flow.set_base_url("compatible", "{url}")
flow.model = "compatible:one"
read = flow.extraction("read", day=["Mon", "Tue"])
cases = [dict(text=f"Tuesday, {{n}}", values=dict(day="Tue")) for n in range(3)]
r = read.compare(["compatible:one", "compatible:two"], cases, {more})
r"""


def test_the_cell_waits_and_saves_the_table_and_no_widget(server):
    server.script(lambda request: Say(json.dumps({"day": "Tue"}), pause_s=0.1))
    sources = [CELL.format(url=server.base_url, more=more) for more in ("", "wait=False")]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(notebook, timeout=60, store_widget_state=True).execute()
    for cell in notebook.cells:
        (output,) = cell.outputs
        assert set(output.data) == {"text/plain", "text/html"}
        assert "6 of 6 cells" in output.data["text/plain"]
        assert "<table" in output.data["text/html"]
    assert "widgets" not in notebook.metadata
