"""How clients reach a served flow: asked for by the page, and told in a message, which no notebook file keeps."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict


class ConnectionState(TypedDict):
    """The traits of `Connection`."""

    running: bool


class AskConnection(TypedDict):
    """Ask how clients reach the flow."""

    kind: Literal["connection"]
    id: str


class ClientSnippet(TypedDict):
    """What to enter in a client, or the code for it."""

    client: str
    text: str


class ConnectionAnswer(TypedDict):
    """The access token, empty where callers have theirs, and a snippet for each client."""

    kind: Literal["answer"]
    id: str
    token: str
    snippets: list[ClientSnippet]
