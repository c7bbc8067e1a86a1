"""What to enter in a client, or the code for it: a text file for each, which names its packages and fields."""

from __future__ import annotations

import json
from importlib import resources

from byok_widgets.errors import ConfigError

_FILES = sorted(
    (each for each in resources.files("byok_widgets.serve.snippets").iterdir() if each.name.endswith(".txt")),
    key=lambda each: each.name,
)
CLIENTS = tuple(each.name.removesuffix(".txt") for each in _FILES)
"""The clients that are known, by the names of their files."""


def snippet(client: str, *, base_url: str, token: str, model: str) -> str:
    """Return the snippet for a client.

    Raises:
        ConfigError: It is not known.
    """
    if client not in CLIENTS:
        raise ConfigError(
            f"There is no snippet for {client!r}.",
            kind="serve_client",
            fix=f"Choose one of: {', '.join(CLIENTS)}.",
        )
    text = _FILES[CLIENTS.index(client)].read_text(encoding="utf-8")
    for name, value in (("base_url", base_url), ("token", token or "YOUR_ACCESS_TOKEN"), ("model", model)):
        text = text.replace(f'"{{{{{name}}}}}"', _literal(value)).replace(f"{{{{{name}}}}}", value)
    return text.rstrip("\n")


def _literal(value: str) -> str:
    """Return a text in double quotes, as JSON, Python and a shell's single quotes take it, whatever it holds.

    The name of a flow may be somebody else's, and a snippet is made to be pasted into a shell.
    """
    return json.dumps(value).replace("'", "\\u0027")
