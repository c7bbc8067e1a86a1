"""A course in a browser tab: tutorials run there with the network cut, and show what they show on the desktop."""

from __future__ import annotations

import functools
import json
import re
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from byok_widgets.cli import main
from tests.browser.conftest import missing

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
TUTORIALS = (
    "01_first_flow",
    "02_models_and_overrides",
    "03_a_flow_that_moves",
    "04_debugging_a_flow",
    "06_testing_a_flow",
    "07_record_and_replay",
)
START_MS = 180_000
READY = """() => {
  const page = window.jupyterapp?.shell?.currentWidget;
  return page?.sessionContext?.session?.kernel?.status === "idle";
}"""
RUN = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
OUTPUTS = "() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells"
_CHANGING = re.compile(r"\d{4}-\d\d-\d\dT\S+|(?<= in )/\S+/")
_LIVE = re.compile(r"Chat with the flow|.*Run this cell in a notebook to compare\.$")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site that was built from packages of the registries."""
    if not find_spec("jupyterlite_core") or not find_spec("jupyterlite_pyodide_kernel") or not shutil.which("npm"):
        missing('nothing here builds sites: pip install "byok-widgets[site]", and Node.js')
    folder = tmp_path_factory.mktemp("site") / "course"
    assert main(["site", str(folder)]) == 0
    settings = folder / "jupyter-lite.json"
    told = json.loads(settings.read_text(encoding="utf-8"))
    told["jupyter-config-data"]["exposeAppInBrowser"] = True
    settings.write_text(json.dumps(told), encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Files, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorial_shows_in_a_tab_what_it_shows_on_the_desktop(
    browser: Any, site: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = browser.new_context()
    page = context.new_page()
    elsewhere: list[str] = []

    def serve(route: Any) -> None:
        """Let the page reach its own site alone."""
        if route.request.url.startswith((site, "blob:", "data:")):
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    context.route("**/*", serve)
    page.goto(f"{site}/lab/index.html?path={name}.ipynb")
    page.wait_for_function(READY, timeout=START_MS)
    page.set_default_timeout(START_MS)
    page.evaluate(RUN)
    in_tab = [_texts(cell) for cell in page.evaluate(OUTPUTS)]
    context.close()
    assert elsewhere == []
    assert in_tab == _on_desktop(name, tmp_path, monkeypatch)


def _on_desktop(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return what a tutorial shows on the desktop, replayed without a model."""
    for variable in ("HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "BYOK_WIDGETS_CACHE_DIR"):
        monkeypatch.setenv(variable, str(folder / variable.lower()))
    monkeypatch.setenv("CI", "true")
    shutil.copy(NOTEBOOKS / f"{name}.cassette", folder)
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=200, resources={"metadata": {"path": str(folder)}}).execute()
    return [_texts(cell) for cell in notebook.cells]


def _texts(cell: Any) -> list[str]:
    """Return the lines that a cell shows as text, without hours, folders and what lives on a page alone."""
    texts: list[str] = []
    for output in cell.get("outputs", ()):
        assert output["output_type"] != "error", (output.get("ename"), output.get("evalue"))
        texts.append("".join(output.get("text") or output.get("data", {}).get("text/plain", "")))
    lines = _CHANGING.sub("...", "\n".join(texts)).splitlines()
    return [line for line in lines if line.strip() and not _LIVE.match(line)]
