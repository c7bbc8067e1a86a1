"""`byok-widgets serve` in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from byok_widgets import Flow
from byok_widgets.cli import main
from tests.fake_keys import fake_key
from tests.scripted_server import ScriptedServer
from tests.serve.fruit import answer, fruit_flow
from tests.serve.talking import Caller, user


class Process:
    """A server that can be killed."""

    def __init__(
        self, flow: Path, store: str, *more: str, port: int = 0, environment: Mapping[str, str] | None = None
    ) -> None:
        self.port = port or free_port()
        command = [sys.executable, "-m", "byok_widgets", "serve", str(flow), "--port", str(self.port)]
        env = {**os.environ, "BYOK_WIDGETS_CONFIG_DIR": str(flow.parent / "config"), **(environment or {})}
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - the process writes to it
        self.process = subprocess.Popen(
            [*command, "--store", store, *more], env=env, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        assert self.process.stdout is not None
        assert "is served at" in self.process.stdout.readline(), self.end()

    def token(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().split()[-1]

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        self.process.communicate(timeout=30)
        self._errors.seek(0)
        with self._errors:
            return self.process.returncode, self._errors.read()


def free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def file(server: ScriptedServer, tmp_path: Path) -> Path:
    server.script(answer)
    path = tmp_path / "fruit.flow.json"
    fruit_flow("fruit from a file", server.base_url).save(path)
    return path


def test_a_call_goes_on_after_a_restart_with_the_flow_it_began_with(file: Path, tmp_path: Path) -> None:
    first = Process(file, str(tmp_path / "calls.sqlite"))
    token = first.token()
    begun = Caller(first.port, token).ask([user("An apple")], user="call")
    code, errors = first.end()
    assert code == 0
    turn = next(json.loads(line) for line in errors.splitlines() if line.startswith("{"))
    assert (turn["event"], turn["node"], turn["calls"]) == ("turn", "apple", 2)
    assert "An apple" not in errors

    data = json.loads(file.read_text())
    data["nodes"][0]["prompt"] = "You are at another."
    data["nodes"][2]["prompt"] = "You are at another."
    file.write_text(json.dumps(data))
    second = Process(file, str(tmp_path / "calls.sqlite"))
    caller = Caller(second.port, token)
    said = [user("An apple"), {"role": "assistant", "content": begun.text}, user("A banana")]
    assert caller.ask(said, user="call").text.startswith("Here is banana")
    assert caller.ask([user("Hello")], user="a new call").text.startswith("Here is another")
    assert second.end()[0] == 0
    assert (tmp_path / "calls.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_file_whose_settings_differ_from_the_saved_ones_is_not_served_unasked(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(file.read_text())
    monkeypatch.setattr("byok_widgets.cli.serve._serve", lambda flow, given: print(flow.model) or 0)
    assert main(["serve", str(file)]) == 0
    file.write_text(json.dumps({**data, "name": "settled", "model": "compatible:first"}))
    assert main(["serve", str(file)]) == 0
    file.write_text(json.dumps({**data, "name": "settled", "model": "compatible:second"}))
    assert main(["serve", str(file)]) == 2
    assert main(["serve", str(file), "--settings", "mine"]) == 0
    assert main(["serve", str(file), "--settings", "file"]) == 0
    assert capsys.readouterr().out.split() == [
        "scripted",
        "first",
        "first",
        "second",
    ]


SAVES = """
import sys
from byok_widgets import Flow
from byok_widgets.keys.backends import encrypted_file
from byok_widgets.providers import PROVIDERS
path, backend, passphrase, key = sys.argv[1:]
if backend == "file":
    encrypted_file.create(passphrase)
flow, provider = Flow.load(path, trust=True), PROVIDERS["compatible"]
destination = provider.key_destination(provider.address(flow.config.base_url("compatible")))
print(flow.key_store.save("compatible", destination, key, backend=backend).backend)
"""
PASSPHRASE = "several unrelated words"


def save_key(file: Path, backend: str, key: str) -> dict[str, str]:
    """Save a flow's key in a process of its own; return the environment in which it is found again."""
    env = {
        "PYTHON_KEYRING_BACKEND": "tests.serve.file_keyring.FileKeyring",
        "TEST_KEYRING": str(file.parent / "keyring.json"),
        "BYOK_WIDGETS_CONFIG_DIR": str(file.parent / "config"),
    }
    ran = subprocess.run(
        [sys.executable, "-c", SAVES, str(file), backend, PASSPHRASE, key],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stdout.split() == [backend], ran.stderr
    return env


@pytest.mark.parametrize(
    ("passphrase", "told"),
    [("", "BYOK_WIDGETS_PASSPHRASE"), ("another one", "not the passphrase")],
)
def test_a_locked_file_of_keys_is_told_and_fails(file: Path, passphrase: str, told: str) -> None:
    env = save_key(file, "file", fake_key("compatible"))
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "byok_widgets",
            "serve",
            str(file),
            "--port",
            str(free_port()),
            "--settings",
            "mine",
        ],
        env={**os.environ, **env, "BYOK_WIDGETS_PASSPHRASE": passphrase},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert told in ran.stderr
    assert ran.stdout == ""


@pytest.mark.parametrize("backend", ["file", "keyring"])
def test_the_key_comes_from_where_it_was_saved(
    server: ScriptedServer, file: Path, tmp_path: Path, backend: str
) -> None:
    key = fake_key("compatible")
    env = save_key(file, backend, key)
    store = str(tmp_path / "calls.sqlite")
    served = Process(file, store, environment={**env, "BYOK_WIDGETS_PASSPHRASE": PASSPHRASE})
    caller = Caller(served.port, served.token())
    assert caller.ask([user("An apple")], user="call").text.startswith("Here is apple")
    code, told = served.end()
    assert {headers["authorization"] for headers in server.headers} == {f"Bearer {key}"}
    assert code == 0
    assert key not in told
    assert key.encode() not in (tmp_path / "calls.sqlite").read_bytes()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "--key PROVIDER=env:NAME"),
        (["--key", "env:ACME_API_KEY"], "ACME_API_KEY"),
        (["--key", "openai=env:ACME_API_KEY"], "ACME_API_KEY"),
    ],
)
def test_without_a_key_it_says_so_and_fails(tmp_path: Path, options: list[str], told: str) -> None:
    flow = Flow("no key", fresh=True)
    flow.provider, flow.model = "openai", "gpt-6.1-sol"
    flow.conversation("ask", "Ask.")
    path = tmp_path / "no_key.flow.json"
    flow.save(path)
    env = {**os.environ, "BYOK_WIDGETS_CONFIG_DIR": str(tmp_path / "config")}
    env["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    ran = subprocess.run(
        [sys.executable, "-m", "byok_widgets", "serve", str(path), "--port", str(free_port()), *options],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode != 0
    assert "No API key configured" in ran.stderr
    assert told in ran.stderr


def test_a_key_for_an_address_of_the_file_alone_is_not_sent_and_the_option_is_told(
    file: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACME_API_KEY", fake_key("compatible"))
    command = ["serve", str(file), "--port", str(free_port()), "--key", "env:ACME_API_KEY", "--settings", "file"]
    assert main(command) == 2
    told = capsys.readouterr().err
    assert "--base-url" in told
    assert "cell" not in told
    assert server.requests == []


def test_a_key_in_the_place_of_a_name_is_not_repeated(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = fake_key("compatible")
    assert main(["serve", str(file), "--key", f"env:{key}"]) == 2
    assert key not in "".join(capsys.readouterr())


def test_how_long_a_caller_waits_for_the_first_word_can_be_set(
    file: Path, server: ScriptedServer, tmp_path: Path
) -> None:
    server.script(lambda request: replace(answer(request), pause_s=3))
    options = ("--first-token-s", "0.2", "--fallback", "One moment.")
    served = Process(file, str(tmp_path / "calls.sqlite"), *options)
    assert Caller(served.port, served.token()).ask([user("An apple")], user="call").text == "One moment."
    assert '"fallback": "timeout"' in served.end()[1]


def test_an_action_without_its_function_is_not_served(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flow = Flow("act", fresh=True)
    flow.action("look", lambda: "ten", writes=["time"])
    flow.save(tmp_path / "act.flow.json")
    port = str(free_port())
    assert main(["serve", str(tmp_path / "act.flow.json"), "--port", port, "--settings", "file"]) == 2
    assert "--functions" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "example"), [("--max-calls", "day="), ("--max-cost", "day=")])
def test_a_cap_without_its_scope_is_shown_how_to_write_one(
    file: Path, capsys: pytest.CaptureFixture[str], option: str, example: str
) -> None:
    assert main(["serve", str(file), option, "5", "--settings", "file"]) == 2
    assert example in capsys.readouterr().err
