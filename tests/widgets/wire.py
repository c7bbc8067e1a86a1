"""The wire between widgets and a browser: records what a kernel sends, and sends what a browser would."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import comm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from byok_widgets.keys.sealing import bound
from tests.widgets.page_schema import check_request


class Wire:
    """All that went to browsers: `sent` holds each message's data and buffers, oldest first."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any, list[bytes]]] = []
        self._lock = threading.Lock()

    def create_comm(self, *args: Any, **kwargs: Any) -> comm.base_comm.BaseComm:
        wire = self

        class WireComm(comm.base_comm.BaseComm):
            def publish_msg(
                self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **more: Any
            ) -> None:
                del metadata, more
                with wire._lock:
                    wire.sent.append((self.comm_id, data, [bytes(part) for part in buffers or ()]))

        return WireComm(*args, **kwargs)

    def text(self) -> str:
        """Return everything that was sent, as one text to search."""
        with self._lock:
            return json.dumps(
                [(data, [part.decode("latin-1") for part in parts]) for _, data, parts in self.sent], default=str
            )

    def custom(self, widget: Any) -> list[Any]:
        """Return the custom messages that `widget` has sent."""
        with self._lock:
            return [
                data["content"]
                for comm_id, data, _ in self.sent
                if comm_id == widget.model_id and data.get("method") == "custom"
            ]


class Browser:
    """Acts on widgets through comm messages, as their views do."""

    def set(self, widget: Any, **state: Any) -> None:
        """Change synced traits."""
        self._send(widget, {"method": "update", "state": state, "buffer_paths": []})

    def click(self, button: Any) -> None:
        """Press an ipywidgets button."""
        self.custom(button, {"event": "click"})

    def custom(self, widget: Any, content: Mapping[str, Any], buffers: list[bytes] | None = None) -> None:
        """Send a custom message."""
        self._send(widget, {"method": "custom", "content": dict(content)}, buffers or [])

    def request(self, widget: Any, content: Mapping[str, Any], buffers: list[bytes] | None = None) -> None:
        """Send a custom message that the page's own types allow."""
        check_request(widget.view, content)
        self.custom(widget, content, buffers)

    def choose(self, field: Any, model: str) -> None:
        """Choose a model in a `ModelField`."""
        self.request(field, {"kind": "choose", "id": os.urandom(8).hex(), "value": model})

    def on_node(self, nodes: Any, node: str, kind: str, **more: str) -> None:
        """Act on the row of a node in a `NodeList`."""
        (number,) = [row["id"] for row in nodes.nodes if row["name"] == node]
        self.request(nodes, {"kind": kind, "node": number, "id": os.urandom(8).hex(), **more})

    def save_key(self, field: Any, key: str, *, override: bool = False, **changes: Any) -> str:
        """Type a key into a `KeyField` and press Save; returns the id of the request."""
        request = os.urandom(8).hex()
        content = {
            "kind": "save",
            "id": request,
            "target": field.target,
            "storage": field.storage,
            "override": override,
        } | changes
        self.request(field, content | {"sealed": seal(field.public_key, key, content)})
        return request

    def _send(self, widget: Any, data: Mapping[str, Any], buffers: list[bytes] | None = None) -> None:
        widget._handle_msg(
            {"content": {"data": dict(data)}, "buffers": [memoryview(part) for part in buffers or []]}
        )


def seal(public_b64: str, text: str, content: Mapping[str, Any]) -> str:
    """Seal a text for the other fields of a message, as the page does."""
    kind = content.get("kind")
    names = (
        ("kind", "id", "storage", "new") if kind == "unlock" else ("kind", "id", "target", "storage", "override")
    )
    flags = ("new", "override")
    parts = [content.get(name) is True if name in flags else str(content.get(name)) for name in names]
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.b64decode(public_b64))
    sealed = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM).encrypt(text.encode(), peer, info=bound(*parts))
    return base64.b64encode(sealed).decode()


def eventually(condition: Callable[[], Any], timeout_s: float = 30.0) -> Any:
    """Wait until `condition()` is true and return it; fail after `timeout_s`."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"not within {timeout_s:g} s")


def pieces(key: str, length: int = 14) -> list[str]:
    """Return the key, its pieces and its usual encodings: what must not be found anywhere."""
    data = key.encode()
    encoded = [data.hex(), *(base64.b64encode(data[shift:]).decode()[:-4] for shift in range(3)), key[::-1]]
    return [text[at : at + length] for text in (key, *encoded) for at in range(len(text) - length + 1)]


def found_in(text: str, key: str) -> list[str]:
    """Return the pieces of `key` that are in `text`."""
    return [piece for piece in pieces(key) if piece in text]
