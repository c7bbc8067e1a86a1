"""The channels by which keys leak: how each is looked into, and how each is opened to see that the hunt finds."""

from __future__ import annotations

import contextlib
import copy
import faulthandler
import gc
import io
import json
import logging
import os
import pickle
import pprint
import socket
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import ipywidgets
import nbformat
import openai
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.ultratb import VerboseTB
from ipywidgets.embed import embed_data
from nbconvert import HTMLExporter, NotebookExporter
from traitlets.config import Config

from byok_widgets.cli import demo
from byok_widgets.cli.running_lab import RunningLab
from byok_widgets.config import base_url
from byok_widgets.errors import ByokError
from byok_widgets.keys import derived_key
from byok_widgets.keys.backends import encrypted_file, keyring_selection
from byok_widgets.providers import PROVIDERS
from byok_widgets.secrets import Secret
from byok_widgets.widgets.chat import copies
from byok_widgets.widgets.chat.chat import Chat
from byok_widgets.widgets.panel.copy_code import code_of
from byok_widgets.widgets.panel.settings import SettingsPanel
from tests.keys.fake_keyrings import NullLikeKeyring, PlaintextKeyring, installed
from tests.leaks.hunting import Place, files_below, text
from tests.leaks.stage import OF, Stage
from tests.providers.asking import talk
from tests.providers.fault_server import Reply, says
from tests.recorded_logs import recorded_logs
from tests.widgets.wire import eventually


@dataclass(frozen=True)
class Channel:
    """A channel by which a key may leak.

    Attributes:
        number: Its number in the list of known channels, 1 to 27.
        places: Uses the package, and yields what that left in the channel.
        opened: Lets the key into the channel.
    """

    number: int
    places: Callable[[Stage], Iterator[Place]]
    opened: Callable[[Stage], None]


CHANNELS: dict[str, Channel] = {}

Places = Callable[[Stage], Iterator[Place]]


def channel(number: int, opened: Callable[[Stage], None]) -> Callable[[Places], Places]:
    """Put a channel into the table under the name of its function."""

    def added(places: Places) -> Places:
        CHANNELS[places.__name__] = Channel(number, places, opened)
        return places

    return added


# The page and its widgets


@channel(1, Stage.with_plain_field)
def messages_to_every_client_of_the_kernel(stage: Stage) -> Iterator[Place]:
    stage.panel()
    yield text("messages", stage.wire.text())


@channel(2, Stage.with_plain_field)
def states_that_a_later_client_asks_for(stage: Stage) -> Iterator[Place]:
    panel = stage.panel()
    yield text("manager", json.dumps(ipywidgets.Widget.get_manager_state(), default=repr))
    yield text("states", *(widget.get_state() for widget in (panel, *panel.children)))
    yield text("embedded", json.dumps(embed_data(views=[panel]), default=repr))
    yield text("bundle", panel._repr_mimebundle_())


@channel(3, Stage.with_plain_field)
def a_saved_notebook(stage: Stage) -> Iterator[Place]:
    panel = stage.panel()
    state = {"version_major": 2, "version_minor": 0, **ipywidgets.Widget.get_manager_state()}
    output = nbformat.v4.new_output("display_data", data=panel._repr_mimebundle_())
    cell = nbformat.v4.new_code_cell(code_of(stage.flow), outputs=[output])
    book = nbformat.v4.new_notebook(cells=[cell])
    book.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": json.loads(json.dumps(state))}
    assert len(state["state"]) > 5
    yield text("notebook", nbformat.writes(book))
    yield text("checkpoint", NotebookExporter().from_notebook_node(book)[0])
    yield text("page", HTMLExporter().from_notebook_node(book)[0])


@channel(18, Stage.with_plain_field)
def messages_that_a_server_may_log(stage: Stage) -> Iterator[Place]:
    stage.panel()
    assert stage.said_by_page
    yield text("from the page", json.dumps(stage.said_by_page))


# What people see and inspect in a notebook


class Shell:
    """An IPython with a history on disk, whose output is kept."""

    def __init__(self, stage: Stage) -> None:
        stage.patch.setenv("IPYTHONDIR", str(stage.folder / "ipython"))
        InteractiveShell.clear_instance()
        self.history = stage.folder / "history.sqlite"
        config = Config({"HistoryManager": {"hist_file": str(self.history)}})
        self.shell = InteractiveShell.instance(config=config)
        self.shown = io.StringIO()

    def run(self, cell: str, **names: Any) -> None:
        self.shell.user_ns.update(names)
        out, err = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = self.shown
        try:
            self.shell.run_cell(cell, store_history=True)
        finally:
            sys.stdout, sys.stderr = out, err

    def close(self) -> Place:
        """End the session; what it showed, In, Out and the file of the history."""
        self.shell.history_manager.end_session()
        kept = [self.shown.getvalue(), self.shell.user_ns["In"], self.shell.user_ns["Out"]]
        InteractiveShell.clear_instance()
        return text("shown", *kept)


def _literal(stage: Stage) -> None:
    stage.patch.setattr(sys.modules[__name__], "code_of", lambda _: f"key = '{stage.canary.text()}'")


@channel(4, _literal)
def sources_and_history(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    stage.echo()
    shell = Shell(stage)
    shell.run(code_of(stage.flow))
    shell.run("node = flow.conversation('ask', 'Hi'); node.run('Hi')", flow=stage.flow)
    shell.run("%history -g")
    yield shell.close()
    yield from files_below(stage.folder)


@channel(5, Stage.without_mask)
def variables_and_inspectors(stage: Stage) -> Iterator[Place]:
    panel = stage.panel()
    stage.echo()
    shell = Shell(stage)
    names = dict(_public(stage), panel=panel)
    shell.run("%whos", **names)
    for name in names:
        shell.run(name)
        shell.run(f"{name}?")
        shell.run(f"{name}??")
        shell.run(f"print({name}, f'{{{name}}}')")
    yield shell.close()


@channel(6, Stage.without_mask)
def every_form_of_a_public_object(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    stage.echo()
    for name, value in _public(stage).items():
        yield text(name, *forms(value))


@channel(6, Stage.without_mask)
def all_that_a_public_object_leads_to(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    stage.echo()
    for name, value in _public(stage).items():
        yield text(name, *_walk(value))


def _public(stage: Stage) -> dict[str, Any]:
    """Return one of each kind of object that a notebook holds."""
    flow = stage.flow
    reply = stage.outcome()
    session = flow.start()
    turn = session.say("Hi")
    held = flow.key_store.get(OF, stage.server.host)
    return {
        "flow": flow,
        "node": flow.node("ask"),
        "reply": reply,
        "session": session,
        "turn": turn,
        "trace": session.trace,
        "variables": session.variables,
        "fork": session.fork(),
        "store": flow.key_store,
        "status": flow.key_store.status(OF, stage.server.host),
        "settings": flow.config,
        "check": flow.check(),
        "secret": held,
        "provider": PROVIDERS[OF],
    }


def forms(value: Any) -> Iterator[str]:
    """Yield all the forms in which an object is shown, copied and kept."""
    yield from (repr(value), str(value), f"{value}", pprint.pformat(value), repr(dir(value)))
    yield pprint.pformat(getattr(value, "__dict__", None))
    yield json.dumps(getattr(value, "__dict__", None), default=repr, skipkeys=True)
    for method in ("_repr_html_", "_repr_mimebundle_", "_repr_pretty_", "explain"):
        show = getattr(value, method, None)
        if callable(show) and method != "_repr_pretty_":
            yield str(show())
    for take in (copy.copy, copy.deepcopy):
        try:
            taken = take(value)
        except Exception as error:
            taken = error
        yield f"{taken!r} {getattr(taken, '__dict__', '')!r}"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        try:
            yield pickle.dumps(value, protocol).decode("latin-1")
        except Exception as error:
            yield f"{error!r}"


def _walk(value: Any, depth: int = 4) -> Iterator[str]:
    """Yield what the attributes of an object hold, theirs, and so on."""
    seen: set[int] = set()
    level = [value]
    for _ in range(depth):
        following: list[Any] = []
        for each in level:
            if id(each) in seen or isinstance(each, type) or type(each).__module__ == "builtins":
                continue
            seen.add(id(each))
            following += [found for _, found in _attributes(each)]
        yield from (repr(found) for found in following)
        level = [part for found in following for part in _parts(found)]


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    for name in dir(value):
        if name.startswith("__") and name.endswith("__"):
            continue
        try:
            yield name, getattr(value, name)
        except Exception as error:
            yield name, error


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]


# Errors


@channel(7, Stage.without_redaction)
def usual_tracebacks(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    shell = Shell(stage)
    for mode in ("Plain", "Context", "Minimal", "Verbose"):
        stage.echo_error()
        shell.run(f"%xmode {mode}")
        shell.run("flow.conversation('ask', 'Be brief.').run('Hi')", flow=stage.flow)
    yield shell.close()


def _key_in_a_local(stage: Stage) -> None:
    endpoint = type(stage.flow.context)._endpoint

    def endpoint_in_plain(context: Any, *where: Any) -> Any:
        there = endpoint(context, *where)
        plain = there.key.reveal() if there.key else ""
        raise ByokError(f"no {len(plain)}")

    stage.patch.setattr(type(stage.flow.context), "_endpoint", endpoint_in_plain)


@channel(8, _key_in_a_local)
def tracebacks_with_local_variables(stage: Stage) -> Iterator[Place]:
    error = stage.failure()
    ours = error.__traceback__
    yield text("stack", *traceback.TracebackException.from_exception(error, capture_locals=True).format())
    yield text("Verbose", VerboseTB(theme_name="nocolor").text(type(error), error, ours))
    yield text("frames", *(pprint.pformat(frame.f_locals) for frame, _ in traceback.walk_tb(ours)))


@channel(9, Stage.without_redaction)
def what_an_exception_holds(stage: Stage) -> Iterator[Place]:
    error = stage.failure()
    yield text("forms", *forms(error))
    yield text("walk", *_walk(error, 3))
    yield text("chain", repr(error.__cause__), repr(error.__context__), repr(error.args))


@channel(10, Stage.without_redaction)
def an_error_that_quotes_the_key(stage: Stage) -> Iterator[Place]:
    error = stage.failure()
    yield text("error", str(error), repr(error), error._repr_html_(), *error._render_traceback_())


@channel(10, Stage.without_redaction)
def an_answer_that_quotes_the_key(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    stage.echo()
    yield text("answer", *forms(stage.outcome()))


@channel(10, Stage.without_redaction)
def a_chat_with_a_model_that_quotes_the_key(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    stage.echo()
    stage.flow.conversation("ask", "Be brief.")
    chat = Chat(stage.flow.start(), mode="owner")
    stage.panels.append(chat)
    chat._handle_msg(
        {"content": {"data": {"method": "custom", "content": {"kind": "say", "text": "Hi"}}}, "buffers": []}
    )
    eventually(lambda: any(sent["kind"] == "turn" for sent in stage.wire.custom(chat)))
    yield text("messages", stage.wire.text())
    yield text("state", chat.get_state(), chat._repr_mimebundle_())


@channel(11, Stage.without_redaction)
def logs_and_warnings(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    stage.patch.setenv("OPENAI_LOG", "debug")
    stage.patch.setenv("HTTPX_LOG_LEVEL", "trace")
    with warnings.catch_warnings(record=True) as warned, recorded_logs(*logging.root.manager.loggerDict) as log:
        warnings.simplefilter("always")
        for script in (stage.echo, stage.echo_error):
            script()
            stage.outcome()
    assert len(log.getvalue()) > 1000
    yield text("log", log.getvalue())
    yield text("warnings", *(each.message for each in warned))


@channel(11, lambda stage: stage.patch.setattr(demo, "redact", lambda written: written))
def what_the_demo_quotes_of_jupyterlab(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    code = f"import logging; logging.getLogger('a').error('Authorization: Bearer %s', {stage.canary.text()!r})"
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([sys.executable, "-c", code], stdout=log, stderr=log)
        process.wait(60)
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            demo._failed(RunningLab(Path(), "a token", process), log)
    assert "Bearer" in said.getvalue()
    yield text("quoted", said.getvalue())


def _sends_what_was_pasted(stage: Stage) -> Any:
    client = openai.OpenAI(api_key=f"{stage.canary.text()}\n", base_url=f"{stage.server.url}/v1", max_retries=0)
    return client.models.list()


@channel(12, lambda stage: stage.with_raw_call(_sends_what_was_pasted))
def a_key_that_cannot_be_sent(stage: Stage) -> Iterator[Place]:
    stage.server.script(talk("Hi"))
    broken = f"{stage.canary.text()[:20]}\n{stage.canary.text()[20:]}"
    stage.flow.key_store._memory.put(stage.flow.key_store._scope(OF, stage.server.host), _stored(broken))
    error = stage.outcome()
    assert isinstance(error, Exception)
    yield text("stack", *traceback.format_exception(error))
    chain = [error.__cause__, error.__context__, getattr(error.__cause__, "__cause__", None)]
    yield text("chain", *map(repr, chain))
    for broken in (f"{stage.canary.text()}\n{stage.canary.text()}", f"“{stage.canary.text()}”"):
        try:
            stage.flow.key_store.save(OF, stage.server.host, broken, backend="session")
        except ByokError as refused:
            yield text("refused", *forms(refused))


def _stored(key: str) -> Any:
    from byok_widgets.keys.backends.base import StoredKey
    from byok_widgets.keys.backends.session import in_session

    return StoredKey(Secret(key), in_session())


# The machine


@channel(13, lambda stage: stage.patch.setenv("GIVEN", stage.canary.text()))
def environment_and_command_lines(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    stage.server.script(talk("Hi"))
    stage.outcome()
    child = [sys.executable, "-c", "import os, sys; print(dict(os.environ), sys.argv, end='')"]
    yield text("child", subprocess.run(child, capture_output=True, text=True, check=True).stdout)
    yield text("own", dict(os.environ), sys.argv)
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                yield f"{name} of {process.name}", (process / name).read_bytes()
            except OSError:
                continue


def _trusts_the_environment(stage: Stage) -> Any:
    return openai.OpenAI(api_key=stage.canary.text(), max_retries=0).models.list()


@channel(14, lambda stage: stage.with_raw_call(_trusts_the_environment))
def variables_that_redirect(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    trap, secrets_file = stage.trap.url, stage.folder / "tls-secrets"
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        stage.patch.setenv(name, trap)
    stage.patch.setenv("OPENAI_CUSTOM_HEADERS", "x-copy: yes")
    stage.patch.setenv("SSLKEYLOGFILE", str(secrets_file))
    stage.server.script(talk("Hi"))
    stage.outcome()
    yield text("trap", *stage.trap.asked)
    yield from files_below(stage.folder)


def _follows(stage: Stage) -> Any:
    headers = {"x-api-key": stage.canary.text()}
    with httpx2.Client(follow_redirects=True, trust_env=False) as client:
        return client.post(f"{stage.server.url}/v1/chat/completions", headers=headers, json={})


@channel(15, lambda stage: stage.with_raw_call(_follows))
def redirects(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    for status in (301, 302, 303, 307, 308):
        stage.server.script(Reply(b"", status, headers={"location": f"{stage.trap.url}/v1/chat/completions"}))
        stage.outcome()
        assert stage.server.asked
    yield text("trap", *stage.trap.asked)


@channel(16, lambda stage: stage.patch.setattr(base_url, "is_loopback", lambda _: True))
def plain_http_to_another_machine(stage: Stage) -> Iterator[Place]:
    port = stage.trap.host.rpartition(":")[2]
    host = f"llm-{os.urandom(4).hex()}.example"
    look_up = socket.getaddrinfo

    def everyone_lives_here(name: Any, *more: Any, **options: Any) -> Any:
        return look_up("127.0.0.1" if name in (host, host.encode()) else name, *more, **options)

    stage.patch.setattr(socket, "getaddrinfo", everyone_lives_here)
    try:
        stage.flow.set_base_url(OF, f"http://{host}:{port}/v1")
        stage.flow.key_store.save(OF, f"{host}:{port}", stage.canary.text(), backend="session", override=True)
    except ByokError as error:
        yield text("refused", *forms(error))
    for server in (stage.server, stage.trap):
        server.script(talk("Hi"))
    stage.outcome()
    yield text("trap", *stage.trap.asked)


@channel(17, lambda stage: setattr(stage, "override", True))
def a_key_of_another_provider(stage: Stage) -> Iterator[Place]:
    from tests.fake_keys import fake_key
    from tests.leaks.hunting import Canary

    stage.canary = Canary(fake_key("anthropic"))
    stage.flow.set_base_url("openai", f"{stage.server.url}/v1")
    stage.flow.provider, stage.flow.model = "openai", "some-model"
    insists = getattr(stage, "override", False)
    try:
        stage.flow.key_store.save(
            "openai", stage.server.host, stage.canary.text(), backend="session", override=insists
        )
    except ByokError as error:
        yield text("refused", *forms(error))
    stage.server.script(talk("Hi"))
    stage.outcome()
    yield text("provider", *stage.server.asked)


# Where keys and files are kept


@channel(19, lambda stage: stage.patch.setattr(keyring_selection, "_refusal", lambda _: ""))
def keyrings_that_keep_keys_readably_or_not_at_all(stage: Stage) -> Iterator[Place]:
    for keyring in (PlaintextKeyring(), NullLikeKeyring()):
        with installed(keyring):
            stage.save_key(backend=None)
            yield text(type(keyring).__name__, keyring.kept)


def _stores_plainly(stage: Stage) -> None:
    class Plain:
        def __init__(self, *_: object) -> None:
            pass

        def encrypt(self, _nonce: bytes, data: bytes, _more: bytes) -> bytes:
            return data

        def decrypt(self, _nonce: bytes, data: bytes, _more: bytes) -> bytes:
            return data

    stage.patch.setattr("cryptography.hazmat.primitives.ciphers.aead.AESGCM", Plain)


@channel(20, _stores_plainly)
def files_of_settings_and_keys(stage: Stage) -> Iterator[Place]:
    stage.patch.setattr(derived_key, "COST", 2**4)
    encrypted_file.create(Secret("a passphrase of ours"))
    stage.save_key(backend="file")
    stage.flow.conversation("ask", "Be brief.", model=f"{OF}:other")
    stage.flow.save(stage.folder / "kept.flow.json")
    found = list(files_below(stage.folder))
    assert len(found) >= 3
    yield from found


def _lends_its_key(stage: Stage) -> None:
    stage.other.use_key_of(stage.flow.name, provider=OF)  # type: ignore[attr-defined]


@channel(21, lambda stage: setattr(stage, "lend", _lends_its_key))
def the_key_of_another_flow(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    stage.other = stage.a_flow()  # type: ignore[attr-defined]
    getattr(stage, "lend", lambda _: None)(stage)
    stage.server.script(talk("Hi"))
    try:
        stage.other.conversation("ask", "Be brief.").run("Hi")  # type: ignore[attr-defined]
    except ByokError as error:
        yield text("refused", *forms(error))
    yield text("provider", *stage.server.asked)


@channel(22, lambda stage: stage.patch.setattr(stage, "call", lambda: _spills(stage)))
def temporary_files_and_crash_reports(stage: Stage) -> Iterator[Place]:
    own = stage.folder / "temporary"
    own.mkdir()
    stage.patch.setattr(tempfile, "tempdir", str(own))
    stage.save_key()
    stage.echo()
    stage.outcome()
    stage.flow.conversation("ask", "Be brief.")
    stage.flow.start().save(stage.folder / "session.json")
    with (own / "crash.txt").open("w") as report:
        faulthandler.dump_traceback(report, all_threads=True)
    yield from files_below(stage.folder)
    yield text("to copy", code_of(stage.flow))


def _spills(stage: Stage) -> None:
    Path(tempfile.gettempdir(), "spilt").write_text(stage.canary.text())


@channel(22, Stage.without_mask)
def what_the_collector_finds_behind_the_flow(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    stage.echo()
    stage.outcome()
    level: list[Any] = [stage.flow, stage.flow.key_store, stage.flow.config]
    seen: set[int] = set()
    for _ in range(6):
        level = [each for each in gc.get_referents(*level) if id(each) not in seen and not isinstance(each, type)]
        seen |= set(map(id, level))
        yield text("referents", *(each for each in level if isinstance(each, str)), *map(_short, level))


def _short(value: Any) -> str:
    return repr(value) if isinstance(value, Secret) else ""


@channel(23, Stage.without_redaction)
def lists_of_models(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    key = stage.canary.text()
    models = [{"id": key}, {"id": "b", "name": f"Hi\n{key}"}, {"id": f"x/{key[::-1]}", "owned_by": key}]
    stage.server.script(says({"object": "list", "data": models}))
    stage.panels.append(SettingsPanel(stage.flow, mode="owner"))
    kept = eventually(lambda: [place for place in files_below(stage.folder / "cache") if b'"models"' in place[1]])
    yield from kept
    yield text("messages", stage.wire.text())


@channel(23, Stage.without_redaction)
def sessions_and_exports(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    key, folder = stage.canary.text(), stage.folder
    stage.echo()
    stage.flow.conversation("ask", "Be brief.")
    session = stage.flow.start()
    for said in ("Hi", f"Hi, {key}"):
        try:
            session.say(said)
        except ByokError as refused:
            yield text("refused", *forms(refused))
    session.save(folder / "session.json")
    yield text("shown", session.explain(), session.trace, session.trace._repr_html_(), session.transcript)
    yield text("session", *forms(session), *session.turns, *map(repr, session.turns))
    stage.flow.save(folder / "exported.flow.json")
    yield from files_below(folder)


@channel(23, Stage.without_redaction)
def what_is_shown_and_taught_of_a_session(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    flow, key = stage.flow, stage.canary.text()
    stage.echo(json.dumps({"word": key}))
    ask, read = flow.conversation("ask", "Be brief."), flow.extraction("read", word=str)
    flow.connect(ask, read)
    flow.connect(read, ask)
    session = flow.start()
    for said in ("Hi", "Once more"):
        session.say(said)
    yield text("timeline", *forms(session.timeline), *forms(session.fork(1).timeline))
    yield text("drawing", *forms(flow), *forms(flow.check()))
    yield text("taught", *_outcome(lambda: read.teach(f"It is {key}", {"word": key})), *forms(read.examples))
    yield text("transcript", copies.as_transcript(session), copies.as_case(session))
    for mode in ("owner", "visitor"):
        chat = Chat(session, mode=mode)
        stage.panels.append(chat)
        for message in (
            {"kind": "hello"},
            {"kind": "requests", "turn": 1},
            {"kind": "lesson", "turn": 1, "node": "read"},
            {"kind": "copy", "form": "case"},
            {"kind": "copy", "form": "transcript"},
            {"kind": "saved_output"},
            {"kind": "edit", "turn": "1", "text": key},
        ):
            chat._handle_msg({"content": {"data": {"method": "custom", "content": message}}, "buffers": []})
        yield text(f"state for the {mode}", chat.get_state(), chat._repr_mimebundle_())
    yield text("messages", stage.wire.text())
    flow.save(stage.folder / "taught.flow.json")
    yield from files_below(stage.folder)


def _takes_any_text(stage: Stage) -> None:
    stage.without_redaction()
    stage.patch.setattr("byok_widgets.misplaced_keys._texts", lambda *_: [])


@channel(23, _takes_any_text)
def files_of_cases_that_hold_the_key(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    flow, key = stage.flow, stage.canary.text()
    flow.extraction("read", word=str)
    rows = {
        "lines.jsonl": json.dumps({"name": "one", "text": key}),
        "rows.csv": f"name,text\none,{key}\n",
        "broken.jsonl": f'{{"name": "one", "text": "{key}"',
        "talk.md": f"user: {key}\nassistant: Hello\n",
        "talk.txt": f"user: {key}\nassistant: Hello\n",
    }
    own = Path(tempfile.mkdtemp(dir=stage.folder.parent))
    for name, content in rows.items():
        (own / name).write_text(content, encoding="utf-8")
        yield text(name, *_outcome(lambda name=name: flow.cases(own / name)))
    yield from files_below(stage.folder)


def _outcome(call: Callable[[], Any]) -> Iterator[str]:
    try:
        yield from forms(call())
    except (ByokError, ValueError) as error:
        yield from forms(error)
