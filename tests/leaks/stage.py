"""`Stage`: a flow whose key was saved, a provider that gives the key away, and a page that types it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ipywidgets
import pytest

from byok_widgets import Flow
from byok_widgets.errors import ByokError
from byok_widgets.secrets import Secret, log_redaction, redaction, streamed_redaction
from byok_widgets.widgets.panel.settings import SettingsPanel
from tests.leaks.hunting import Canary
from tests.providers.fault_server import FaultServer, Reply, says, stream
from tests.widgets.parts import parts
from tests.widgets.wire import Browser, Wire, eventually

OF = "compatible"


@dataclass
class Stage:
    """What a channel is tried with.

    Attributes:
        canary: The key.
        server: The provider, which is given the key.
        trap: A server that must never be asked.
        type_key: Types the key into a panel, and returns what the page then holds.
        call: Calls the provider with the flow's key.
    """

    canary: Canary
    server: FaultServer
    trap: FaultServer
    folder: Path
    patch: pytest.MonkeyPatch
    wire: Wire
    said_by_page: list[Any] = field(default_factory=list)
    panels: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.flow = self.a_flow()
        self.type_key: Callable[[SettingsPanel], None] = self._type_key
        self.call: Callable[[], Any] = self._call

    def a_flow(self) -> Flow:
        """Return a flow on the server, without a key."""
        flow = Flow(f"leaks {secrets.token_hex(4)}")
        flow.set_base_url(OF, f"{self.server.url}/v1")
        flow.provider, flow.model = OF, "some-model"
        return flow

    def save_key(self, **options: Any) -> None:
        """Save the key for the flow, in the session's memory if nothing else is said."""
        options = {"backend": "session", "override": True, **options}
        self.flow.key_store.save(OF, self.server.host, self.canary.text(), **options)

    def panel(self) -> SettingsPanel:
        """Return a panel into which the key was typed, and which has settled."""
        panel = SettingsPanel(self.flow, mode="owner")
        self.panels.append(panel)
        eventually(lambda: parts(panel).key.status.get("state") == "none")
        self.type_key(panel)
        return panel

    def echo(self, text: str = "") -> None:
        """Let the server answer with the key, in every place of an answer."""
        key = self.canary.text()
        told = {"id": key, "model": key, "system_fingerprint": key}
        words = text or f"I know <{key}> well."
        deltas = [{"role": key, "reasoning_content": f"Hm, {key}!"}]
        deltas += [{"content": words[at : at + 3]} for at in range(0, len(words), 3)]
        events = [{**told, "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        end = {"index": 0, "delta": {}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 3, "completion_tokens": 3, key: 1}
        last = [{**told, "choices": [end]}, {**told, "choices": [], "usage": usage}, b"data: [DONE]\n\n"]
        self.server.script(stream(*events, *last).but(headers={"x-request-id": key, "x-echo": key}))

    def echo_error(self) -> None:
        """Let the server refuse with the key in every place of an error."""
        key = self.canary.text()
        error = {"message": f"Wrong: {key}!", "type": key, "code": key, "param": key, "metadata": {"raw": key}}
        self.server.script(says({"error": error}, 400, x_request_id=key))

    def outcome(self) -> Any:
        """Return what the call gives, or what it raises."""
        try:
            return self.call()
        except Exception as error:
            return error

    def failure(self) -> ByokError:
        """Return the error of a call that the server refuses, with the key in its answer."""
        self.save_key()
        self.echo_error()
        failed = self.outcome()
        assert isinstance(failed, Exception)
        return failed  # type: ignore[return-value]

    # Protections that are switched off

    def without_redaction(self) -> None:
        """Take no key out of any text."""
        self.patch.setattr(redaction, "replaced", lambda text, _spans: text)
        self.patch.setattr(streamed_redaction, "held_keys", lambda **_: None)
        self.patch.setattr(log_redaction.RedactingFilter, "filter", lambda *_: True)

    def without_mask(self) -> None:
        """Show what a `Secret` holds."""
        for name in ("__repr__", "__str__"):
            self.patch.setattr(Secret, name, Secret.reveal)
        self.patch.setattr(Secret, "__format__", lambda secret, _spec: secret.reveal())

    def with_plain_field(self) -> None:
        """Type the key into a usual field for passwords, as programs do that were not made for notebooks."""

        def type_it(panel: SettingsPanel) -> None:
            password = ipywidgets.Password()
            panel.children = (*panel.children, password)
            self._page().set(password, value=self.canary.text())

        self.type_key = type_it

    def with_raw_call(self, call: Callable[[Stage], Any]) -> None:
        """Make the call as a program does that uses an SDK or an HTTP client directly."""
        self.call = lambda: call(self)

    def _call(self) -> Any:
        return self.flow.conversation("ask", "Be brief.").run("Hi")

    def _type_key(self, panel: SettingsPanel) -> None:
        field = parts(panel).key
        field.storage = "session"
        request = self._page().save_key(field, self.canary.text(), override=True)
        eventually(lambda: any(sent.get("id") == request for sent in self.wire.custom(field)))
        eventually(lambda: field.status.get("state") not in ("none", "checking"))

    def _page(self) -> Browser:
        page = Browser()
        send = page._send

        def note(widget: Any, data: Any, buffers: Any = None) -> None:
            self.said_by_page.append(json.loads(json.dumps(data)))
            send(widget, data, buffers)

        page._send = note  # type: ignore[method-assign]
        return page

    def close(self) -> None:
        """Close the panels."""
        for panel in self.panels:
            panel.close()


def model_list() -> Reply:
    """Return an answer to a check of a key."""
    return says({"object": "list", "data": [{"id": "some-model", "object": "model"}]})
