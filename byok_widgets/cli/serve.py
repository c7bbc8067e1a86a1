"""`byok-widgets serve`: serves a flow file until it is told to stop."""

from __future__ import annotations

import argparse
import gc
import getpass
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byok_widgets.cli.action_functions import functions_of
from byok_widgets.cli.fetch import bar_of_each
from byok_widgets.errors import ConfigError, KeyStoreError, MissingKeyError

if TYPE_CHECKING:
    from byok_widgets.flow import Flow
    from byok_widgets.serve.stores.store import Store

DEFAULT_PORT = 8080
PASSPHRASE_VARIABLE = "BYOK_WIDGETS_PASSPHRASE"  # noqa: S105 - its name
"""Names the passphrase of the encrypted file of keys, for servers at which nobody types."""
_NEW_OBJECTS = 10_000
"""Threshold of the garbage collector: a turn creates some hundreds of objects, and leaves hardly any behind."""

_DESCRIPTION = """\
Answers phones, pages and programs with a flow, as an OpenAI-compatible chat endpoint, until Ctrl-C. Callers need
an access token; the first one is printed when it starts. The key is one that is saved here for the flow, or in a
variable that --key names. Conversations are kept, so that a call continues after a restart."""

_EPILOG = """\
examples:
  byok-widgets serve dentist.flow.json --key PROVIDER=env:NAME --max-cost day=5
  byok-widgets serve dentist.flow.json --functions clinic.calendar --store redis://127.0.0.1/0
  byok-widgets serve dentist.flow.json --new-token phone"""


def add_command(commands: Any, port: Callable[[str], int]) -> None:
    """Add the command to the parser."""
    serve = commands.add_parser(
        "serve",
        help="serve a flow file as an OpenAI-compatible chat endpoint",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    serve.set_defaults(parser=serve)
    serve.add_argument("flow", type=Path, metavar="FLOW", help="the flow, such as dentist.flow.json")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    serve.add_argument("--port", type=port, default=DEFAULT_PORT, help="port to listen on (%(default)s)")
    serve.add_argument(
        "--public-url",
        default="",
        metavar="URL",
        help="the address at which callers reach it, such as that of a tunnel",
    )
    serve.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="a host name by which it may be called"
    )
    serve.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="a web page's origin that may call it, such as https://example.org",
    )
    serve.add_argument(
        "--store",
        metavar="FILE|redis://...",
        help="where conversations are kept; by default in a file of this flow",
    )
    serve.add_argument(
        "--functions",
        action="append",
        default=[],
        metavar="MODULE",
        help="a module with the functions of actions; it is imported",
    )
    serve.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="[PROVIDER=]env:NAME",
        help="the variable that holds a key; by default the flow's provider's",
    )
    serve.add_argument(
        "--base-url", action="append", default=[], metavar="PROVIDER=URL", help="where a provider's calls go"
    )
    serve.add_argument("--fallback", metavar="TEXT", help="what the caller hears at once when a turn fails")
    serve.add_argument(
        "--fallback-model", metavar="PROVIDER:MODEL", help="the model that answers when a node's own has failed"
    )
    serve.add_argument(
        "--first-token-s",
        type=float,
        default=18.0,
        metavar="SECONDS",
        help="a turn in which nothing was said by then has failed (%(default)g)",
    )
    serve.add_argument("--end-on-failure", action="store_true", help="end the call when no model answers")
    scopes = "turn, session, token or day"
    serve.add_argument(
        "--max-calls",
        action="append",
        default=[],
        metavar="SCOPE=N",
        help=f"maximum number of model calls per {scopes}",
    )
    serve.add_argument(
        "--max-cost",
        action="append",
        default=[],
        metavar="SCOPE=USD",
        help=f"maximum cost in US dollars per {scopes}",
    )
    serve.add_argument(
        "--keep-days",
        type=float,
        default=30.0,
        metavar="DAYS",
        help="how long conversations are kept (%(default)g)",
    )
    serve.add_argument(
        "--settings",
        choices=("file", "mine"),
        help="which settings to use if those in the file differ from yours",
    )
    tokens = serve.add_mutually_exclusive_group()
    tokens.add_argument("--new-token", metavar="NAME", help="create an access token, print it once, and exit")
    tokens.add_argument("--revoke-token", metavar="NAME", help="revoke the access tokens with this name, and exit")
    tokens.add_argument("--list-tokens", action="store_true", help="list the access tokens by name, and exit")
    tokens.add_argument("--delete-session", metavar="ID", help="delete conversations by id, and exit")


def run(given: argparse.Namespace) -> int:
    """Serve a flow, or manage the access tokens; return the exit code.

    Raises:
        ByokError: It cannot be served.
    """
    from byok_widgets.flow import Flow

    trust = None if given.settings is None else given.settings == "file"
    flow = Flow.load(given.flow, trust=trust)
    _require_settled(flow)
    if given.new_token or given.revoke_token or given.list_tokens or given.delete_session:
        return _administer(flow, given)
    _prepare(flow, given)
    return _serve(flow, given)


def _require_settled(flow: Flow) -> None:
    """Reject a file whose settings differ from the saved ones: another model must not be served without asking.

    Raises:
        ConfigError: They differ.
    """
    from byok_widgets.flow.incoming.from_files import FROM_FILES

    if asked := FROM_FILES.text(flow.context):
        raise ConfigError(
            asked,
            kind="serve_option",
            fix="--settings file takes those of the file, --settings mine keeps yours.",
        )


def _prepare(flow: Flow, given: argparse.Namespace) -> None:
    from byok_widgets.file_tests.loading import use_variable

    for provider, url in _pairs(given.base_url, "--base-url").items():
        flow.set_base_url(provider, url)
    for reference in given.key:
        provider, equals, name = reference.rpartition("=")
        try:
            use_variable(flow, name, provider if equals else None)
        except ConfigError as error:
            if error.kind == "address_not_named":
                error.fix = "If the address in the flow file is right, name it: --base-url PROVIDER=URL."
            raise
    for name, function in functions_of(flow.nodes, given.functions).items():
        flow.nodes[name].bind(function)
    _unlock()


def _serve(flow: Flow, given: argparse.Namespace) -> int:
    from byok_widgets.flow.serving import serve
    from byok_widgets.serve.flow_server import Address
    from byok_widgets.serve.turns.options import ServeOptions

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    gc.set_threshold(_NEW_OBJECTS)
    address = Address(given.host, given.port, given.public_url, tuple(given.allow_host), tuple(given.allow_origin))
    options = ServeOptions.of(
        fallback=given.fallback,
        fallback_model=given.fallback_model and str(flow.config.ref(given.fallback_model)),
        end_on_failure=given.end_on_failure,
        max_calls={scope: _number(int, text) for scope, text in _pairs(given.max_calls, "--max-calls").items()},
        max_cost=_pairs(given.max_cost, "--max-cost"),
        first_token_s=given.first_token_s,
        keep_days=given.keep_days,
    )
    try:
        server = serve(
            flow,
            address,
            options,
            given.store,
            token_name="",
            functions=partial(functions_of, modules=given.functions),
            on_progress=bar_of_each(),
        )
    except MissingKeyError as error:
        error.fix = "Name the environment variable that holds it: --key PROVIDER=env:NAME."
        raise
    except KeyStoreError as error:
        if error.kind == "file_locked":
            error.fix = f"Put its passphrase into the variable {PASSPHRASE_VARIABLE}, or type it in a terminal."
        raise
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):  # only now: until it serves, they just end it
        signal.signal(number, lambda *_: told.set())
    print(f"Flow {flow.name!r} is served at {server.base_url}", flush=True)
    if server.token:
        print(f"Access token, shown this once: {server.token}", flush=True)
    for note in server.notes:
        print(note, file=sys.stderr, flush=True)
    while server.running and not server.is_warm and not told.wait(0.5):
        pass
    gc.freeze()  # what is loaded by now stays: going through it for garbage would keep callers waiting
    while server.running and not told.wait(0.5):
        pass
    server.stop()
    return 0


def _administer(flow: Flow, given: argparse.Namespace) -> int:
    from byok_widgets.engine import ENGINE
    from byok_widgets.flow.serving import store_of

    async def work() -> int:
        store = store_of(flow.context, given.store)
        await store.open()
        try:
            return await _administered(store, given)
        finally:
            await store.close()

    return ENGINE.run(work())


async def _administered(store: Store, given: argparse.Namespace) -> int:
    from byok_widgets.display.sanitize import sanitize
    from byok_widgets.serve.http.access import digest_of_token, new_token
    from byok_widgets.serve.stores.store import StoredToken

    if given.delete_session:
        found = await store.named(given.delete_session)
        deleted = [await store.delete_session(session.key) for session in found]
        print(f"{sum(deleted)} conversations were deleted.")
        return 0 if deleted else 1
    tokens = await store.tokens()
    if given.new_token:
        made = new_token()
        await store.put_token(StoredToken(digest_of_token(made), given.new_token, time.time()))
        print(made)
        return 0
    if given.revoke_token:
        held = [token for token in tokens if token.name == given.revoke_token and not token.revoked]
        for token in held:
            await store.put_token(StoredToken(token.digest, token.name, token.made_at, revoked=True))
        print(f"{len(held)} access tokens were revoked.")
        return 0 if held else 1
    if not tokens:
        print("There is no access token yet.")
    for token in tokens:
        print(
            f"{sanitize(token.name)}\t{time.strftime('%Y-%m-%d %H:%M', time.gmtime(token.made_at))}"
            f"\t{'revoked' if token.revoked else 'holds'}"
        )
    return 0


def _unlock() -> None:
    """Unlock the encrypted file of keys, if there is one: with a variable's passphrase, or one that is typed."""
    from byok_widgets.keys.backends import encrypted_file

    state = encrypted_file.state()
    if not state.exists or state.unlocked:
        return
    passphrase = os.environ.get(PASSPHRASE_VARIABLE, "")
    if not passphrase and sys.stdin.isatty():
        passphrase = getpass.getpass("Passphrase of the encrypted file of keys (empty: leave it locked): ")
    if passphrase:
        encrypted_file.unlock(passphrase)


def _pairs(given: list[str], option: str) -> Mapping[str, str]:
    pairs = [entry.partition("=") for entry in given]
    wrong = next((entry for entry, (_, equals, _value) in zip(given, pairs, strict=True) if not equals), None)
    if wrong is None:
        return {name: value for name, _, value in pairs}
    example = {"--max-calls": "day=200", "--max-cost": "day=5"}.get(option, "compatible=http://127.0.0.1:8000/v1")
    raise ConfigError(
        f"{option} {wrong!r} has no equals sign.", kind="serve_option", fix=f"Write it like: {option} {example}"
    )


def _number(kind: Callable[[str], int], text: str) -> int:
    try:
        return kind(text)
    except ValueError:
        raise ConfigError(f"{text!r} is not a whole number.", kind="serve_cap") from None
