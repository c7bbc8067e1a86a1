"""The command line, as a person types it."""

from __future__ import annotations

import contextlib
import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from byok_widgets.cli import main, tutorials
from byok_widgets.cli.running_lab import RunningLab, running_servers
from tests.files.other_users import give_away
from tests.local_model import require_model
from tests.widgets.wire import eventually

START_S = 200
NOTIFICATIONS = "@jupyterlab/apputils-extension:notification"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that starts the demo; what it started is ended."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, browser: str = "") -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "byok_widgets", "demo", "--small", *arguments]
        command += [] if browser else ["--no-browser"]
        environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path / "jupyter"), "PYTHONUNBUFFERED": "1"}
        environment |= {"BROWSER": browser} if browser else {}
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _read_until(process: subprocess.Popen[str], pattern: str) -> tuple[str, re.Match[str]]:
    timer = threading.Timer(START_S, process.terminate)
    timer.start()
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        found = re.search(pattern, line)
        if found:
            timer.cancel()
            return said, found
    raise AssertionError(f"it never said {pattern!r}:\n{said}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_demo_runs_no_code_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted, ran = tmp_path / "shared" / "byok_widgets" / "__init__.py", tmp_path / "ran"
    planted.parent.mkdir(parents=True)
    planted.write_text(f"open({str(ran)!r}, 'w').close()", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "shared")
    with (tmp_path / "log").open("wb") as log:
        RunningLab.start(tmp_path, 0, "", log).end()
    assert not ran.exists()


@pytest.mark.model
@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
def test_the_demo_opens_lab_on_the_first_tutorial_and_ends_on_ctrl_c(
    demo: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    require_model("smollm2-135m")
    busy = socket.create_server(("127.0.0.1", 0))
    wanted = busy.getsockname()[1]
    process = demo("--port", str(wanted), "--dir", "lessons")
    said, found = _read_until(process, r"(http://127\.0\.0\.1:(\d+)/lab/tree/01_first_flow\.ipynb\?token=\S+)")
    assert str(wanted) in said
    assert said.count("http://") == 1, "no other JupyterLab is open on the folder"
    assert int(found[2]) != wanted
    page = urllib.request.urlopen(found[1], timeout=20)
    assert page.status == 200
    assert _kernels_of(found[1], "01_first_flow.ipynb") == ["python3"], "it starts while the page is loading"
    assert _answer_of_kernel(found[1], "'xllamacpp' in __import__('sys').modules", "True"), (
        "it loads the model, too"
    )
    settings = found[1].replace("tree/01_first_flow.ipynb", f"api/settings/{NOTIFICATIONS}")
    defaults = json.load(urllib.request.urlopen(settings, timeout=20))["schema"]["properties"]
    assert defaults["fetchNews"]["default"] == "false", "no question about news over the tutorial"
    assert (tmp_path / "lessons" / "01_first_flow.ipynb").is_file()
    assert not any(found[1].rpartition("=")[2] in line for line in _command_lines()), (
        "the token is in no process list"
    )
    second = demo("--dir", "lessons")
    said_of_first, _ = _read_until(second, r"Save each notebook in only one of the two")
    assert f"\n    {found[1]}\n" in said_of_first
    second.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=120)[0]
    assert process.returncode == 0
    assert rest.strip(), "the end is told"
    assert not re.search(r"^\[[DIWEC] ", said + rest, re.MULTILINE), "JupyterLab's own log is not shown"
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(found[1], timeout=2)
    busy.close()


def _kernels_of(address: str, notebook: str) -> list[str]:
    """Return the names of the kernels that run for a notebook, once there is one."""
    sessions = address.replace("lab/tree/01_first_flow.ipynb", "api/sessions")
    until = time.monotonic() + 60
    kernels: list[str] = []
    while not kernels and time.monotonic() < until:
        time.sleep(0.1)
        with urllib.request.urlopen(sessions, timeout=20) as answer:
            kernels = [session["kernel"]["name"] for session in json.load(answer) if session["path"] == notebook]
    return kernels


def _answer_of_kernel(address: str, expression: str, wanted: str) -> bool:
    """Return whether the kernel of the first tutorial comes to give this value."""
    from jupyter_client.blocking.client import BlockingKernelClient
    from jupyter_core.paths import jupyter_runtime_dir

    sessions = address.replace("lab/tree/01_first_flow.ipynb", "api/sessions")
    with urllib.request.urlopen(sessions, timeout=20) as answer:
        (kernel,) = [session["kernel"]["id"] for session in json.load(answer)]
    client = BlockingKernelClient(connection_file=str(Path(jupyter_runtime_dir()) / f"kernel-{kernel}.json"))
    client.load_connection_file()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            reply = client.execute_interactive(
                "", user_expressions={"it": expression}, store_history=False, timeout=60
            )
            if reply["content"]["user_expressions"]["it"].get("data", {}).get("text/plain") == wanted:
                return True
            time.sleep(0.2)
        return False
    finally:
        client.stop_channels()


def _start_kernel(address: str) -> str:
    """Start a kernel as the page does, and return its id."""
    server, _, token = address.partition("/lab/tree/01_first_flow.ipynb?token=")
    asked = urllib.request.Request(
        f"{server}/api/kernels", data=b"{}", headers={"Authorization": f"token {token}"}, method="POST"
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return str(json.load(answer)["id"])


def _running(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [each for each in processes if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.model
@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
@pytest.mark.parametrize(
    "name", ["SIGINT", *(pytest.param(name, marks=pytest.mark.slow) for name in ("SIGTERM", "SIGHUP")), "SIGKILL"]
)
def test_however_the_demo_ends_neither_jupyterlab_nor_a_kernel_is_left(
    name: str, demo: Callable[..., subprocess.Popen[str]]
) -> None:
    require_model("smollm2-135m")
    process = demo("--port", str(_free_port()))
    _, found = _read_until(process, r"(http://127\.0\.0\.1:\d+/lab/tree/01_first_flow\.ipynb\?token=\S+)")
    kernel = _start_kernel(found[1])
    family = psutil.Process(process.pid).children(recursive=True)
    assert any(kernel in " ".join(each.cmdline()) for each in family), "the kernel runs"
    process.send_signal(getattr(signal, name))
    try:
        process.wait(120)
        eventually(lambda: not _running(family), 120)
    finally:
        for each in _running(family):
            each.kill()


def _with_kernel(family: list[psutil.Process], kernel: str) -> psutil.Process:
    return next(each for each in _running(family) if kernel in "".join(each.cmdline()[-1:]))


def _heard_at_ports_of(kernel: psutil.Process) -> list[bytes]:
    """Subscribe to whatever a kernel listens on, let it show something, and return what was heard."""
    import zmq
    from jupyter_client.blocking.client import BlockingKernelClient

    client = BlockingKernelClient(connection_file=kernel.cmdline()[-1])
    client.load_connection_file()
    client.start_channels(hb=False)  # by its heartbeat, a kernel that still starts is taken for dead
    with zmq.Context() as context, context.socket(zmq.SUB) as subscriber:
        subscriber.subscribe(b"")
        try:
            client.wait_for_ready(timeout=60)
            for each in kernel.net_connections("tcp"):
                subscriber.connect(f"tcp://127.0.0.1:{each.laddr.port}")
            for _ in range(3):  # a subscription takes its time to arrive
                client.execute_interactive("print('shown')", timeout=60, output_hook=lambda _: None)
                if subscriber.poll(300):
                    return subscriber.recv_multipart()
            return []
        finally:
            client.stop_channels()
            subscriber.close(linger=0)


def _environments(family: list[psutil.Process]) -> Iterator[bytes]:
    for each in family:
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):  # one that has ended meanwhile
            yield Path(f"/proc/{each.pid}/environ").read_bytes()


@pytest.mark.model
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads what Linux shows of a process")
def test_no_other_user_and_no_child_learns_the_token(
    demo: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """Somebody waits on the port, reads all command lines, and looks into what kernels inherit."""
    require_model("smollm2-135m")
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" > "{opened}"\n', encoding="utf-8")
    browser.chmod(0o755)
    asked: list[bytes] = []
    attacker = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        while True:
            try:
                connection, _ = attacker.accept()
            except OSError:
                return
            asked.append(connection.recv(1000))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            connection.close()

    threading.Thread(target=listen, daemon=True).start()
    process = demo("--port", str(attacker.getsockname()[1]), browser=f"{browser} %s")
    _, found = _read_until(process, r"(http://127\.0\.0\.1:(\d+)/lab/tree/01_first_flow\.ipynb\?token=(\S+))")
    address, port, token = found.groups()
    assert int(port) != attacker.getsockname()[1]
    kernel = _start_kernel(address)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 2
    inherited = list(_environments(family))
    assert len(inherited) >= 2
    shown = [*asked, *inherited]
    shown += [line.encode() for line in _command_lines()]
    assert not [text for text in shown if token.encode() in text]
    assert not _heard_at_ports_of(_with_kernel(family, kernel)), "whoever subscribes to its ports hears all"
    page = eventually(lambda: opened.exists() and opened.read_text(encoding="utf-8").strip())
    assert page.startswith("file://")
    file = Path(page.removeprefix("file://"))
    assert file.stat().st_mode & 0o777 == 0o600
    assert address in html.unescape(file.read_text(encoding="utf-8"))
    written = [each for each in file.parent.iterdir() if each.is_file() and token.encode() in each.read_bytes()]
    assert {each.stat().st_mode & 0o077 for each in written} == {0}, "whoever may look into the folder"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert not file.exists()
    attacker.close()


posix = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")


@posix
@pytest.mark.parametrize("how", ["somebody else's", "writable by others", "somebody else's link"])
def test_a_folder_that_others_could_change_is_refused(
    how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is in it will be run."""
    folder = tmp_path / "lessons"
    folder.mkdir()
    if how == "writable by others":
        folder.chmod(0o777)
    else:
        if how == "somebody else's link":
            folder.rename(tmp_path / "mine")
            folder.symlink_to(tmp_path / "mine")
        give_away(folder)
    assert main(["demo", "--no-browser", "--dir", str(folder)]) == 2
    assert "--dir" in capsys.readouterr().err
    assert not list(folder.iterdir())


@posix
def test_a_new_folder_is_private_and_links_in_an_old_one_are_not_followed(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        (first, *_), _ = tutorials.bring(tmp_path / "new" / "lessons")
    finally:
        os.umask(before)
    folder = tmp_path / "new" / "lessons"
    assert [each.stat().st_mode & 0o777 for each in (folder, folder.parent)] == [0o700, 0o700]
    stamp = folder / ".byok_widgets_tutorials.json"
    for path in (first, stamp):
        content = path.read_bytes()
        (tmp_path / path.name).write_bytes(content)
        path.unlink()
        path.symlink_to(tmp_path / path.name)
    (tmp_path / first.name).write_text("mine", encoding="utf-8")
    (tmp_path / stamp.name).write_text("{}", encoding="utf-8")
    _, kept = tutorials.bring(folder)
    assert kept == [first.name]
    assert (tmp_path / first.name).read_text(encoding="utf-8") == "mine"
    assert (tmp_path / stamp.name).read_text(encoding="utf-8") == "{}"


def _command_lines() -> list[str]:
    return [
        path.read_bytes().decode(errors="replace")
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if path.exists()
    ]


def test_tutorials_are_brought_once_and_never_over_the_persons_own(tmp_path: Path) -> None:
    folder = tmp_path / "lessons"
    notebooks, kept = tutorials.bring(folder)
    assert [path.name for path in notebooks] == [source.name for source in tutorials.sources()]
    assert not kept
    assert (folder / "how_a_flow_moves.md").is_file(), "the page that they lead to"
    notebooks[0].write_text("mine", encoding="utf-8")
    notebooks[1].unlink()
    again, kept = tutorials.bring(folder)
    assert kept == [notebooks[0].name]
    assert notebooks[0].read_text(encoding="utf-8") == "mine"
    assert again[1].is_file()


def test_a_tutorial_that_was_not_touched_is_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "old" / "01_first_flow.ipynb"
    old.parent.mkdir()
    old.write_text("old", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(tutorials, "sources", lambda: [old])
        tutorials.bring(tmp_path / "lessons")
    tutorials.bring(tmp_path / "lessons")
    assert (tmp_path / "lessons" / "01_first_flow.ipynb").read_text(encoding="utf-8") != "old"


def test_a_folder_that_cannot_be_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert main(["demo", "--no-browser", "--dir", str(tmp_path / "file")]) == 2
    said = capsys.readouterr().err
    assert "file" in said
    assert "--dir" in said
    assert "Traceback" not in said


def test_a_folder_without_a_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["demo", "--dir", "", "--port", "0"])
    assert caught.value.code == 2
    assert "--dir" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "unknown", "option"),
    [(["demo", "--prot", "1"], "--prot", "--port"), (["fetch", "model", "more"], "more", "--small")],
)
def test_what_is_not_understood_is_named_with_what_the_command_takes(
    arguments: list[str], unknown: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    usage, _, error = capsys.readouterr().err.rpartition("error:")
    assert f"usage: byok-widgets {arguments[0]}" in usage
    assert option in usage
    assert unknown in error


@pytest.fixture
def signals() -> Iterator[None]:
    """The demo answers signals itself; afterwards they do what they did before."""
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    yield
    for number, handler in before.items():
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
def test_a_lab_that_does_not_start_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    (tmp_path / "jupyterlab.py").write_text("raise SystemExit('the lab is closed today')", encoding="utf-8")
    monkeypatch.setattr("byok_widgets.cli.demo.fetch_with_bar", lambda _: None)
    assert main(["demo", "--no-browser"]) == 1
    said = capfd.readouterr().err
    assert "the lab is closed today" in said


@pytest.mark.parametrize("port", ["0", "70000", "eight"])
def test_a_port_that_cannot_be_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["demo", "--port", port])
    assert caught.value.code == 2
    assert "1 to 65535" in capsys.readouterr().err


def test_lab_that_is_not_installed_is_said_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert main(["demo"]) == 2
    assert 'pip install "byok-widgets[lab]"' in capsys.readouterr().err


def test_help_shows_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    said = capsys.readouterr().out
    assert "byok-widgets demo --small" in said
    assert "API key" in said


@pytest.mark.parametrize(
    "name", ["bundle", "class", "demo", "fetch", "grade", "record", "scan", "serve", "site", "test"]
)
def test_each_command_says_what_it_does(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([name, "--help"])
    usage, description, *_ = capsys.readouterr().out.split("\n\n")
    assert caught.value.code == 0
    assert usage.startswith("usage: ")
    assert description.endswith(".")
    assert len(description) > 80


def test_an_unknown_model_is_named_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "gpt-9"]) == 1
    said = capsys.readouterr().err
    assert "gpt-9" in said
    assert "smollm2-135m" in said


def test_only_servers_that_can_be_reached_count_as_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as server:
        for name, port in (("alive", server.getsockname()[1]), ("killed", _free_port()), ("odd", "x")):
            file = tmp_path / f"jpserver-{name}.json"
            file.write_text(json.dumps({"url": f"http://127.0.0.1:{port}/", "root_dir": name}), encoding="utf-8")
            file.chmod(0o600)
        (tmp_path / "jpserver-half.json").write_text('{"url":', encoding="utf-8")
        assert [info["root_dir"] for info in running_servers()] == ["alive"]
