"""The facts in the panel's list of nodes: for each node its model, where that comes from, and its settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from byok_widgets.diagnostics.fit import incompatible_settings
from byok_widgets.display.sanitize import sanitize
from byok_widgets.errors import ByokError
from byok_widgets.nodes import ModelNode, model_nodes
from byok_widgets.nodes.node_settings import setting_as_code
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.model_settings import SETTINGS, Setting
from byok_widgets.reply import SOURCE_WORDS
from byok_widgets.widgets.panel import visitor
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget

if TYPE_CHECKING:
    from byok_widgets.nodes.own_setting import OwnSetting
    from byok_widgets.providers import ModelInfo
    from byok_widgets.widgets.page_messages.node_list import NodeFacts, SettingFacts
    from byok_widgets.widgets.panel.model_lists import ModelLists
    from byok_widgets.widgets.panel.panel_flow import PanelFlow

_STATIC = "Says a fixed sentence the first time, without a model; after that it uses this model."


def facts_of(flow: PanelFlow, node: ModelNode[Any], lists: ModelLists, identity: str) -> NodeFacts:
    """Return what is shown of a node, as strings that a browser can show unchanged."""
    model, source = _model(node)
    info = info_of(flow, node, lists)
    own = {own.name: own.value for own in node.own_settings if own.value is not None}
    values = own | node.layered_settings.values()
    incompatible = incompatible_settings(node, info)
    return {
        "id": identity,
        "name": sanitize(node.name),
        "kind": node.kind,
        "model": model,
        "source": source,
        "override": sanitize(node.model or ""),
        "notes": [sanitize(note) for note in _notes(flow, node, lists) if note],
        "for_all": _for_all(flow, node),
        "settings_text": sanitize(", ".join(f"{_label(name)}: {_short(value)}" for name, value in values.items())),
        "settings": [
            *(_own_setting(own) for own in node.own_settings if visitor.may_change(flow, own.setting)),
            *(_setting(node, setting) for setting in offered(node, info) if visitor.may_change(flow, setting)),
        ],
        "more": _more(node, info),
        "incompatible": _incompatible_text(incompatible),
        "incompatible_settings": [
            {"name": name, "text": sanitize(text)}
            for name, text in incompatible.items()
            if visitor.may_change(flow, SETTINGS.get(name))
        ],
    }


def offered(node: ModelNode[Any], info: ModelInfo | None) -> tuple[Setting, ...]:
    """Return the settings that the model of a node is known to have."""
    try:
        ref = node.resolve().ref
    except ByokError:
        return ()
    return PROVIDERS[ref.provider].supported_settings(ref.model, info)


def info_of(flow: PanelFlow, node: ModelNode[Any], lists: ModelLists) -> ModelInfo | None:
    """Return what the model list says about a node's model, as far as the list is loaded."""
    try:
        ref = node.resolve().ref
    except ByokError:
        return None
    target = EndpointTarget.of(flow, ref.provider)
    lists.recall(target)
    return lists.info(target, ref.model)


def same_kind(flow: PanelFlow, node: ModelNode[Any]) -> list[ModelNode[Any]]:
    """Return all nodes of this node's kind, including itself."""
    return [other for other in model_nodes(flow.nodes).values() if other.kind == node.kind]


def _model(node: ModelNode[Any]) -> tuple[str, str]:
    try:
        resolved = node.resolve()
    except ByokError:
        return "no model chosen", ""
    return sanitize(str(resolved.ref)), SOURCE_WORDS[resolved.source]


def _notes(flow: PanelFlow, node: ModelNode[Any], lists: ModelLists) -> list[str]:
    doubt = ""
    if node.model is not None:
        ref = node.resolve().ref
        doubt = lists.doubt(EndpointTarget.of(flow, ref.provider), ref.model)
    return [_STATIC if node.is_static else "", doubt]


def _for_all(flow: PanelFlow, node: ModelNode[Any]) -> str:
    """Return the text of the button that applies this node's model to all nodes of its kind; empty for none."""
    others = [other for other in same_kind(flow, node) if other.model != node.model]
    return f"Use for all {node.kind} nodes" if node.model and others else ""


def _setting(node: ModelNode[Any], setting: Setting) -> SettingFacts:
    value, defaults = (
        node.layered_settings.values().get(setting.name),
        node.layered_settings.defaults.get(setting.name),
    )
    is_set = setting.name in node.layered_settings.overrides
    return {
        "name": setting.name,
        "label": setting.label,
        "kind": setting.kind,
        "help": _help(setting, from_cell=defaults is not None and not is_set),
        "options": list(setting.options),
        "value": "" if value is None else sanitize(str(value)),
        "unset": "the model's default" if setting.default is None else f"default: {setting.default}",
        "reset": sanitize(_reset_text(defaults)) if is_set else "",
    }


def _own_setting(own: OwnSetting) -> SettingFacts:
    return {
        "name": own.name,
        "label": sanitize(own.setting.label),
        "kind": own.setting.kind,
        "help": sanitize(own.setting.help),
        "options": list(map(sanitize, own.setting.options)),
        "value": "" if own.value is None else sanitize(str(own.value)),
        "unset": sanitize(own.inherited),
        "reset": sanitize(_reset_text(own.created)) if own.is_set else "",
    }


def _reset_text(created: object) -> str:
    """Return the text of the button that restores what a node was created with."""
    return "Clear" if created is None else f"Back to {_short(created)}"


def _help(setting: Setting, *, from_cell: bool) -> str:
    limits = "" if setting.highest is None else f" From {setting.lowest:g} to {setting.highest:g}."
    return f"{setting.help}{limits}{' Set in the cell that creates the node.' if from_cell else ''}"


def _more(node: ModelNode[Any], info: ModelInfo | None) -> str:
    """Return a note that the model may have more settings than are known here; empty if all are known."""
    try:
        ref = node.resolve().ref
    except ByokError:
        return "Settings appear here once a model is chosen."
    if PROVIDERS[ref.provider].supports(ref.model, info).keys() - {"max_tokens"}:
        return ""
    line = f"flow.{setting_as_code(node.name, 'temperature')} = 0.2"
    return sanitize(f"Other settings of {ref.model} are not known here. Set them in a cell, for example {line}")


def _incompatible_text(names: Iterable[str]) -> str:
    labels = [_label(name) for name in names]
    return f"{', '.join(labels)} {'are' if len(labels) > 1 else 'is'} not supported" if labels else ""


def _label(name: str) -> str:
    return SETTINGS[name].label.lower() if name in SETTINGS else name


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
