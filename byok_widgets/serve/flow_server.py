"""`FlowServer`: a flow that is served, as the person who serves it sees it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from byok_widgets.display import markup
from byok_widgets.engine import ENGINE
from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.engine.sync_runner import run_with_output
from byok_widgets.errors import ByokError, FlowError
from byok_widgets.serve.calls import Calls, ServedCall, ServedCalls
from byok_widgets.serve.http.access import Access, digest_of_token, new_token
from byok_widgets.serve.http.server import Server, bind
from byok_widgets.serve.keys_at_start import fetch_models, price_of, require_keys, warm_up
from byok_widgets.serve.monitoring.logs import log_turn
from byok_widgets.serve.monitoring.metrics import Metrics
from byok_widgets.serve.monitoring.report import Observer, Observers
from byok_widgets.serve.monitoring.telemetry import trace_turn
from byok_widgets.serve.snippets import CLIENTS, snippet
from byok_widgets.serve.stores.store import Store, StoredToken
from byok_widgets.serve.turns.execution import Surroundings
from byok_widgets.serve.turns.options import ServeOptions
from byok_widgets.serve.turns.served_flow import Loader, ServedFlow, Versions
from byok_widgets.serve.turns.spending import Spending
from byok_widgets.serve.turns.turn_service import TurnService
from byok_widgets.session import Session

T = TypeVar("T")
NOTEBOOK = "notebook"
"""Name of the access token that is made each time a notebook serves a flow."""


@dataclass(frozen=True)
class Address:
    """Where a flow is served.

    Attributes:
        host: The address that it listens on.
        port: The port; 0 for any that is free.
        public_url: Where callers reach it, through a tunnel or a load balancer; empty if they are on this machine.
        hosts: Host names under which it is asked, beside those.
        origins: Origins of pages that may ask it.
    """

    host: str = "127.0.0.1"
    port: int = 0
    public_url: str = ""
    hosts: Collection[str] = ()
    origins: Collection[str] = field(default_factory=tuple)


class FlowServer:
    """A flow that is served until `stop()`.

    Attributes:
        flow: The flow, as it was when it began to be served.
        token: The access token that was made for this server; empty if callers have theirs.
        notes: What the person should know.
    """

    def __init__(
        self,
        flow: ServedFlow,
        store: Store,
        *,
        address: Address,
        options: ServeOptions,
        load: Loader | None = None,
        token_name: str = "",
        on_progress: OnProgress | None = None,
    ) -> None:
        """Begin to serve, and return at once.

        Args:
            flow: The flow.
            store: Where conversations are kept.
            address: Where it is served.
            options: How it is served.
            load: Opens an earlier version of the flow.
            token_name: Make an access token of this name, in place of an earlier one; empty makes one only if
                there is none.
            on_progress: Called while a model is fetched that runs on this machine; `None` shows it in the cell.

        Raises:
            MissingKeyError: "No API key configured" for a provider that a node needs.
            ConfigError: A model is missing, or the port or the store cannot be used.
            LocalModelError: A model that runs on this machine cannot be had.
        """
        self.flow, self.token = flow, ""
        self._on_progress = on_progress
        self._get_ready(flow, options)
        bound = bind(address.host, address.port)
        self._metrics = Metrics()
        self._observers = Observers([log_turn, self._metrics.observe, trace_turn])
        self._around = Surroundings(store, options, Spending(options.caps, store), self._observers)
        self._versions = Versions(flow, store, load)
        hosts = (address.host, *address.hosts)
        access = Access((), hosts=hosts, origins=address.origins, public_url=address.public_url)
        self._turns = TurnService(self._versions, self._around)
        self._server = Server(
            self._turns,
            store,
            access,
            model=flow.name,
            bound=bound,
            metrics=self._metrics,
            keep_s=options.keep_s,
        )
        self._public_url = address.public_url.rstrip("/")
        self._host = address.host
        self.calls = Calls(store, self._versions)
        try:
            self._server.open()
            ENGINE.run(self._make_token(store, token_name))
            self._server.start()
            ENGINE.submit(self._warm_up())
        except BaseException:
            bound.close()
            raise
        self.notes = tuple(_notes(flow, options))

    @property
    def base_url(self) -> str:
        """What a client takes as its base URL."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        host = "127.0.0.1" if self._host in ("0.0.0.0", "::") else host  # noqa: S104 - what is shown for it
        return f"{self._public_url or f'http://{host}:{self.port}'}/v1"

    @property
    def port(self) -> int:
        """The port."""
        return self._server.port

    @property
    def running(self) -> bool:
        """Whether it serves."""
        return self._server.running

    @property
    def is_warm(self) -> bool:
        """Whether all is loaded that turns need."""
        return self._turns.is_warm

    @property
    def clients(self) -> tuple[str, ...]:
        """The clients that `snippet` knows."""
        return CLIENTS

    def snippet(self, client: str, *, with_token: bool = False) -> str:
        """Return what to enter in a client, or the code for it.

        Args:
            client: One of `clients`.
            with_token: Whether the access token stands in it, where it is known, and not `YOUR_ACCESS_TOKEN`. A
                notebook that prints it saves it: whoever gets the notebook could call the flow.

        Raises:
            ConfigError: That client is not known here.
        """
        token = self.token if with_token else ""
        return snippet(client, base_url=self.base_url, token=token, model=self.flow.name)

    def sessions(self, limit: int = 50) -> ServedCalls:
        """Return the last conversations, the newest first."""
        return _asked(self.calls.latest(limit))

    def session(self, call: ServedCall | str) -> Session:
        """Return a conversation as a session, to be looked at, or to be saved as a case.

        Args:
            call: It, its key, or the client's id for it: then the newest with that id.

        Raises:
            FlowError: None is stored, or none of its turns has ended.
        """
        key = call if isinstance(call, str) else call.key
        return _asked(self.calls.session(key))

    def delete(self, call: ServedCall | str) -> bool:
        """Delete a conversation with all that was said, or all with this id of the client; false if none is."""
        return _asked(self.calls.delete(call if isinstance(call, str) else call.key)) > 0

    def observe(self, observer: Observer) -> None:
        """Call a function with the `TurnReport` of each turn that ends here; it must return at once."""
        self._observers.all.append(observer)

    def observe_moves(self, observer: Callable[[], None]) -> None:
        """Call a function when a call has begun or moved on, before its reply is heard; it must return at once."""
        self._observers.of_moves.append(observer)

    def update(self, flow: ServedFlow) -> None:
        """Let new conversations begin with another version of the flow.

        Raises:
            MissingKeyError: "No API key configured" for a provider that a node needs.
            ConfigError: A model is missing.
            LocalModelError: A model that runs on this machine cannot be had.
        """
        self._get_ready(flow, self._around.options)
        self.flow = flow
        ENGINE.run(self._versions.replace(flow))

    def stop(self) -> None:
        """Take no more turns, let those that run end, and stop."""
        self._server.stop()

    def __repr__(self) -> str:
        state = f"at {self.base_url}" if self.running else "stopped"
        return f"FlowServer({self.flow.name!r}, {state})"

    def _repr_html_(self) -> str:
        head, *address = self._in_words
        notes = self.notes if self.running else ()
        lines = [markup.strong(head), *map(markup.text, address), *map(markup.facts, notes)]
        return "".join(map(markup.block, lines))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        notes = self.notes if self.running else ()
        return {"text/plain": "\n".join((*self._in_words, *notes)), "text/html": self._repr_html_()}

    @property
    def _in_words(self) -> list[str]:
        if not self.running:
            return [f"{self.flow.name} is no longer served"]
        return [f"{self.flow.name} is served", f"Base URL: {self.base_url}"]

    def _get_ready(self, flow: ServedFlow, options: ServeOptions) -> None:
        ENGINE.run(require_keys(flow, options.fallback_model))
        told = self._on_progress
        run_with_output(
            lambda _, shown: fetch_models(flow, options.fallback_model, told or shown), show=None, show_text=False
        )

    async def _warm_up(self) -> None:
        try:
            await warm_up(self.flow)
        finally:
            self._turns.is_warm = True

    async def _make_token(self, store: Store, name: str) -> None:
        known = await store.tokens()
        if not name and any(not token.revoked for token in known):
            return
        for token in known:
            if token.name == name and not token.revoked:
                await store.put_token(StoredToken(token.digest, token.name, token.made_at, revoked=True))
        self.token = new_token()
        await store.put_token(StoredToken(digest_of_token(self.token), name or "first", time.time()))


def _asked(work: Coroutine[Any, Any, T]) -> T:
    """Run what asks the store.

    Raises:
        FlowError: It does not answer.
    """
    try:
        return ENGINE.run(work)
    except ByokError:
        raise
    except Exception as error:  # noqa: BLE001 - each kind of store has errors of its own
        sign = type(error).__name__
    raise FlowError(
        "The store of the conversations does not answer.",
        kind="serve_store",
        cause=f"Asking it failed ({sign}).",
        fix="Look whether it can be reached, and whether its disk is full.",
    )


def _notes(flow: ServedFlow, options: ServeOptions) -> Iterator[str]:
    if flow.actions:
        yield (
            "This flow runs actions: each request needs the id of its session. Switch speculative requests off in "
            "the client: they would run actions before the caller has finished speaking."
        )
    else:
        yield (
            "Have the client send the id of each session: without one, callers who say the same words share a "
            "conversation, and all calls with one access token are listed, and deleted, as one."
        )
    if not flow.data:
        yield "This flow has a condition that is a function: its conversations cannot go on after a restart."
    if options.caps.usd and (unpriced := sorted(_unpriced(flow))):
        yield f"The price of {', '.join(unpriced)} is not known: caps on money do not limit it."


def _unpriced(flow: ServedFlow) -> Iterator[str]:
    for node in flow.graph.nodes.values():
        if node.calls_model and not node.is_static:
            ref = node.resolve().ref
            if price_of(ref).usd is None:
                yield str(ref)
