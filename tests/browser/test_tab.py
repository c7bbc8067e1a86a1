"""A course in a browser tab: tutorials run there with the network cut, and show what they show on the desktop."""

from __future__ import annotations

import functools
import json
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
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
START_MS = 600_000
READY = """() => {
  const page = window.jupyterapp?.shell?.currentWidget;
  return page?.sessionContext?.session?.kernel?.status === "idle";
}"""
RUN = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
OUTPUTS = "() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells"
EXECUTE = """async code => {
  const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  const texts = [];
  const asked = kernel.requestExecute({ code });
  asked.onIOPub = ({ header, content }) => {
    if (header.msg_type === "stream") texts.push(content.text);
    if (header.msg_type === "error") texts.push(content.evalue);
  };
  await asked.done;
  return texts.join("");
}"""
LIVE = """
from byok_widgets import Flow
flow = Flow("live", fresh=True)
flow.set_base_url("compatible", "{url}")
flow.model = "compatible:any"
print((await flow.conversation("ask", "Be brief.").arun("Hi")).text)
"""
_CHANGING = re.compile(r"\d{4}-\d\d-\d\dT\S+|(?<= in )/\S+/")
_LIVE = re.compile(r"Chat with the flow|.*Run this cell in a notebook to compare\.$")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


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


@contextmanager
def _opened(browser: Any, site: str, name: str, *allowed: str) -> Iterator[tuple[Any, list[str]]]:
    """Open a notebook in a page that reaches its site and what is allowed; yield that and what else it wants."""
    context = browser.new_context()
    page = context.new_page()
    elsewhere: list[str] = []

    def serve(route: Any) -> None:
        if route.request.url.startswith((site, "blob:", "data:", *allowed)):
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    context.route("**/*", serve)
    page.set_default_timeout(START_MS)
    page.goto(f"{site}/lab/index.html?path={name}.ipynb")
    page.wait_for_function(READY)
    yield page, elsewhere
    context.close()


@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorial_shows_in_a_tab_what_it_shows_on_the_desktop(
    browser: Any, site: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _opened(browser, site, name) as (page, elsewhere):
        page.evaluate(RUN)
        in_tab = [_texts(cell) for cell in page.evaluate(OUTPUTS)]
    assert elsewhere == []
    assert in_tab == _on_desktop(name, tmp_path, monkeypatch)


class _Provider(BaseHTTPRequestHandler):
    """A provider that lets web pages call it, or does not."""

    lets_pages_call = True
    asked: list[str]

    def do_OPTIONS(self) -> None:
        self._send(b"")

    def do_POST(self) -> None:
        self.asked.append(self.path)
        self.rfile.read(int(self.headers["content-length"]))
        chunks = [{"content": "Live."}, {}]
        told = [
            {"choices": [{"index": 0, "delta": each, "finish_reason": None if each else "stop"}]}
            for each in chunks
        ]
        self._send(b"".join(b"data: %s\n\n" % json.dumps(each).encode() for each in told) + b"data: [DONE]\n\n")

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        headers = {"content-type": "text/event-stream", "content-length": str(len(body))}
        if self.lets_pages_call:
            headers |= dict.fromkeys((f"access-control-allow-{what}" for what in ("origin", "methods")), "*")
            headers["access-control-allow-headers"] = self.headers.get("access-control-request-headers", "*")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("lets_pages_call", [True, False])
def test_a_live_call_reaches_a_provider_that_lets_web_pages_call_it(
    browser: Any, site: str, *, lets_pages_call: bool
) -> None:
    asked: list[str] = []
    own = {"lets_pages_call": lets_pages_call, "asked": asked}
    provider = ThreadingHTTPServer(("127.0.0.1", 0), type("Provider", (_Provider,), own))
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{provider.server_port}"
    with _opened(browser, site, "03_a_flow_that_moves", url) as (page, _):
        said = page.evaluate(EXECUTE, LIVE.format(url=f"{url}/v1"))
    provider.shutdown()
    provider.server_close()
    assert "Warning" not in said
    if lets_pages_call:
        assert (said.strip().splitlines()[-1], asked) == ("Live.", ["/v1/chat/completions"])
    else:
        assert "CORS" in said


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
