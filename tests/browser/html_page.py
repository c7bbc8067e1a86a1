"""`HtmlPage`: the HTML manager of ipywidgets with a live kernel: the stand-in for VS Code and Colab.

Neither of them can be run here. They have in common with this page what matters: no JupyterLab around the widgets,
no manager that knows the kernel, no style sheet of Lab, and a sandboxed frame of no origin.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import urllib.parse
from pathlib import Path
from typing import Any

import anywidget

from tests.browser.lab import Lab
from tests.browser.notebook_page import TIMEOUT_MS
from tests.http_server import Server

SOURCE = Path(__file__).parent / "html_manager"
_AMD = Path(anywidget.__file__).parent / "nbextension" / "index.js"
_HOST = """<!doctype html><meta charset="utf-8"><body style="margin: 0">
<iframe sandbox="allow-scripts" style="border: 0; width: 100vw; height: 100vh" src="{frame}"></iframe></body>"""


def build(folder: Path) -> None:
    """Build the page into `folder`, from packages that npm fetches once."""
    work = folder / "work"
    shutil.copytree(SOURCE, work, ignore=shutil.ignore_patterns("node_modules"))
    modules = SOURCE / "node_modules"
    if modules.is_dir():
        (work / "node_modules").symlink_to(modules)
    else:
        install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=work, check=True, timeout=240, capture_output=True)
    subprocess.run(["node", "build.js", str(folder)], cwd=work, check=True, timeout=60)
    shutil.copy(_AMD, folder / "anywidget.js")


class Pages:
    """Serves the built page; `close()` ends it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        handler = functools.partial(_Quiet, directory=str(folder))
        self._server = Server(handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.close()

    def open(self, page: Any, lab: Lab, *, style: str, lab_variables: bool = False) -> HtmlPage:
        """Open it in a sandboxed frame.

        Args:
            page: A page of the browser.
            lab: Whose kernels it uses.
            style: Style sheet of the page around the outputs.
            lab_variables: Whether it brings the variables of the light JupyterLab, as the manager by itself does.
        """
        link = '<link rel="stylesheet" href="lab.css">' if lab_variables else ""
        html = (self.folder / "page.html").read_text(encoding="utf-8")
        (self.folder / "frame.html").write_text(html.replace("<body>", f"{link}<style>{style}</style><body>"))
        asked = urllib.parse.urlencode({"server": lab.url, "token": lab.token})
        (self.folder / "host.html").write_text(_HOST.format(frame=f"frame.html?{asked}"))
        page.goto(f"{self.url}/host.html")
        return HtmlPage(page)


class HtmlPage:
    """The page while it is open."""

    def __init__(self, page: Any) -> None:
        self.page = page
        page.set_default_timeout(TIMEOUT_MS)
        self.frame = next(frame for frame in page.frames if "frame.html" in frame.url)
        self.frame.wait_for_selector("body[data-ready]", state="attached")

    def run(self, code: str) -> None:
        """Run a cell and wait for its end."""
        self.frame.evaluate("code => window.run(code)", code)

    def start(self, code: str) -> None:
        """Run a cell and do not wait."""
        self.frame.evaluate("code => { void window.run(code); }", code)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass
