"""What an API key looks like: cleans pasted text, and recognises whose key it is.

The rules are tables because they are used twice: by the checks below, and by the page, which gives the same hints
before anything is sent. Their patterns mean the same in Python and in JavaScript.

No message shows any part of a key, and a variable that holds a key is deleted before
anything is raised, so that a traceback with local variables does not show it either.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from byok_widgets.errors import KeyFlaw, KeyFormatError
from byok_widgets.secrets.key_formats import KeyFormat, format_of, formats, prefixes

MAX_CHARS = 4096
"""Longest key that is accepted, in characters."""

MIN_CHARS = 20
"""Minimum length of a known provider's key, in characters; real ones are much longer. Other endpoints' keys may be
any word."""

_BREAKS = "\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_BLANKS = "\t\x1f \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_CURLY = "‘’‚‛“”„‟«»‹›"
_INVISIBLE = (
    "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_EDGES = f"{_BREAKS}{_BLANKS}{_INVISIBLE}{_CURLY}\"'`<>{{}},;"
_WRAPPING = (
    r"(?:authorization|x-api-key)\s*:\s*"
    r"|bearer(?:\s+|$)"
    r"|(?:(?:export|setx?)\s+|\$env:)[a-z_][a-z0-9_]*\s*[:=]\s*"
    r"|(?:-{0,2}[a-z_][a-z0-9_-]*)?(?:key|token)[\"']?\s*[:=]\s*"
)
_WRAPPED = re.compile(_WRAPPING, re.IGNORECASE)
_MASK = "*•●·…█"


class _Rule(NamedTuple):
    """A pattern that no key matches, and the message about it."""

    flaw: KeyFlaw
    pattern: str
    problem: str


_FLAWS = (
    _Rule(
        "too_long",
        rf"^[\s\S]{{{MAX_CHARS + 1}}}",
        f"The text is longer than any API key (more than {MAX_CHARS:,} characters).",
    ),
    _Rule("line_break", f"[{_BREAKS}]", "The key has a line break inside; an API key is one line."),
    _Rule("space", f"[{_BLANKS}]", "The key has a space inside; an API key has none."),
    _Rule("curly_quote", f"[{_CURLY}]", "The key has a curly quote inside; an API key has none."),
    _Rule("invisible", f"[{_INVISIBLE}]", "The key has an invisible character inside; an API key has none."),
    _Rule(
        "control_character",
        r"[\x00-\x1f\x7f-\x9f]",
        "The key has a control character inside; an API key has none.",
    ),
    _Rule(
        "masked",
        rf"^(?:[A-Za-z]{{1,8}}\.)?[A-Za-z0-9_-]*(?:[{_MASK}]|\.{{3}})[A-Za-z0-9_{_MASK}.-]*$",
        "The middle of the key is hidden, as providers show it; the whole key is needed.",
    ),
    _Rule(
        "not_ascii",
        r"[^\x00-\x7e]",
        "The key has a character that no API key has; keys are plain letters, digits and punctuation.",
    ),
    _Rule("address", "://", "This is an address, not an API key."),
    _Rule(
        "two_keys",
        r"^(?:(\S{8,})[,;|]+\1|(?=.*[A-Z0-9])(\S{16,})\2)$",
        "The same key stands here twice; paste it once.",
    ),
    _Rule(
        "separator",
        r"[\"'`<>\\]|&(?:lt|gt|quot|amp|#)|%[0-9A-Fa-f]{2}|^(?:\[.*\]|\(.*\))$",
        "The key has a quote or a sign of markup inside, or brackets around it; an API key has none.",
    ),
)
"""What cannot be in any key. First match wins."""

_OF_KEY = "[A-Za-z0-9_-]"
_SEPARATORS = r"(?:[,;|<>(){}\[\]:/&%=]|\.$)"

_VARIABLE = r"^(?:env:\w*|\$\w+|\$\{\w+\}?|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:KEY|TOKEN))$"
_IS_VARIABLE = "This is the name of an environment variable, not an API key."
_IS_KEY = "This looks like an API key, not the name of an environment variable."
_PASTE_AGAIN = "Copy the key again from the provider's page and paste it alone."


def _flaws() -> list[_Rule]:
    """Return all rules, those included that depend on how known keys begin. First match wins."""
    known = tuple(prefix for prefix, _ in prefixes())
    return [*_FLAWS, *_flaws_of_known_keys(known)] if known else list(_FLAWS)


@cache
def _flaws_of_known_keys(known: tuple[str, ...]) -> tuple[_Rule, ...]:
    begun = f"^(?:{'|'.join(map(re.escape, known))})"
    twice = "|".join(f"{re.escape(prefix)}.*{re.escape(prefix)}" for prefix in known if len(prefix) > 3)
    # In names of variables, words are joined by underscores; after a prefix with one, a key has none.
    bodies = {prefix: "[A-Za-z0-9-]" if "_" in prefix else _OF_KEY for prefix in known}
    other_case = "|".join(f"{_any_case(prefix)}{body}{{16,}}$" for prefix, body in bodies.items())
    return (
        _Rule("two_keys", f"^(?:{twice})", "There are two keys here; paste one of them."),
        _Rule(
            "separator",
            f"{begun}.*{_SEPARATORS}",
            "The key has a comma, a bracket or the like inside; an API key has none.",
        ),
        _Rule(
            "wrong_case",
            f"^(?!{begun[1:]})(?:{other_case})",
            "The key begins with the wrong case; upper and lower case matter in an API key.",
        ),
    )


def _any_case(prefix: str) -> str:
    """Return a pattern of a prefix in any case that means the same in JavaScript."""
    return "".join(f"[{sign.upper()}{sign.lower()}]" if sign.isalpha() else re.escape(sign) for sign in prefix)


def clean_key(pasted: str) -> str:
    """Return the key in pasted text, without what is often copied along with it.

    Removed: white space and invisible characters at the ends, surrounding quotes, angle and curly brackets, commas
    and semicolons, `Bearer `, `Authorization: Bearer `, and an assignment such as `export API_KEY=` or `"key":`.

    Raises:
        KeyFormatError: Kind `no_key` if nothing is left; kind `bad_key_format` if the rest cannot be a
            key (its `flaw` says why): white space, quotes, invisible or non-ASCII characters inside, a masked key,
            two keys, a key in the wrong case, the name of an environment variable, or more than 4,096 characters.
    """
    if not isinstance(pasted, str):
        del pasted
        raise KeyFormatError("An API key is text.", flaw="not_text", fix=_PASTE_AGAIN)
    key = _unwrapped(pasted)
    found = _flaw(key)
    if not found:
        return key
    del key, pasted
    flaw, problem = found
    kind = "no_key" if flaw == "empty" else "bad_key_format"
    raise KeyFormatError(problem, kind=kind, flaw=flaw, fix=_PASTE_AGAIN)


def check_provider(key: str, provider: str, *, override: bool = False) -> None:
    """Make sure that a key is not sent to a provider that did not issue it.

    For an endpoint that may be anyone's, a prefix that several vendors use proves nothing, and neither does the
    key of a vendor that is no provider here; an unmistakable key of another provider is refused. A provider with
    its own key format accepts nothing that is too short for its keys.

    Args:
        key: A cleaned key.
        provider: Name of the provider it is meant for.
        override: Accept it anyway, because the user said so.

    Raises:
        KeyFormatError: Kind `wrong_provider`; `suggested_provider` says whose key it looks like, if that is a
            provider here. Kind `bad_key_format` if it is too short.
    """
    owner, short, own = _other_owner(key, provider), len(key) < MIN_CHARS, format_of(provider)
    del key
    if short and own:
        raise KeyFormatError(f"This is shorter than any key from {own.label}.", flaw="too_short", fix=_PASTE_AGAIN)
    if override or owner is None:
        return
    uses = own.label if own else "another endpoint, which would see it"
    right = f"a key from {own.label}" if own else "a key of that endpoint"
    switch = f"Switch the provider to {owner.label}, or paste" if owner.has_provider else "Paste"
    refusal = KeyFormatError(
        f"This looks like a key from {owner.label}, but this flow uses {uses}.",
        kind="wrong_provider",
        fix=f"{switch} {right}.",
    )
    refusal.suggested_provider = owner.owner if owner.has_provider else None
    raise refusal


def validation_rules(provider: str) -> dict[str, Any]:
    """Return the rules with which the page can tell what is wrong with a key for `provider`, before it is sent.

    Returns:
        `edges`, the characters that are stripped from both ends; `wrapping`, the pattern of what is removed before
        a key, ignoring case; `flaws`, pairs of a pattern that no key matches and the message about it; `variable`,
        such a pair for the name of a variable, and `key`, for a key where such a name belongs; `owners`, for each
        prefix that shows whose key it is: that provider's `name` and `label`, and `text`, the message about it,
        empty if such a key is right here. In each list the first match counts.
    """
    return {
        "edges": _EDGES,
        "wrapping": _WRAPPING,
        "flaws": [[pattern, f"{problem} {_PASTE_AGAIN}"] for _, pattern, problem in _flaws()],
        "variable": [_VARIABLE, _IS_VARIABLE],
        "key": [f"^(?:{'|'.join(re.escape(prefix) for prefix, _ in prefixes())})", _IS_KEY],
        "owners": [
            {
                "prefix": prefix,
                "name": each.owner if each.has_provider else "",
                "label": each.label,
                "text": "" if each.owner == provider else f"This looks like a key from {each.label}.",
            }
            for prefix, each in _owners(provider)
        ],
    }


def _owners(provider: str) -> list[tuple[str, KeyFormat]]:
    """Return the prefixes that prove whose key it is, when used at `provider`, each with its owner's format."""
    if format_of(provider):
        return prefixes()
    return [row for row in prefixes() if row[1].has_provider and row[0] not in row[1].shared_prefixes]


def _other_owner(key: str, provider: str) -> KeyFormat | None:
    owner = next((each for prefix, each in _owners(provider) if key.startswith(prefix)), None)
    own = format_of(provider)
    if owner is None and own and own.prefixes:
        owner = next((each for each in formats() if each.unprefixed and re.fullmatch(each.unprefixed, key)), None)
    return None if owner is None or owner.owner == provider else owner


def _unwrapped(text: str) -> str:
    while True:
        inner = text.strip(_EDGES)
        wrapping = _WRAPPED.match(inner)
        if wrapping:
            inner = inner[wrapping.end() :].rstrip().rstrip(";,")
        if inner == text:
            return inner
        text = inner


def _flaw(key: str) -> tuple[KeyFlaw, str] | None:
    """Return why this cannot be a key, with the message that says so; `None` if it can."""
    if not key:
        return "empty", "There is no API key here."
    for flaw, pattern, problem in _flaws():
        if re.search(pattern, key):
            return flaw, problem
    if re.search(_VARIABLE, key):
        return "variable_name", _IS_VARIABLE
    if any(key.rstrip("-") == prefix.rstrip("-") for prefix, _ in prefixes()):
        return "prefix_only", "This is only the beginning of a key; the whole key is needed."
    return None
