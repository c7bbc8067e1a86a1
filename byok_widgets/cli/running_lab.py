"""JupyterLab as the demo runs it: a child process that gets its token where no other user can read it.

The token is in no command line and in no environment, since kernels and terminals inherit the environment. The
child reads it from its standard input. The browser is given a private file that leads to the address, as Jupyter
does, since the command line of a browser can be read by every user of the machine.

The server chooses its port itself, and says which in a file of its own that only this user can write. A program
that took the port before is therefore never told the token.
"""

from __future__ import annotations

import contextlib
import html
import json
import os
import queue
import secrets
import socket
import subprocess
import tempfile
import urllib.request
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from byok_widgets.child_python import python_module
from byok_widgets.cli.kernel_sockets import runtime_folder, transport
from byok_widgets.files import read_file, require_trusted

_LAB_SERVER = "byok_widgets.cli.lab_server"
_PORTS_TRIED = 50
_MAX_INFO_BYTES = 100_000
_REACH_S = 1.0
_KERNEL = "python3"  # the name that the tutorials give, and JupyterLab to this Python's own kernel
_KERNEL_S = 10.0
_WARM_UP = '__import__("byok_widgets.providers.local.warm_up", fromlist=["begin"]).begin()'  # binds no name
_INFO_FILES = "jpserver-*.json"
_STOP_S = 10.0  # a little longer than the server allows itself
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_TOKEN_VARIABLES = ("JUPYTER_TOKEN", "JUPYTER_TOKEN_FILE")


@dataclass
class RunningLab:
    """A JupyterLab that was started.

    Attributes:
        folder: What it shows.
        token: What a page needs to use it.
        process: The child.
    """

    folder: Path
    token: str = field(repr=False)
    process: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def start(cls, folder: Path, port: int, model: str, log: IO[bytes]) -> RunningLab:
        """Start it.

        Args:
            folder: What it shows.
            port: Port to listen on; if it is in use, the server takes another one.
            model: The local model for kernels that name none.
            log: Where its output goes.
        """
        token = secrets.token_urlsafe(24)
        # In its own process group, so that Ctrl-C reaches only this process, which then stops JupyterLab cleanly.
        process = subprocess.Popen(  # noqa: S603 - our own arguments
            _command(folder, port),
            env=_environment(model),
            umask=_umask(),
            start_new_session=True,
            stdin=subprocess.PIPE,  # it exits when this is closed, even if this process is killed
            stdout=log,
            stderr=log,
        )
        assert process.stdin is not None  # noqa: S101 - for the type checker: it is a pipe
        with contextlib.suppress(OSError):  # it has exited already, and its output says why
            process.stdin.write(f"{token}\n".encode("ascii"))
            process.stdin.flush()
        return cls(folder, token, process)

    def port(self) -> int | None:
        """Return the port on which it answers; `None` while it does not."""
        port = self._info().get("port")
        if not isinstance(port, int):
            return None
        try:
            with _DIRECT.open(f"http://127.0.0.1:{port}/api", timeout=2):
                return port
        except OSError:
            return None

    def start_kernel(self, port: int, notebook: str) -> None:
        """Start the kernel of a notebook, which its page then finds, and let it load the local model.

        The page takes seconds to load, and starts none before it has. JupyterLab skips a cell that is run while
        there is no kernel yet, without a word.

        Args:
            port: On which it answers.
            notebook: The notebook's name in its folder.
        """
        session = {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"name": _KERNEL}}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/sessions",
            data=json.dumps(session).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        try:
            with _DIRECT.open(request, timeout=_KERNEL_S) as answer:
                started = json.loads(answer.read(_MAX_INFO_BYTES))
        except (OSError, ValueError):
            return  # the page starts one
        _warm_up(runtime_folder() / f"kernel-{started['kernel']['id']}.json")

    def end(self) -> None:
        """Stop it and its kernels: ask once, by closing its input, then kill it."""
        assert self.process.stdin is not None  # noqa: S101 - for the type checker: it is a pipe
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _info(self) -> dict[str, Any]:
        """Return what the server says about itself, from the file that has its process id and its token."""
        for info in _read(self._info_files()):
            if secrets.compare_digest(str(info.get("token")), self.token):
                return info
        return {}

    def _info_files(self) -> list[Path]:
        folder = runtime_folder()
        if os.name == "posix":
            return [folder / f"jpserver-{self.process.pid}.json"]
        # On Windows the Python of a virtual environment starts another one, whose process id is not known here.
        return sorted(folder.glob(_INFO_FILES))


def _umask() -> int:
    """Return the umask with which nobody else may write to what is created, as in the folders of IPython."""
    before = os.umask(0o077)
    os.umask(before)
    return before | 0o022


def _warm_up(connection_file: Path) -> None:
    """Let a kernel get ready for the first answer, outside of its history and counters."""
    from jupyter_client.blocking.client import BlockingKernelClient

    client = BlockingKernelClient(connection_file=str(connection_file))
    client.load_connection_file()
    client.start_channels(iopub=False, stdin=False, hb=False, control=False)
    try:
        client.execute(_WARM_UP, silent=True, store_history=False, allow_stdin=False)
        client.get_shell_msg(timeout=_KERNEL_S)
    except queue.Empty:
        pass  # it is slow, and gets to it
    finally:
        client.stop_channels()


def running_servers() -> list[dict[str, Any]]:
    """Return what the Jupyter servers of this user that can be reached say about themselves.

    Jupyter has such a function, but its import takes longer than all else that the demo does before it starts one.
    """
    return [info for info in _read(sorted(runtime_folder().glob(_INFO_FILES))) if _is_reached(info)]


def _read(paths: list[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        try:
            info = json.loads(read_file(path, most_bytes=_MAX_INFO_BYTES, check=require_trusted))
        except (OSError, ValueError):
            continue  # not written yet, or not ours
        if isinstance(info, dict):
            yield info


def _is_reached(info: dict[str, Any]) -> bool:
    """Whether somebody listens at a server's address: the file of one that was killed stays behind."""
    try:
        url = urlsplit(str(info.get("url")))
        with socket.create_connection((url.hostname or "", url.port or 0), timeout=_REACH_S):
            return True
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def opened_in_browser(address: str) -> Iterator[bool]:
    """Open a page in the browser; gives whether that worked. The file that leads there is removed at the end."""
    folder = runtime_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix="byok-open-", suffix=".html", dir=folder)  # for this user alone
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_REDIRECT.format(address=html.escape(address)))
        try:
            yield webbrowser.open(Path(name).as_uri())
        except webbrowser.Error:
            yield False
    finally:
        Path(name).unlink(missing_ok=True)


_REDIRECT = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0;url={address}">
<title>Opening JupyterLab</title>
</head>
<body><p><a href="{address}">Open JupyterLab</a></p></body>
</html>
"""


def _command(folder: Path, port: int) -> list[str]:
    command = python_module(_LAB_SERVER, "--no-browser", "--ServerApp.ip=127.0.0.1")
    command += [f"--ServerApp.port={port}", f"--ServerApp.port_retries={_PORTS_TRIED}", "--log-level=WARN"]
    command.append(f"--ServerApp.root_dir={folder.resolve()}")
    command.append(f"--KernelManager.transport={transport()}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        print("Running as root, as in a container: JupyterLab is started with --allow-root.")
        command.append("--allow-root")
    return command


def _environment(model: str) -> dict[str, str]:
    """Return the environment, which turns off JupyterLab's news prompt and holds no token."""
    config_path = [str(Path(__file__).parent), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    inherited = {name: value for name, value in os.environ.items() if name not in _TOKEN_VARIABLES}
    return inherited | {"JUPYTER_CONFIG_PATH": os.pathsep.join(config_path), "BYOK_WIDGETS_LOCAL_MODEL": model}
