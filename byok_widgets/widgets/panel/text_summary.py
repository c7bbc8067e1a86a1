"""A flow's settings as text and as static HTML, for places that cannot show the panel. Never a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byok_widgets.display import markup
from byok_widgets.display.sanitize import sanitize
from byok_widgets.errors import ByokError
from byok_widgets.nodes import ModelNode, model_nodes
from byok_widgets.providers import catalog
from byok_widgets.reply import SOURCE_WORDS
from byok_widgets.widgets.panel import visitor
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
from byok_widgets.widgets.panel.key_controller import KeyController

if TYPE_CHECKING:
    from byok_widgets.widgets.panel.panel_flow import PanelFlow


_STATIC = "a fixed sentence the first time, without a model; after that"


class SettingsText:
    """The settings of a flow, for a plain program, a terminal, or a notebook that cannot show the panel."""

    def __init__(self, flow: PanelFlow) -> None:
        self._flow = flow

    def __repr__(self) -> str:
        return as_text(self._flow)

    def _repr_html_(self) -> str:
        return as_html(self._flow)


def one_line(flow: PanelFlow) -> str:
    """Return the shortest form: the flow, its provider and its model."""
    return sanitize(f"Settings of flow {flow.name!r}: {flow.provider}:{flow.model or 'no model chosen'}")


def summary(flow: PanelFlow) -> list[tuple[str, str]]:
    """Return what the panel shows, as pairs of name and text. Never waits."""
    target = EndpointTarget.of(flow)
    rows = [("Provider", target.provider.label)]
    url = flow.config.base_url(target.provider.name)
    if url and not visitor.is_one(flow):
        rows.append(("Base URL", url))
    rows += [("API key", _key(flow, target)), ("Default model", flow.model or "none chosen")]
    if tape := flow.context.tape:
        rows.insert(0, ("Answers", tape.told))
    if flow.judge_max_tokens is not None:
        rows.append(("Judge", f"max_tokens {flow.judge_max_tokens}"))
    if flow.locale:
        rows.append(("Locale", flow.locale))
    limits = flow.config.turn_limits
    if limits.calls is not None:
        rows.append(("Calls per turn", f"at most {limits.calls}"))
    if limits.cost is not None:
        rows.append(("Cost per turn", f"no call after ${limits.cost!r}"))
    rows += [(f"Node {node.name}", ", ".join(_node(node))) for node in model_nodes(flow.nodes).values()]
    notes = (catalog.lifecycle_note(target.provider.name, flow.model or ""), str(flow.config.notice or ""))
    rows += [("Note", note) for note in notes if note]
    return [(sanitize(name), sanitize(text)) for name, text in rows]


def _node(node: ModelNode[Any]) -> list[str]:
    settings = [f"{name} {value}" for name, value in node.layered_settings.values().items()]
    return [node.kind, model_line(node), *settings]


def model_line(node: ModelNode[Any]) -> str:
    """Return which model a node would use now, and where that choice comes from."""
    try:
        resolved = node.resolve()
    except ByokError:
        line = "no model chosen yet"
    else:
        line = f"{resolved.ref} ({SOURCE_WORDS[resolved.source]})"
    return f"{_STATIC}: {line}" if node.is_static else line


def as_text(flow: PanelFlow) -> str:
    """Return the settings as lines of text."""
    rows = summary(flow)
    width = max(len(name) for name, _ in rows)
    return "\n".join([one_line(flow), *(f"  {name:<{width}}  {text}" for name, text in rows)])


def as_html(flow: PanelFlow) -> str:
    """Return the facts as a table that needs no script and no style sheet."""
    table = markup.table(summary(flow), caption=sanitize(f"Settings · {flow.name}"))
    return (
        f"{table}<small>Run this cell in Jupyter to change them, or use code, such as "
        "<code>flow.model = …</code> and <code>flow.use_key(&quot;env:NAME&quot;)</code>.</small>"
    )


def _key(flow: PanelFlow, target: EndpointTarget) -> str:
    if target.provider.free_of_charge:
        return "not needed"
    status = KeyController.of(flow).known(target)
    if status is not None:
        return status.sentence
    if flow.key_store.cached(target.provider.name, target.destination) is not None:
        return "saved for this flow"
    return "needed" if KeyController.of(flow).needs_key(target) else "only if the endpoint needs one"
