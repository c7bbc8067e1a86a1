"""`Connection`: how clients reach a served flow, with the access token, which no state of a widget holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import traitlets

from byok_widgets.widgets import assets

if TYPE_CHECKING:
    from byok_widgets.serve.flow_server import FlowServer
    from byok_widgets.widgets.page_messages.connection import ConnectionAnswer


class Connection(assets.PageWidget):
    """The access token and a snippet for each client.

    A notebook may be saved with the state of its widgets. So the page asks for both when it shows them, and they
    come in a message.

    Attributes:
        running: Whether the flow is served.
    """

    view = traitlets.Unicode("connection").tag(sync=True)

    running = traitlets.Bool().tag(sync=True)

    def __init__(self, server: FlowServer) -> None:
        self._server = server
        super().__init__(running=server.running)
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        return "Connection()"

    def _receive(self, _widget: object, content: Any, _buffers: object) -> None:
        if not isinstance(content, Mapping) or content.get("kind") != "connection" or not self._server.running:
            return
        snippets = [
            {"client": each, "text": self._server.snippet(each, with_token=True)} for each in self._server.clients
        ]
        answer: ConnectionAnswer = {
            "kind": "answer",
            "id": str(content.get("id"))[:32],
            "token": self._server.token,
            "snippets": snippets,  # type: ignore[typeddict-item]
        }
        self.send(answer)
