"""`NotebookPage`: a notebook in JupyterLab or in Notebook 7, driven as a person would."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tests.browser.lab import Lab
from tests.widgets.wire import eventually

TIMEOUT_MS = 60_000
"""For a slow machine: what is waited for is there in a moment, or never."""
IDLE = """() => {
  const panel = window.jupyterapp?.shell.currentWidget;
  const session = panel?.sessionContext?.session;
  const busy = panel?.content?.widgets?.some((cell) => cell.promptNode?.textContent.includes("*"));
  return session?.kernel?.status === "idle" && !busy;
}"""

SAVE = ".jp-Dialog button.jp-mod-accept:not(.jp-mod-warn)"  # beside "Discard", which is accepting, too
CLOSED_OR_ASKING = f"() => !document.querySelector('.jp-Notebook') || document.querySelector('{SAVE}')"


class NotebookPage:
    """One notebook in one browser page."""

    def __init__(self, lab: Lab, page: Any, url: str, *, app: str = "lab") -> None:
        """Drive `page`; `app` is `"lab"` or `"notebook"`."""
        self.lab, self.page, self.url, self.app = lab, page, url, app
        self.console: list[str] = []
        self.name = ""
        self._narrow: Any = None
        page.set_default_timeout(TIMEOUT_MS)
        page.on("console", lambda message: self.console.append(message.text))

    def open(self, name: str) -> None:
        self.name = name
        if self.app == "notebook":
            self.page.goto(f"{self.url}/notebooks/{name}?token={self.lab.token}")
        elif self.page.url.startswith(self.url):
            self.command("docmanager:open", {"path": name})
        else:
            self.page.goto(f"{self.url}/lab/tree/{name}?token={self.lab.token}&reset")
        self.page.wait_for_function(f"() => window.jupyterapp?.shell.currentWidget?.context?.path === {name!r}")
        self.wait_idle()
        self.theme("JupyterLab Light")

    def close(self) -> None:
        """Save and close the notebook, if one is open; the page stays, as wide as it was."""
        self.widen()
        if self.name:
            self.save()
            self.name = ""
            self.command("application:close-all")
            self.page.wait_for_function(CLOSED_OR_ASKING)
            if self.page.locator(SAVE).count():  # an output has followed after it was saved
                self.page.locator(SAVE).click()
            self.page.wait_for_selector(".jp-Notebook", state="detached")

    def reopen(self) -> None:
        """Save it, close it, and open it again from its file."""
        name = self.name
        if self.app == "lab":
            self.close()
        else:
            self.save()
        self.open(name)

    def wait_idle(self, timeout_s: float = 60) -> None:
        self.page.wait_for_function(IDLE, timeout=timeout_s * 1000)

    def run_all(self) -> None:
        self.command("notebook:run-all-cells")
        self.wait_idle()

    def run_cell(self, number: int, timeout_s: float = 60) -> None:
        self.page.evaluate("n => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = n; }", number)
        self.command("notebook:run-cell")
        self.wait_idle(timeout_s)

    def start_cell(self, number: int) -> None:
        """Run a cell and do not wait for its end."""
        self.page.evaluate("n => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = n; }", number)
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell'); }")

    def start_waiting(self, number: int, go: Path) -> None:
        """Run a cell made by `waits_for(go)`, and wait until it keeps the kernel busy."""
        self.start_cell(number)
        eventually(_begun(go).exists)

    def save(self) -> dict[str, Any]:
        """Save the notebook, and return what is on disk now."""
        self.command("docmanager:save")
        file = self.lab.root / self.name
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return content

    def narrow(self, width: int) -> None:
        """Show outputs as they are in a narrow place, until `widen` or `close`: others use the page after this."""
        self.widen()
        place = f"flex: none !important; width: {width}px !important; max-width: {width}px !important"
        self._narrow = self.page.add_style_tag(content=f".jp-OutputArea-output {{ {place} }}")

    def widen(self) -> None:
        if self._narrow:
            self._narrow.evaluate("style => style.remove()")
        self._narrow = None

    def shot(self, name: str) -> None:
        """Keep a picture for people, where `BYOK_WIDGETS_SHOTS` names a folder."""
        folder = os.environ.get("BYOK_WIDGETS_SHOTS")
        if folder:
            self.page.screenshot(path=f"{folder}/{name}.png")

    def theme(self, name: str) -> None:
        self.command("apputils:change-theme", {"theme": name})
        light = str(name == "JupyterLab Light").lower()
        self.page.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def command(self, name: str, arguments: dict[str, Any] | None = None) -> None:
        self.page.evaluate(
            "async ([name, args]) => { await window.jupyterapp.commands.execute(name, args); }",
            [name, arguments or {}],
        )

    def output(self, number: int) -> Any:
        """Return the output area of a cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".jp-Cell-outputArea")

    @property
    def gear(self) -> Any:
        return self.page.locator('[data-jp-item-name="byok-settings"]').filter(visible=True).locator("jp-button")

    @property
    def panel(self) -> Any:
        return self.page.locator(".byok-panel").first

    @property
    def kernel_id(self) -> str:
        session = "window.jupyterapp.shell.currentWidget.sessionContext.session"
        return str(self.page.evaluate(f"() => {session}.kernel.id"))


def waits_for(go: Path) -> str:
    """Return a cell that keeps the kernel busy until somebody makes the file `go`."""
    begins = f"open({str(_begun(go))!r}, 'w').close()"
    return f"import os, time\n{begins}\nwhile not os.path.exists({str(go)!r}): time.sleep(0.02)"


def _begun(go: Path) -> Path:
    return go.with_name(f"{go.name}-begun")


def type_into(field: Any, text: str) -> None:
    """Type as a person does, who sees the field first: what is typed while it is hidden goes nowhere."""
    field.wait_for()
    field.press_sequentially(text)
