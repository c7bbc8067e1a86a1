"""`Lab`: a JupyterLab server of its own, whose home, settings and runtime folders hold nothing else.

It serves Notebook 7, too. The gear comes from the built files of this checkout, whatever is installed.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import byok_widgets
from byok_widgets.providers import local_models

START_S = 60.0
ELSEWHERE = "lab.example"
"""A name that the test's browser takes for this machine, without taking it for a secure place."""
GEAR = Path(byok_widgets.__file__).parent / "labextension" / "built"
_WIDGETS = "@jupyter-widgets/jupyterlab-manager/plugin"
_SETTINGS: dict[str, dict[str, Any]] = {
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
"""


class Lab:
    """Starts with `start()`; everything it and its kernels write is below `base`."""

    def __init__(self, base: Path, *, save_state: bool = True) -> None:
        """Put it below `base`; `save_state` is JupyterLab's setting to keep widgets in notebooks."""
        self.base = base
        self._settings = _SETTINGS | {_WIDGETS: {"saveState": save_state}}
        self.root, self.home, self.log = base / "project", base / "home", base / "server.log"
        self.token = secrets.token_hex(16)
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        for folder in (self.root, self.home):
            folder.mkdir(parents=True)
        for plugin, settings in self._settings.items():
            file = self.base / "lab-settings" / f"{plugin}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(settings), encoding="utf-8")
        extensions = self.base / "extensions"
        shutil.copytree(GEAR, extensions / "byok-widgets")
        config = self.base / "config" / "jupyter_lab_config.py"
        config.parent.mkdir()
        config.write_text(
            _SERVER.format(token=self.token, root=str(self.root), elsewhere=ELSEWHERE, extensions=str(extensions)),
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "jupyter", "lab", f"--port={self.port}", "--ip=127.0.0.1", "--allow-root"]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=self.root, env=self._environment(), stdout=log, stderr=subprocess.STDOUT
            )
        self._wait()

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def add_kernel(self, name: str, argv: list[str], language: str) -> None:
        """Add a kernel beside the usual one."""
        file = self.base / "data" / "kernels" / name / "kernel.json"
        file.parent.mkdir(parents=True)
        spec = {"argv": [*argv, "-f", "{connection_file}"], "display_name": name, "language": language}
        file.write_text(json.dumps(spec), encoding="utf-8")

    def notebook(self, cells: list[str] | Path, *, kernel: str = "python3") -> str:
        """Put a notebook into the project folder and return its name."""
        if isinstance(cells, Path):
            shutil.copy(cells, self.root / cells.name)
            return cells.name
        name = f"notebook-{secrets.token_hex(4)}.ipynb"
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
        (self.root / name).write_text(json.dumps(content), encoding="utf-8")
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

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in os.environ}
        package = str(Path(byok_widgets.__file__).parents[1])
        return kept | {
            "HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")])),
            "JUPYTER_CONFIG_DIR": str(self.base / "config"),
            "JUPYTER_DATA_DIR": str(self.base / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.base / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(self.base / "lab-settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self.base / "lab-workspaces"),
            "IPYTHONDIR": str(self.base / "ipython"),
            "BYOK_WIDGETS_CONFIG_DIR": str(self.base / "byok-config"),
            "BYOK_WIDGETS_CACHE_DIR": str(local_models.cache_folder().parent),
            "BYOK_WIDGETS_LOCAL_MODEL": "smollm2-135m",
        }

    def _wait(self) -> None:
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                self.api("status")
            except OSError:
                time.sleep(0.2)
            else:
                return
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
