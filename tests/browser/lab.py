"""`Lab`: a JupyterLab server of its own, whose home, settings and runtime folders hold nothing else.

It serves Notebook 7, too. The gear comes from the built files of this checkout, whatever is installed.
"""

from __future__ import annotations

import json
import secrets
import shutil
import urllib.request
from pathlib import Path
from typing import Any

import byok_widgets
from tests.browser.served import Served

ELSEWHERE = "lab.example"
"""A name that the test's browser takes for this machine, without taking it for a secure place."""
GEAR = Path(byok_widgets.__file__).parent / "js" / "gear" / "built"
_WIDGETS = "@jupyter-widgets/jupyterlab-manager/plugin"
_SETTINGS: dict[str, dict[str, Any]] = {
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},  # during it, nothing else is saved
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
_SERVER = """\
c.ServerApp.token = {token!r}
c.ServerApp.open_browser = False
c.ServerApp.root_dir = {root!r}
c.ServerApp.local_hostnames = ["localhost", {elsewhere!r}]
c.LabApp.expose_app_in_browser = True
c.JupyterNotebookApp.expose_app_in_browser = True
c.LabApp.extra_labextensions_path = c.JupyterNotebookApp.extra_labextensions_path = [{extensions!r}]
c.LabApp.news_url = None
c.YDocExtension.disable_rtc = {alone!r}
c.ServerApp.allow_origin = {origin!r}
"""


class Lab(Served):
    """Starts with `start()`; everything it and its kernels write is below `base`."""

    def __init__(self, base: Path, *, save_state: bool = True, together: bool = False, origin: str = "") -> None:
        """Put it below `base`.

        Args:
            base: An empty folder.
            save_state: JupyterLab's setting to keep widgets in notebooks.
            together: Whether several people work in one document, as `jupyter-collaboration` lets them.
            origin: Whose pages may use its kernels from elsewhere; `"*"` for all.
        """
        super().__init__(base)
        self._settings = _SETTINGS | {_WIDGETS: {"saveState": save_state}}
        self._together, self._origin = together, origin

    def start(self) -> None:
        for plugin, settings in self._settings.items():
            file = self.base / "lab-settings" / f"{plugin}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(settings), encoding="utf-8")
        extensions = self.base / "extensions"
        shutil.copytree(GEAR, extensions / "byok-widgets")
        config = self.base / "config" / "jupyter_lab_config.py"
        config.parent.mkdir()
        config.write_text(
            _SERVER.format(
                token=self.token,
                root=str(self.root),
                elsewhere=ELSEWHERE,
                extensions=str(extensions),
                alone=not self._together,
                origin=self._origin,
            ),
            encoding="utf-8",
        )
        super().start()

    def command(self) -> list[str]:
        return ["jupyter", "lab", f"--port={self.port}", "--ip=127.0.0.1", "--allow-root"]

    def is_ready(self) -> bool:
        try:
            self.api("status")
        except OSError:
            return False
        return True

    def add_kernel(self, name: str, argv: list[str], language: str) -> None:
        """Add a kernel beside the usual one."""
        file = self.base / "data" / "kernels" / name / "kernel.json"
        file.parent.mkdir(parents=True)
        spec = {"argv": [*argv, "-f", "{connection_file}"], "display_name": name, "language": language}
        file.write_text(json.dumps(spec), encoding="utf-8")

    def notebook(self, cells: list[str] | Path, *, kernel: str = "python3") -> str:
        """Put a notebook into the project folder and return its name."""
        if isinstance(cells, Path):
            recording = cells.with_suffix(".cassette")
            for file in [cells, *([recording] if recording.exists() else [])]:
                shutil.copy(file, self.root / file.name)
            return cells.name
        name = f"notebook-{secrets.token_hex(4)}.ipynb"
        (self.root / name).write_text(notebook_of(cells, kernel), encoding="utf-8")
        return name

    def api(self, path: str, method: str = "GET") -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/{path}", method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def connection_file(self, kernel_id: str) -> Path:
        return next(self.base.rglob(f"kernel-{kernel_id}.json"))

    def shut_down_kernels(self) -> None:
        for session in self.api("sessions"):
            self.api(f"sessions/{session['id']}", "DELETE")


def notebook_of(cells: list[str], kernel: str = "python3") -> str:
    """Return a notebook of the given cells, none of which has run, as its file holds it."""
    content = {
        "cells": [
            {"cell_type": "code", "id": f"cell-{n}", "metadata": {}, "outputs": [], "source": source}
            | {"execution_count": None}
            for n, source in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": kernel}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content)
