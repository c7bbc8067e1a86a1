"""Checks what travels between widgets and a page against `page_messages`, which the page's types are made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter
from typing_extensions import is_typeddict

from byok_widgets.widgets.page_messages import (
    board,
    chat,
    chat_requests,
    connection,
    every_view,
    key_field,
    model_field,
    node_list,
    panel,
    troubleshooting,
)

MODULES = (
    every_view,
    key_field,
    model_field,
    node_list,
    troubleshooting,
    panel,
    chat,
    chat_requests,
    board,
    connection,
)

for _type in (kind for module in MODULES for kind in vars(module).values()):
    if is_typeddict(_type):
        _type.__pydantic_config__ = ConfigDict(extra="forbid")

STATES = {
    "board": board.BoardState,
    "chat": chat.ChatState,
    "connection": connection.ConnectionState,
    "copy_code": panel.CopyCodeState,
    "head": panel.PanelHeadState,
    "key_field": key_field.KeyFieldState,
    "model_field": model_field.ModelFieldState,
    "node_list": node_list.NodeListState,
    "troubleshooting": troubleshooting.TroubleshootingState,
}
SENT = {
    "board": board.BoardMessage,
    "chat": chat.ChatMessage,
    "connection": connection.ConnectionAnswer,
    "head": panel.PanelHeadMessage,
    "key_field": key_field.KeyAnswer,
    "model_field": model_field.ModelAnswer,
    "node_list": node_list.NodeAnswer,
    "troubleshooting": troubleshooting.TroubleshootingAnswer,
}
RECEIVED = {
    "board": board.BoardRequest,
    "chat": chat_requests.ChatRequest,
    "connection": connection.AskConnection,
    "head": panel.AnswerQuestion,
    "key_field": key_field.KeyFieldRequest,
    "model_field": model_field.ModelFieldRequest,
    "node_list": node_list.NodeRequest,
    "troubleshooting": troubleshooting.TroubleshootingRequest,
}
NOT_PAINTED = {"facts": {}}
"""Traits that are empty until the panel is painted for the first time."""


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@cache
def _fields(view: str) -> Mapping[str, Any]:
    return get_type_hints(model_field.ModelRowsState if view == "rows" else STATES[view])


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
            kind = every_view.Pong if data["content"]["kind"] == "pong" else SENT[view]
            _adapter(kind).validate_python(data["content"])
        elif view:
            check_state(view, state)
        checked += bool(view)
    return checked
