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
from playwright.sync_api import expect

from byok_widgets.cli import main
from tests.browser.conftest import missing
from tests.browser.leaks import hits
from tests.fake_keys import fake_key

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
KEYED = """
from byok_widgets import Flow
flow = Flow("keyed", fresh=True)
flow.set_base_url("compatible", "{url}")
flow.model = "compatible:any"
ask = flow.conversation("ask", "Be brief.")
flow.settings()
"""
SHOW = """async code => {
  const { commands, shell } = window.jupyterapp;
  await commands.execute("notebook:insert-cell-below");
  shell.currentWidget.content.activeCell.model.sharedModel.setSource(code);
  await commands.execute("notebook:run-cell");
  await commands.execute("docmanager:save");
}"""
KEPT = """async () => {
  const done = request => new Promise((found, failed) => {
    request.onsuccess = () => found(request.result);
    request.onerror = () => failed(request.error);
  });
  const kept = [{ ...localStorage }, { ...sessionStorage }];
  for (const { name } of await indexedDB.databases()) {
    const base = await done(indexedDB.open(name));
    for (const store of base.objectStoreNames) {
      kept.push(await done(base.transaction(store).objectStore(store).getAll()));
    }
    base.close();
  }
  kept.push(window.jupyterapp.shell.currentWidget.content.model.toJSON());
  return JSON.stringify(kept);
}"""
_CHANGING = re.compile(r"\d{4}-\d\d-\d\dT\S+|(?<= in )/\S+/|(?<=Since )\d+ \w+ \d{4}, [\d:]+ UTC")
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
    keys: list[str]

    def do_GET(self) -> None:
        has_key = self.headers.get("authorization", "") not in ("", "Bearer none")
        told: dict[str, Any] = {"data": [{"id": "any"}]} if has_key else {"error": {"message": "no key"}}
        self._send(json.dumps(told).encode(), "application/json", 200 if has_key else 401)

    def do_OPTIONS(self) -> None:
        self._send(b"")

    def do_POST(self) -> None:
        self.asked.append(self.path)
        self.keys.append(self.headers.get("authorization", ""))
        self.rfile.read(int(self.headers["content-length"]))
        chunks = [{"content": "Live."}, {}]
        told = [
            {"choices": [{"index": 0, "delta": each, "finish_reason": None if each else "stop"}]}
            for each in chunks
        ]
        self._send(b"".join(b"data: %s\n\n" % json.dumps(each).encode() for each in told) + b"data: [DONE]\n\n")

    def _send(self, body: bytes, kind: str = "text/event-stream", status: int = 200) -> None:
        self.send_response(status)
        headers = {"content-type": kind, "content-length": str(len(body))}
        if self.lets_pages_call:
            headers |= dict.fromkeys((f"access-control-allow-{what}" for what in ("origin", "methods")), "*")
            headers["access-control-allow-headers"] = self.headers.get("access-control-request-headers", "*")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def _provider(*, lets_pages_call: bool = True) -> Iterator[tuple[str, type[_Provider]]]:
    """Run a provider; yield its address, and what it was asked."""
    kind = type("Provider", (_Provider,), {"lets_pages_call": lets_pages_call, "asked": [], "keys": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", kind
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("lets_pages_call", [True, False])
def test_a_live_call_reaches_a_provider_that_lets_web_pages_call_it(
    browser: Any, site: str, *, lets_pages_call: bool
) -> None:
    with (
        _provider(lets_pages_call=lets_pages_call) as (url, provider),
        _opened(browser, site, "03_a_flow_that_moves", url) as (page, _),
    ):
        said = page.evaluate(EXECUTE, LIVE.format(url=f"{url}/v1"))
    assert "Warning" not in said
    if lets_pages_call:
        assert (said.strip().splitlines()[-1], provider.asked) == ("Live.", ["/v1/chat/completions"])
    else:
        assert "CORS" in said


def test_a_key_that_is_pasted_in_a_tab_makes_calls_and_is_kept_nowhere(browser: Any, site: str) -> None:
    key = fake_key("compatible")
    with _provider() as (url, provider), _opened(browser, site, "03_a_flow_that_moves", url) as (page, elsewhere):
        page.evaluate(SHOW, KEYED.format(url=f"{url}/v1"))
        page.locator("[data-part=key]").fill(key)
        page.locator("[data-part=save]").click()
        page.locator(".byok-status[data-state=verified]").wait_for()
        expect(page.locator("[data-part=key]")).to_have_value("")
        said = page.evaluate(EXECUTE, "print((await ask.arun('Hi')).text)")
        page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        kept = page.evaluate(KEPT)
    assert (said.strip(), elsewhere) == ("Live.", [])
    assert provider.keys == [f"Bearer {key}"]
    assert "keyed" in kept, "what is kept was looked at"
    assert hits([("the browser", kept.encode())], key) == []


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
