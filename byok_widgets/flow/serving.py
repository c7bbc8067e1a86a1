"""Serves a flow: makes the version that is served, and opens earlier ones that conversations still have."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from byok_widgets.compare.cells.frozen import FrozenFlow
from byok_widgets.config.own_database import own_database
from byok_widgets.engine import HAS_THREADS
from byok_widgets.engine.callbacks import OnProgress
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.files import finite_json
from byok_widgets.flow import flow_contexts
from byok_widgets.flow.file.filed_flow import FiledFlow
from byok_widgets.flow.file.flow_data import addresses_of, bind, data_of, fill
from byok_widgets.flow.flow_definition import FlowDefinition
from byok_widgets.flow.flow_settings import FlowSettings
from byok_widgets.graph import AnyNode
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.providers import PROVIDERS
from byok_widgets.serve.turns.served_flow import ServedFlow, acts

if TYPE_CHECKING:
    from byok_widgets.serve.flow_server import Address, FlowServer
    from byok_widgets.serve.stores.store import Store
    from byok_widgets.serve.turns.options import ServeOptions

_servers: dict[tuple[str, Address, ServeOptions, str], FlowServer] = {}
FindFunctions = Callable[[Mapping[str, AnyNode]], Mapping[str, Callable[..., Any]]]
"""Returns the functions of those action nodes among some nodes for which there is one."""


class ServableFlow(FiledFlow, Protocol):
    """A flow that can be served."""

    @property
    def context(self) -> FlowContext:
        """What its nodes share."""


def serve(
    flow: ServableFlow,
    address: Address,
    options: ServeOptions,
    store: str | Path | None,
    *,
    token_name: str,
    functions: FindFunctions = lambda _: {},
    on_progress: OnProgress | None = None,
) -> FlowServer:
    """Serve a flow; a server of this process that differs in nothing but the flow takes its new version.

    Args:
        flow: The flow.
        address: Where it is served.
        options: How it is served.
        store: Where conversations are kept; `None` for the flow's own file.
        token_name: Make an access token of this name; empty makes one only if there is none.
        functions: Finds functions for the actions of earlier versions, beside those that the flow has now.
        on_progress: Called while a model is fetched that runs on this machine.

    Raises:
        ByokError: It could not answer, or the port or the store cannot be used.
    """
    from byok_widgets.diagnostics.lint import reject_ambiguous
    from byok_widgets.serve.flow_server import FlowServer

    _require_server_here()
    reject_ambiguous(flow.graph)
    _require_functions(flow)
    key = (flow.name, address, options, str(store))
    running = _servers.get(key)
    if running is not None and running.running:
        running.update(served(flow))
        return running
    for other in [each for each in _servers if each[1].port == address.port != 0]:
        _servers.pop(other).stop()
    _servers[key] = FlowServer(
        served(flow),
        store_of(flow.context, store),
        address=address,
        options=options,
        load=loader(flow, functions),
        token_name=token_name,
        on_progress=on_progress,
    )
    return _servers[key]


def _require_server_here() -> None:
    """Refuse where Python runs in a browser's tab, which nothing can call.

    Raises:
        ConfigError: It does.
    """
    if not HAS_THREADS:
        raise ConfigError(
            "A flow cannot be served from a browser's tab: nothing can call it there.",
            kind="serve_option",
            fix='Write flow.save("my.flow.json"), download that file, and serve it on a computer: '
            "byok-widgets serve my.flow.json.",
        )


def _require_functions(flow: FiledFlow) -> None:
    """Reject an action without its function here: a caller would hear of it in the middle of a call.

    Raises:
        ConfigError: There is one.
    """
    for name, node in flow.nodes.items():
        if any(finding.kind == "unbound_action" for finding in node.check()):
            raise ConfigError(
                f"The action node {name!r} has no function.",
                kind="unbound_action",
                fix=f"Give it one: flow.node({name!r}).function = ..., or --functions MODULE on the command line.",
            )


def served(flow: ServableFlow) -> ServedFlow:
    """Return a flow as it is now, to be served."""
    fixed = FrozenFlow.of(flow.graph, flow.context, opens=False)
    try:
        data = json.dumps(data_of(flow), ensure_ascii=False, sort_keys=True)
    except ByokError:  # a condition that is a function is in no file
        return _version(uuid.uuid4().hex, "", fixed, flow)
    return _version(hashlib.sha256(data.encode("utf-8", "replace")).hexdigest(), data, fixed, flow)


def _version(version: str, data: str, fixed: FrozenFlow, flow: FiledFlow) -> ServedFlow:
    return ServedFlow(
        version,
        fixed.graph,
        fixed.context,
        data,
        speculates=flow.latency == "speculative",
        fallback=flow.fallback,
    )


def loader(flow: ServableFlow, functions: FindFunctions = lambda _: {}) -> Callable[[str, str], ServedFlow]:
    """Return what opens an earlier version of a flow, with the keys, addresses and functions that it has now."""
    return partial(_loaded, flow, functions)


def _loaded(flow: ServableFlow, functions: FindFunctions, version: str, text: str) -> ServedFlow:
    data = finite_json(text)
    data["base_urls"] = {
        **_own_addresses(data.get("base_urls", {})),
        **addresses_of(flow),
    }  # a server that has moved
    context = flow_contexts.in_memory(f"{flow.name[:200]} ({version[:8]})")
    earlier = FlowDefinition(FlowSettings(context))
    fill(earlier, context, data, trust=True)
    bind(earlier.graph, {**_functions_now(flow, earlier), **functions(earlier.nodes)})
    _require_functions(earlier)
    now = flow.context
    context = replace(
        context,
        key_store=now.key_store,
        named_urls=now.named_urls,
        typed_urls=now.typed_urls,
        named_variables=now.named_variables,
        own_tape=now.own_tape,
    )
    return _version(version, text, FrozenFlow.of(earlier.graph, context, opens=False), earlier)


def _own_addresses(urls: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses of providers that have no usual one: the others are where the flow has them now."""
    return {name: url for name, url in urls.items() if name not in PROVIDERS or not PROVIDERS[name].default_url}


def _functions_now(flow: FiledFlow, earlier: FiledFlow) -> dict[str, Callable[..., Any]]:
    """Return what the actions of an earlier version call now; their nodes may have been renamed since.

    A node that calls another function now does not stand in for its earlier self.
    """
    codes = {node: node.codes[0] for node in flow.nodes.values() if acts(node)}
    known = {node: code for node, code in codes.items() if callable(code)}

    def likeness(node: AnyNode, now: AnyNode) -> tuple[bool, bool, bool]:
        named, named_now = _function_name(node), _function_name(now)
        is_same = bool(named) and named == named_now
        is_unknown = not (named and named_now)
        return is_same and _reference(node) == _reference(now), is_same, is_unknown and node.name == now.name

    found: dict[str, Callable[..., Any]] = {}
    for name, node in earlier.nodes.items():
        likest = max(known, key=partial(likeness, node), default=None) if acts(node) else None
        if likest is not None and any(likeness(node, likest)):
            found[name] = known[likest]
    return found


def _reference(node: AnyNode) -> Any:
    return node.to_data({}).get("function")


def _function_name(node: AnyNode) -> str:
    name = getattr(node, "function_name", "")
    return name if name.isidentifier() else ""


def store_of(context: FlowContext, where: str | Path | None) -> Store:
    """Return the store of a flow's conversations: a private file of its own, or the one that was named.

    A flow that saves nothing keeps them in memory.

    Raises:
        ConfigError: The file cannot be used.
    """
    from byok_widgets.serve.stores.sqlite_store import SqliteStore

    if isinstance(where, str) and where.startswith(("redis://", "rediss://", "unix://")):
        from byok_widgets.serve.stores.redis_store import RedisStore

        return RedisStore(where, context.config.name)
    if where is not None:
        return SqliteStore(Path(where))
    if context.config.path is None:
        return SqliteStore(None)
    fix = 'Give a file: store="calls.sqlite".'
    return SqliteStore(own_database(context.config.name, "served", kind="serve_store", fix=fix))
