"""JupyterLab as a child of the demo: it stops its kernels and exits when the demo ends, for whatever reason.

Run as `python -m byok_widgets.cli.lab_server`, with JupyterLab's own arguments. Standard input is a pipe: its
first line is the token of the server, and after it the demo holds the pipe open and writes nothing more. The
operating system closes it even if the demo is killed.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

STOP_S = 8.0
"""Time allowed for JupyterLab to stop its kernels, in seconds."""


def main() -> None:
    """Run JupyterLab until it exits or standard input is closed."""
    token = _first_line()
    # Only in this process's memory: other users see the command line, and kernels inherit the environment.
    sys.argv.append(f"--IdentityProvider.token={token}")
    threading.Thread(target=_end_with_parent, name="byok-parent-watch", daemon=True).start()
    # It imports jsonschema without the grammar that takes half of the time in which JupyterLab starts.
    from byok_widgets.schema.json_schemas import library  # noqa: F401

    _write_no_page_with_token()
    runpy.run_module("jupyterlab", run_name="__main__", alter_sys=True)


def _write_no_page_with_token() -> None:
    """Let the server write no page that leads to it: all users could read that, and no option turns it off."""
    from jupyter_server.serverapp import ServerApp

    ServerApp.write_browser_open_files = lambda _: None  # type: ignore[method-assign,assignment]


def _first_line() -> str:
    line = b""
    while (byte := os.read(sys.stdin.fileno(), 1)) not in (b"", b"\n"):
        line += byte
    return line.decode("ascii")


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):  # not sys.stdin.read(): its lock would be held when the interpreter ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)  # JupyterLab shuts its kernels down and exits
    time.sleep(STOP_S)
    os._exit(1)  # it did not exit; its kernels notice that their parent is gone, and exit themselves


if __name__ == "__main__":
    main()
