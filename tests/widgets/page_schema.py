"""Checks what travels between widgets and a page against `page_messages`, which the page's types are made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter
from typing_extensions import is_typeddict

from byok_widgets.widgets import page_messages as messages

for _type in vars(messages).values():
    if is_typeddict(_type):
        _type.__pydantic_config__ = ConfigDict(extra="forbid")

STATES = {
    "chat": messages.ChatState,
    "copy_code": messages.CopyCodeState,
    "head": messages.PanelHeadState,
    "key_field": messages.KeyFieldState,
    "model_field": messages.ModelFieldState,
    "node_list": messages.NodeListState,
    "troubleshooting": messages.TroubleshootingState,
}
SENT = {
    "chat": messages.ChatMessage,
    "key_field": messages.KeyAnswer,
    "model_field": messages.ModelAnswer,
    "node_list": messages.NodeAnswer,
    "troubleshooting": messages.TroubleshootingAnswer,
}
RECEIVED = {
    "chat": messages.ChatRequest,
    "key_field": messages.KeyFieldRequest,
    "model_field": messages.ModelFieldRequest,
    "node_list": messages.NodeRequest,
    "troubleshooting": messages.TroubleshootingRequest,
}
NOT_PAINTED = {"facts": {}, "status": {}, "shapes": {}}
"""Traits that are empty until the panel is painted for the first time."""


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@cache
def _fields(view: str) -> Mapping[str, Any]:
    return get_type_hints(messages.ModelRowsState if view == "rows" else STATES[view])


def check_state(view: str, state: Mapping[str, Any]) -> None:
    """Check traits that were sent."""
    fields = _fields(view)
    for name in fields.keys() & state.keys():
        if state[name] != NOT_PAINTED.get(name, ...):
            _adapter(fields[name]).validate_python(state[name], strict=False)


def check_request(view: str, content: Mapping[str, Any]) -> None:
    """Check a message as the page sends it."""
    _adapter(RECEIVED[view]).validate_python(dict(content))


def check_sent(sent: Iterable[tuple[str, Any, Any]]) -> int:
    """Check all that went to browsers; returns how many messages and states of our widgets that were."""
    views: dict[str, str] = {}
    checked = 0
    for comm_id, data, _ in sent:
        state = (data or {}).get("state", {})
        if "view" in state or "key_patterns" in state:
            views.setdefault(comm_id, state.get("view", "rows"))
        view = views.get(comm_id)
        if view and data.get("method") == "custom":
            kind = messages.Pong if data["content"]["kind"] == "pong" else SENT[view]
            _adapter(kind).validate_python(data["content"])
        elif view:
            check_state(view, state)
        checked += bool(view)
    return checked
