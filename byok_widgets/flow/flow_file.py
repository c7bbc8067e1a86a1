"""The file of a flow: nodes, edges, prompts and models as JSON, by the schema beside this module. Never a key.

What the file says and this version does not know is kept, and written again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byok_widgets.errors import ConfigError
from byok_widgets.files import reason, replace_file
from byok_widgets.graph import EVERYWHERE, Edge, Expression, FlowGraph
from byok_widgets.keys import redact
from byok_widgets.nodes import ConversationNode
from byok_widgets.providers import PROVIDERS

if TYPE_CHECKING:
    from byok_widgets.flow.flow import Flow
    from byok_widgets.graph import AnyNode

VERSION = 1

Data = dict[str, Any]


def write(flow: Flow, path: Path, extra: Mapping[str, Any]) -> None:
    """Save a flow.

    Args:
        flow: The flow.
        path: Where to.
        extra: Unknown fields that were read with it.

    Raises:
        ConfigError: It holds what a file cannot hold, a text of it looks like an API key, the file there was saved
            by a newer version, or it cannot be written.
    """
    text = json.dumps({**_data(flow), **extra}, ensure_ascii=False, indent=2) + "\n"
    if redact(text) != text:
        raise ConfigError(
            f"Flow {flow.name!r} was not saved: one of its texts looks like an API key.",
            kind="flow_file",
            fix="Take the key out of the prompts; keys are saved in Settings.",
        )
    if path.exists() and _version(path) > VERSION:
        raise _newer(path)
    try:
        replace_file(path, text.encode("utf-8"))
    except OSError as error:
        problem = reason(error)
    else:
        return
    raise ConfigError(
        f"{str(path)!r} could not be written: {problem}.", kind="flow_file", fix="Choose another place."
    )


def read(path: Path) -> Data:
    """Read and check the file of a flow, and leave it as it is.

    Raises:
        ConfigError: It is not there, damaged, or no flow; the message says where.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problem = reason(error)
    except (ValueError, RecursionError):
        problem = "it is not JSON; it may be damaged"
    else:
        problem = _fault(data)
        if not problem:
            return dict(data)
    raise ConfigError(
        f"{str(path)!r} cannot be opened as a flow: {problem}.",
        kind="flow_file",
        fix="The file was left as it is; take another copy of it.",
    )


def fill(flow: Flow, data: Data) -> Data:
    """Give a new flow what was read; returns the fields that are not known here."""
    data = dict(data)
    for name in ("version", "name"):
        data.pop(name, None)
    flow.provider = _known_provider(data.pop("provider", flow.provider))
    for provider, url in data.pop("base_urls", {}).items():
        flow.set_base_url(_known_provider(provider), url)
    flow.model = data.pop("model", None)
    flow.judge_model = data.pop("judge_model", None)
    flow.global_prompt = data.pop("global_prompt", "")
    flow.speaks_first = data.pop("speaks_first", None)
    for node in data.pop("nodes"):
        _make(flow, dict(node))
    for edge in data.pop("edges"):
        _connect(flow, dict(edge))
    start = data.pop("start", None)
    if start is not None:
        flow.start_node = start
    return data


def is_newer(data: Data) -> bool:
    """Whether a newer version of the package saved this."""
    return int(data["version"]) > VERSION


def _data(flow: Flow) -> Data:
    urls = {provider: flow.config.base_url(provider) for provider in PROVIDERS}
    return {
        "version": VERSION,
        "name": flow.name,
        "provider": flow.provider,
        "model": flow.model,
        "judge_model": flow.judge_model,
        "base_urls": {provider: url for provider, url in urls.items() if url},
        "global_prompt": flow.global_prompt,
        "start": flow.start_node,
        "speaks_first": flow.speaks_first,
        "nodes": [_node(flow.graph, node) for node in flow.nodes.values()],
        "edges": [_edge(edge) for edge in flow.graph.edges if edge.source != EVERYWHERE],
    }


def _node(graph: FlowGraph, node: AnyNode) -> Data:
    enter = next((edge.when for edge in graph.ways_in() if edge.target == node.name), None)
    common = {
        "name": node.name,
        "kind": node.kind,
        "prompt": node.prompt,
        "end": node.name in graph.ends,
        "enter": enter,
        "model": node.model,
        "max_tokens": node.max_tokens,
        "settings": node.settings,
    }
    if isinstance(node, ConversationNode):
        return {**common, "static": node.static, **graph.extra.get(node.name, {})}
    from pydantic_core import to_jsonable_python

    examples = [
        {"dialogue": [vars(message) for message in dialogue], "values": to_jsonable_python(values)}
        for dialogue, values in node.examples
    ]
    own = {
        "schema": node.schema.definition(),
        "examples": examples,
        "window": node.window,
        "grounding": node.grounding,
    }
    return {**common, **own, **graph.extra.get(node.name, {})}


def _edge(edge: Edge) -> Data:
    condition: Data = {"when": edge.when} if edge.when else {}
    if isinstance(edge.logic, Expression):
        condition = {"if": edge.logic.text}
    elif edge.logic is not None:
        raise ConfigError(
            f"The edge from {edge.source!r} to {edge.target!r} is judged by a function, which a file cannot hold.",
            kind="flow_file",
            fix='Write the condition as an expression, like if_="weekday is not None".',
        )
    return {"source": edge.source, "target": edge.target, **condition, **edge.extra}


def _make(flow: Flow, data: Data) -> None:
    name, kind = data.pop("name"), data.pop("kind")
    model = data.pop("model", None)
    common = {key: data.pop(key) for key in ("end", "enter", "max_tokens") if key in data}
    settings = data.pop("settings", {})
    if kind == "conversation":
        node: AnyNode = flow.conversation(
            name, data.pop("prompt"), static=data.pop("static", False), **common, **settings
        )
    else:
        shots = [(shot["dialogue"], shot["values"]) for shot in data.pop("examples", ())]
        own = {key: data.pop(key) for key in ("window", "grounding", "prompt") if key in data}
        node = flow.extraction(name, data.pop("schema"), examples=shots, settings=settings, **own, **common)
    node.model = model
    flow.graph.extra[name] = data


def _connect(flow: Flow, data: Data) -> None:
    edge = Edge.made(data.pop("source"), data.pop("target"), data.pop("when", None), data.pop("if", None))
    flow.graph.add(Edge(edge.source, edge.target, edge.when, edge.logic, data))


def _known_provider(name: str) -> str:
    if name in PROVIDERS:
        return name
    raise ConfigError(
        f"There is no provider {name!r}.", kind="flow_file", fix=f"Known are {', '.join(PROVIDERS)}."
    )


def _fault(data: Any) -> str:
    import jsonschema

    errors: Iterable[jsonschema.ValidationError] = jsonschema.Draft202012Validator(_schema()).iter_errors(data)
    error = next(iter(errors), None)
    if error is None:
        return ""
    where = ".".join(map(str, error.absolute_path))
    return redact(f"{where}: {error.message}" if where else error.message)[:200].rstrip(".")


@cache
def _schema() -> Mapping[str, Any]:
    text = resources.files("byok_widgets.flow").joinpath("flow.schema.json").read_text(encoding="utf-8")
    schema: Mapping[str, Any] = json.loads(text)
    return schema


def _version(path: Path) -> int:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["version"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return 0  # not a flow: the person has chosen to write there
    return found if isinstance(found, int) else 0


def _newer(path: Path) -> ConfigError:
    return ConfigError(
        f"{str(path)!r} was saved by a newer byok-widgets and is read-only here.",
        kind="newer_version",
        fix="Save under another name, or update with: pip install -U byok-widgets",
    )
