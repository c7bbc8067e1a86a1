"""What identifies a recorded call: the request in the package's own terms, and the lane that the caller says.

Address, key, headers, versions and the provider's defaults do not count, nor does the order in which calls arrive.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from byok_widgets.nodes.calls.lane import Lane
from byok_widgets.nodes.calls.tape import TapedCall
from byok_widgets.providers import Request

Words = Mapping[str, Any]
"""A request in plain values: provider, model, system, messages, max_tokens, output, settings."""


_JSON = json.JSONEncoder(separators=(",", ":"), default=str)


class WantedCall:
    """A call as a cassette knows it.

    Attributes:
        call: The call.
        request: What it asks the provider.
        lane: Which case it belongs to.
        words: The request in plain values, in a fixed order.
        digest: What identifies it, in 64 hexadecimal digits.
    """

    def __init__(self, call: TapedCall, request: Request, lane: Lane) -> None:
        self.call, self.request, self.lane = call, request, lane
        self.words = _words(call.resolved.ref.provider, request)
        identity = [lane.key, lane.repeat, self.words]
        self.digest = hashlib.sha256(_JSON.encode(identity).encode("ascii")).hexdigest()


def _words(provider: str, request: Request) -> Words:
    output = request.output
    return {
        "provider": provider,
        "model": request.model,
        "system": request.system,
        "messages": [[message.role, message.content] for message in request.messages],
        "max_tokens": _plain(request.max_tokens),
        "output": output and {"name": output.name, "mode": output.mode, "schema": _plain(output.schema)},
        "settings": {name: _plain(value) for name, value in sorted(request.settings.items())},
    }


def _plain(value: Any) -> Any:
    """Return a value in which no whole number is written with a point: schemas differ in that by version."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
