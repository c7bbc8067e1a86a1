"""Addresses as people should see them: those that imitate a provider's own are marked."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from byok_widgets.config import BaseUrl
from byok_widgets.providers import PROVIDERS, Provider

_LIKE = str.maketrans("0134578i|", "oleastbll")
_LONG_NAME = 6
"""Names of so many letters have few others beside them that are somebody else's."""
_BETWEEN = str.maketrans("", "", "-_")


def shown_address(url: str) -> str:
    """Return host and path of an address; a host that imitates a provider's is marked."""
    address = BaseUrl.parse(url)
    return f"{address.host}{urlsplit(address.url).path}{_mark(address.host)}"


def shown_host(host: str) -> str:
    """Return a host; one that imitates a provider's is marked."""
    return f"{host}{_mark(host)}"


def shown_destination(provider: Provider, host: str) -> str:
    """Return what people call a provider, with the host where that is not its own."""
    usual = BaseUrl.parse(provider.default_url).host if provider.default_url else ""
    return provider.label if host in ("", usual) else f"{provider.label} at {shown_host(host)}"


def _mark(host: str) -> str:
    bare = host.partition("/")[0]
    name = bare.rpartition(":")[0] or bare
    own = {BaseUrl.parse(each.default_url).host: each.label for each in PROVIDERS.values() if each.default_url}
    if name in own:
        return ""
    if any(label.startswith("xn--") for label in name.split(".")):
        return " (its name has letters that may look like others)"
    plain, words = _skeleton(name), re.split("[.-]", name.lower())
    for host_of, label in own.items():
        brand = host_of.split(".")[-2]
        if brand in plain or _skeleton(brand) in plain or any(_is_mistyped(word, brand) for word in words):
            return f" (not {label}'s own address)"
    return ""


def _skeleton(name: str) -> str:
    return name.lower().translate(_LIKE).replace("rn", "m").replace("vv", "w").translate(_BETWEEN)


def _is_mistyped(word: str, brand: str) -> bool:
    """Whether a word is a name with one letter more, less or other, or with two in the other order."""
    if len(brand) < _LONG_NAME:
        return False
    while word and brand and word[0] == brand[0]:
        word, brand = word[1:], brand[1:]
    while word and brand and word[-1] == brand[-1]:
        word, brand = word[:-1], brand[:-1]
    return (len(word) <= 1 and len(brand) <= 1) or (len(brand) == len(word) == 2 and word == brand[::-1])
