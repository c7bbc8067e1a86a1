"""What an API key looks like: cleaning what was pasted, and telling whose key it is.

Floor 0: knows errors alone. No message shows any part of a key, and a name that holds a key is deleted before
anything is raised, so that a traceback with local variables does not show it either.
"""

from __future__ import annotations

import re

from byok_widgets.errors import KeyFormatError

MAX_CHARS = 4096
"""Longest key that is accepted, in characters."""

MIN_CHARS = 20
"""Shortest key of a known provider, in characters; theirs are much longer. Another endpoint's may be any word."""

_PREFIXES = (
    ("sk-ant-", "anthropic"),
    ("sk-or-", "openrouter"),
    ("sk-proj-", "openai"),
    ("sk-svcacct-", "openai"),
    ("sk-admin-", "openai"),
    ("sk-", "openai"),
)
"""First match wins. The bare `sk-` is also used by others, so it is no proof where any endpoint may be meant."""

_LABELS = {"anthropic": "Anthropic", "openrouter": "OpenRouter", "openai": "OpenAI"}

_QUOTES = "\"'`‘’‚‛“”„‟«»‹›"
_CURLY = frozenset("‘’‚‛“”„‟«»‹›")
_INVISIBLE = (
    "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_WRAPPING = re.compile(
    r"(?:authorization|x-api-key)\s*:\s*"
    r"|bearer(?:\s+|\Z)"
    r"|(?:(?:export|setx?)\s+|\$env:)?[a-z_][a-z0-9_]*(?:key|token)[\"']?\s*[:=]\s*",
    re.IGNORECASE,
)
_MASKED = re.compile(r"[\w-]*(?:[*•●·…█]+|\.{3,})[\w-]*")
_VARIABLE = re.compile(r"env:\w*|\$\w+|\$\{\w+\}|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:KEY|TOKEN)")
_PASTE_AGAIN = "Copy the key again from the provider's page and paste it alone."


def clean_key(pasted: str) -> str:
    """Return the key in what a person pasted, without what is often pasted along with it.

    Taken off: white space and invisible characters at the ends, quotes around it, `Bearer `,
    `Authorization: Bearer `, and an assignment such as `export OPENAI_API_KEY=`.

    Raises:
        KeyFormatError: Kind `no_key` when nothing is left; kind `bad_key_format` when what is left cannot be a
            key: white space, quotes, invisible or non-ASCII characters in it, a masked key, the name of an
            environment variable, or more than 4,096 characters.
    """
    if not isinstance(pasted, str):
        del pasted
        raise KeyFormatError("An API key is text.", fix=_PASTE_AGAIN)
    key = _unwrapped(pasted)
    problem = _problem_with(key)
    if not problem:
        return key
    kind = "bad_key_format" if key else "no_key"
    del key, pasted
    raise KeyFormatError(problem, kind=kind, fix=_PASTE_AGAIN)


def recognise(key: str) -> str | None:
    """Return the name of the provider whose key this looks like, or `None` when it looks like nobody's."""
    return next((provider for prefix, provider in _PREFIXES if key.startswith(prefix)), None)


def check_provider(key: str, provider: str, *, override: bool = False) -> None:
    """Make sure that a key does not go to a provider it was not made by.

    At an endpoint that may be anyone's (`compatible`, `local`) a plain `sk-` key is accepted, since many
    servers use that prefix; an unmistakable Anthropic, OpenRouter or OpenAI key is not. A known provider accepts
    nothing that is too short for its keys.

    Args:
        key: A cleaned key.
        provider: Name of the provider it is meant for.
        override: Accept it all the same: the person has said so.

    Raises:
        KeyFormatError: Kind `wrong_provider`; `suggested_provider` says whose key it looks like. Kind
            `bad_key_format` when it is too short.
    """
    owner, short = recognise(key), len(key) < MIN_CHARS
    plain = owner == "openai" and not key.startswith(("sk-proj-", "sk-svcacct-", "sk-admin-"))
    del key
    if short and provider in _LABELS:
        raise KeyFormatError(f"This is too short for an {_LABELS[provider]} key.", fix=_PASTE_AGAIN)
    if override or owner is None or owner == provider or (plain and provider not in _LABELS):
        return
    looks = _LABELS[owner]
    if provider in _LABELS:
        uses, instead = _LABELS[provider], f"an {_LABELS[provider]} key"
    else:
        uses, instead = "another endpoint, which would get to see it", "a key of that endpoint"
    fault = KeyFormatError(
        f"This looks like an {looks} key, and this flow uses {uses}.",
        kind="wrong_provider",
        fix=f"Switch the provider to {looks}, or paste {instead}.",
    )
    fault.suggested_provider = owner
    raise fault


def _unwrapped(text: str) -> str:
    while True:
        inner = _bare(text)
        wrapping = _WRAPPING.match(inner)
        if wrapping:
            inner = inner[wrapping.end() :].rstrip().rstrip(";,")
        if inner == text:
            return inner
        text = inner


def _bare(text: str) -> str:
    """Take off white space, invisible characters and quotes at the ends, in whatever order they come."""
    start, end = 0, len(text)
    while start < end and _is_edge(text[start]):
        start += 1
    while end > start and _is_edge(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_edge(char: str) -> bool:
    return char.isspace() or char in _INVISIBLE or char in _QUOTES


def _problem_with(key: str) -> str:
    """Say in one sentence why this cannot be a key; empty when it can."""
    found = set(key)
    if not key:
        return "There is no API key here."
    if len(key) > MAX_CHARS:
        return f"The text is longer than any API key (more than {MAX_CHARS:,} characters)."
    if found & set("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"):
        return "The key has a line break inside; an API key is one line."
    if any(char.isspace() for char in found):
        return "The key has a space inside; an API key has none."
    if found & _CURLY:
        return "The key has a curly quote inside; an API key has none."
    if found & set(_INVISIBLE):
        return "The key has an invisible character inside; an API key has none."
    if any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in found):
        return "The key has a control character inside; an API key has none."
    if _MASKED.fullmatch(key):
        return "The middle of the key is hidden, as providers show it; the whole key is needed."
    if any(ord(char) > 0x7E for char in found):
        return "The key has a character that no API key has; they are plain letters, digits and signs."
    if _VARIABLE.fullmatch(key):
        return "This is the name of an environment variable, not an API key."
    if any(key.rstrip("-") == prefix.rstrip("-") for prefix, _ in _PREFIXES):
        return "This is only the beginning of a key; the whole key is needed."
    if "://" in key:
        return "This is an address, not an API key."
    return ""
