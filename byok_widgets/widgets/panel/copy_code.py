"""The code that recreates a flow's settings, with a button that copies it.

It never contains a key, at most a key reference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import traitlets

from byok_widgets.nodes.node_settings import setting_as_code
from byok_widgets.providers import PROVIDERS
from byok_widgets.widgets import assets
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget

if TYPE_CHECKING:
    from byok_widgets.widgets.panel.panel_flow import PanelFlow

_PASTE = "# paste the API key in flow.settings(): it is never part of code"


class CopyCode(assets.PageWidget):
    """Code to copy.

    Attributes:
        code: The lines.
    """

    view = traitlets.Unicode("copy_code").tag(sync=True)

    code = traitlets.Unicode("").tag(sync=True)

    def __repr__(self) -> str:
        return "CopyCode()"


def code_of(flow: PanelFlow) -> str:
    """Return the code that recreates the flow's settings.

    It never contains a stored key; it contains a key reference, which is the name of a variable.
    """
    lines = ["from byok_widgets import Flow", "", f"flow = Flow({_text(flow.name)})"]
    for provider in PROVIDERS:
        url = flow.config.base_url(provider)
        if url:
            lines.append(f"flow.set_base_url({_text(provider)}, {_text(url)})")
    lines.append(f"flow.provider = {_text(flow.provider)}")
    if flow.model:
        lines.append(f"flow.model = {_text(flow.model)}")
    if flow.judge_max_tokens is not None:
        lines.append(f"flow.judge_max_tokens = {flow.judge_max_tokens}")
    if flow.locale:
        lines.append(f"flow.locale = {_text(flow.locale)}")
    limits = flow.config.turn_limits
    if limits.calls is not None:
        lines.append(f"flow.max_calls_per_turn = {limits.calls}")
    if limits.cost is not None:
        lines.append(f"flow.max_cost_per_turn = {limits.cost!r}")
    lines += _key_lines(flow)
    chosen = [line for name in flow.nodes for line in _node_lines(flow, name)]
    lines += ["", "# when the nodes are made", *chosen] if chosen else []
    return "\n".join(lines)


def _node_lines(flow: PanelFlow, name: str) -> Iterator[str]:
    model = flow.config.override(name)
    if model:
        yield f"flow.node({_text(name)}).model = {_text(model)}"
    for own in flow.nodes[name].own_settings:
        if own.is_set:
            yield f"flow.node({_text(name)}).{own.name} = {_value(own.value)}"
    for setting, value in flow.config.node_settings(name).items():
        yield f"flow.{setting_as_code(name, setting)} = {_value(value)}"


def _key_lines(flow: PanelFlow) -> list[str]:
    target = EndpointTarget.of(flow)
    reference = flow.config.key_references.get(f"{target.provider.name}|{target.destination}", "")
    if reference.startswith("env:"):
        return [f"flow.use_key({_text(reference)})"]
    return [_PASTE] if target.provider.needs_key else []


def _value(value: Any) -> str:
    return _text(value) if isinstance(value, str) else repr(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
